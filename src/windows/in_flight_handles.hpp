// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles on their way: duplicates in the sender's table, until the receiver says that it has its own. It says so through a
// semaphore of the sender's, which it reaches in the same way, so that nothing of it is on the wire. A thread of the
// system's pool closes them then, whatever the sender is doing.
#pragma once

#include <cstddef>
#include <vector>

#include "viaduct/result.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

class in_flight_handles {
 public:
  in_flight_handles() noexcept = default;
  in_flight_handles(const in_flight_handles&) = delete;
  in_flight_handles& operator=(const in_flight_handles&) = delete;
  ~in_flight_handles() { leave(true); }

  /// The semaphore, watched from here on. os_error, limit_reached.
  [[nodiscard]] result<HANDLE> semaphore();
  /// These are about to go with a message. Only after semaphore().
  void add(std::vector<unique_handle> leaving);
  /// The last of them did not go.
  void take_back(std::size_t count) noexcept;
  /// The connection ends. A receiver that is still there has 30 seconds to collect what is in its pipe.
  void leave(bool receiver_is_gone) noexcept;

  struct group;

 private:
  group* group_ = nullptr;  // of the list that the pool's threads use, until leave()
};

}  // namespace viaduct::windows
