// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A road: one mechanism under test, joining the two processes. Both directions, so that round trips can be timed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viaduct/viaduct.hpp"

namespace tour {

/// How long any single step may take. Nothing in the tour waits longer, whatever the other process does.
inline constexpr std::chrono::seconds patience{10};

/// Bulk data travels in pieces of this size, on every road.
inline constexpr std::size_t piece_size = std::size_t{64} << 10;

/// Throws viaduct::exception when something fails or takes too long.
class road {
 public:
  road() = default;
  road(const road&) = delete;
  road& operator=(const road&) = delete;
  virtual ~road() = default;

  virtual void send(viaduct::bytes piece) = 0;
  /// Exactly what the other side sent as one piece.
  virtual void receive(viaduct::buffer piece) = 0;
};
using road_ptr = std::unique_ptr<road>;

/// What the sender has ready before the receiver is started, and how it goes on afterwards.
struct meeting {
  std::string name;
  std::vector<std::pair<std::string, viaduct::endpoint>> endpoints = {};
  std::function<road_ptr()> complete;
};

struct mechanism {
  const char* key;
  const char* title;
  std::string backed_by;
  std::string missing;  ///< why this system does not have it; empty: it does
  meeting (*prepare)();
  road_ptr (*join)(const std::string& name);
};

/// All of them, in the order of the tour.
[[nodiscard]] const std::vector<mechanism>& mechanisms();
/// Throws std::runtime_error for an unknown key.
[[nodiscard]] const mechanism& find_mechanism(std::string_view key);

// The two halves of each mechanism: the sender prepares, the receiver joins.
[[nodiscard]] meeting prepare_pipe();
[[nodiscard]] road_ptr join_pipe(const std::string& name);
[[nodiscard]] meeting prepare_fifo();
[[nodiscard]] road_ptr join_fifo(const std::string& name);
[[nodiscard]] meeting prepare_bytes();
[[nodiscard]] road_ptr join_bytes(const std::string& name);
[[nodiscard]] meeting prepare_messages();
[[nodiscard]] road_ptr join_messages(const std::string& name);
[[nodiscard]] meeting prepare_handover();
[[nodiscard]] road_ptr join_handover(const std::string& name);
[[nodiscard]] meeting prepare_memory();
[[nodiscard]] road_ptr join_memory(const std::string& name);
[[nodiscard]] meeting prepare_lock();
[[nodiscard]] road_ptr join_lock(const std::string& name);

/// A road of two one-way pipes.
[[nodiscard]] road_ptr make_pipe_road(viaduct::pipe_reader reader, viaduct::pipe_writer writer);

}  // namespace tour
