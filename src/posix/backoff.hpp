// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Looking again after 1, 2, 4 ... 50 ms: only where the system cannot wake us (docs/names.md lists the cases).
#pragma once

#include <algorithm>
#include <chrono>

#include "common/timer.hpp"
#include "posix/system.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

class backoff {
 public:
  /// timed_out when the deadline has come; else success after the pause.
  [[nodiscard]] result<void> pause(detail::timer& wait) {
    using namespace std::chrono_literals;
    if (wait.expired()) return errc::timed_out;
    const auto left = wait.remaining();
    detail::timer slice(std::min<detail::timer::nanoseconds>(next_, left));
    next_ = std::min<detail::timer::nanoseconds>(next_ * 2, 50ms);
    const result<int> slept = system::wait({}, slice);
    if (!slept) return slept.error();
    return {};
  }

 private:
  detail::timer::nanoseconds next_ = std::chrono::milliseconds(1);
};

}  // namespace viaduct::posix
