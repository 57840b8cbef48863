// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles on their way: duplicates in the sender's table, until the receiver says that it has its own. It says so through a
// semaphore of the sender's, which it reaches in the same way, so that nothing of it is on the wire.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "viaduct/result.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

class in_flight_handles {
 public:
  in_flight_handles() noexcept = default;
  in_flight_handles(const in_flight_handles&) = delete;
  in_flight_handles& operator=(const in_flight_handles&) = delete;
  ~in_flight_handles() = default;

  /// The semaphore, made when it is first needed.
  [[nodiscard]] result<HANDLE> semaphore();
  /// These went with a message.
  void add(std::vector<unique_handle> sent);
  /// Closes what the receiver has by now.
  void close_collected() noexcept;
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }

  /// The connection ends while its receiver lives: it has 30 seconds to collect what is in its pipe.
  static void leave(std::deque<unique_handle> waiting, unique_handle semaphore) noexcept;
  void leave() noexcept { leave(std::move(waiting_), std::move(semaphore_)); }

 private:
  unique_handle semaphore_;
  std::deque<unique_handle> waiting_;  // in the order in which they went
};

}  // namespace viaduct::windows
