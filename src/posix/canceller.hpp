// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Waiting for a descriptor so that cancel() from another thread ends the wait. Final: once cancelled, always cancelled.
#pragma once

#include <atomic>

#include "common/timer.hpp"
#include "posix/system.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

class canceller {
 public:
  /// Makes the bell. Without one (a socket that is shut down by cancel) waits are ended by the descriptor itself.
  [[nodiscard]] result<void> make_bell() {
    result<system::bell_ends> made = system::make_bell();
    if (!made) return made.error();
    bell_ = std::move(*made);
    return {};
  }

  /// From any thread.
  void cancel() noexcept {
    cancelled_.store(true, std::memory_order_release);
    const descriptor& ringing = bell_.ringing.is_valid() ? bell_.ringing : bell_.waiting;
    if (ringing.is_valid()) system::ring(ringing.get());
  }

  [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

  /// What became of the descriptor (poll's revents). timed_out, cancelled.
  [[nodiscard]] result<short> wait(int watched, short events, detail::timer& patience) const;

 private:
  std::atomic<bool> cancelled_{false};
  system::bell_ends bell_;
};

}  // namespace viaduct::posix
