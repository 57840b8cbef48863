// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Pauses between attempts at something that another process has in its hands for a moment, and that cannot wake us.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/timer.hpp"

namespace viaduct::posix {

class busy_pause {
 public:
  using nanoseconds = detail::timer::nanoseconds;

  explicit busy_pause(nanoseconds longest) noexcept : longest_(longest) {}

  /// Gives others the processor: eight times at once, then for 50 microseconds, doubled each time. False: the time is over.
  [[nodiscard]] bool pause(detail::timer& until) {
    const nanoseconds left = until.remaining();
    if (left == nanoseconds::zero()) return false;
    if (yields_ < 8) {
      ++yields_;
      std::this_thread::yield();
      return true;
    }
    std::this_thread::sleep_for(std::min(next_, left));
    next_ = std::min(next_ * 2, longest_);
    return true;
  }

 private:
  nanoseconds longest_;
  nanoseconds next_ = std::chrono::microseconds(50);
  int yields_ = 0;
};

}  // namespace viaduct::posix
