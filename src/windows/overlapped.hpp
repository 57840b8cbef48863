// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One overlapped operation at a time, with a deadline and a way to call it off from another thread.
#pragma once

#include <atomic>

#include "common/timer.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/system.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

/// cancel() of an object: once raised it stays raised.
class interrupt {
 public:
  [[nodiscard]] result<void> open();
  void raise() noexcept;
  [[nodiscard]] bool raised() const noexcept { return raised_.load(std::memory_order_acquire); }
  [[nodiscard]] HANDLE event() const noexcept { return event_.get(); }
  /// Ends the waits of the moment without being cancel(): their operations look at the object's state again.
  void ring() noexcept;

 private:
  std::atomic<bool> raised_{false};
  unique_handle event_;
};

/// Waits for `event`. timed_out, cancelled (the interrupt was rung or raised first), os_error.
[[nodiscard]] result<void> wait_for(HANDLE event, const interrupt& stop, detail::timer& wait);

/// An OVERLAPPED with its event. It and the operation's memory must stay where they are until the operation has ended.
class operation {
 public:
  operation() noexcept = default;
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  [[nodiscard]] result<void> open();
  [[nodiscard]] HANDLE event() const noexcept { return event_.get(); }

  /// For the call that starts the operation.
  [[nodiscard]] OVERLAPPED& prepare() noexcept;
  /// Has the operation ended (or was it never started)?
  [[nodiscard]] bool has_ended() const noexcept;
  /// Waits for the end, however long it takes.
  [[nodiscard]] system::io finish(HANDLE file) noexcept;
  /// Asks for its end and waits for that: what the operation did before counts.
  [[nodiscard]] system::io call_off(HANDLE file) noexcept;
  /// The outcome of what was started with prepare(). Gives up at the deadline or when interrupted: then the operation is
  /// called off, and if it did something nevertheless, that is the outcome. timed_out, cancelled.
  [[nodiscard]] result<system::io> complete(HANDLE file, system::io started, const interrupt& stop,
                                            detail::timer& wait);

 private:
  OVERLAPPED overlapped_{};
  unique_handle event_;
};

}  // namespace viaduct::windows
