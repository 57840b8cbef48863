// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A connection and a listener over Windows named pipes in byte mode.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backend/entry.hpp"
#include "backend/named_pipe.hpp"
#include "windows/handle.hpp"
#include "windows/in_flight_handles.hpp"
#include "windows/overlapped.hpp"
#include "windows/security.hpp"
#include "windows/stream.hpp"

namespace viaduct::windows {

/// One place in the backlog: a pipe instance that waits for a client, or has one. Its event stays, its pipe changes.
struct backlog_place {
  unique_handle pipe;
  operation listening;
  bool connected = false;
  std::uint64_t turn = 0;  // places are used by the system in the order in which they began to listen
};

}  // namespace viaduct::windows

namespace viaduct::backend {

struct connection {
  std::unique_ptr<windows::stream> io;
  identity peer = identity::unknown();
  bool is_server = false;  // the pipe's server end: only it can ask who the client is
  bool accept_handles = false;
  /// The process that sent the last handles, and its semaphore for saying that they were collected.
  windows::unique_handle sender;
  DWORD sender_id = 0;
  windows::unique_handle collected;
  std::uint64_t collected_value = 0;  // in the sender's table
  /// Duplicates in our own table whose values are in a message that has not gone yet, and those on their way.
  std::vector<windows::unique_handle> unsent;
  windows::in_flight_handles in_flight;
};

struct listener {
  listener(std::wstring its_path, windows::security_attributes its_security)
      : path(std::move(its_path)), security(std::move(its_security)) {}

  std::wstring path;
  windows::security_attributes security;
  stream_contract contract;
  permission who = permission::only_me();
  std::size_t buffer = 0;
  windows::interrupt stop;

  std::mutex guard;  // of the places: any number of threads accept
  std::vector<std::unique_ptr<windows::backlog_place>> places;
  std::uint64_t next_turn = 0;
  std::optional<entry> owned;
};

}  // namespace viaduct::backend

namespace viaduct::windows {

/// Where the entry's contract keeps the integrity level that the pipe must have.
inline constexpr std::size_t level_index = 3;

/// On failure the pipe stays the caller's. `who` is at the other end.
[[nodiscard]] result<backend::connection_ptr> make_connection(unique_handle& pipe, identity who, bool is_server,
                                                              stream::history past = stream::history::fresh);

/// access_denied unless a process of that user can be opened for taking handles from it.
[[nodiscard]] result<unique_handle> open_sender(DWORD process_id, const user& who);

}  // namespace viaduct::windows
