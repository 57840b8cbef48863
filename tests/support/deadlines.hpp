// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The deadlines every call must understand.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "viaduct/deadline.hpp"

namespace viaduct::test {

/// All of these mean: try once.
[[nodiscard]] inline std::vector<deadline> past_deadlines() {
  using std::chrono::steady_clock;
  constexpr auto smallest = std::numeric_limits<std::int64_t>::min();
  return {deadline::now(),
          std::chrono::seconds(0),
          std::chrono::nanoseconds(-1),
          std::chrono::hours(-1),
          std::chrono::nanoseconds(smallest),
          steady_clock::now() - std::chrono::seconds(1),
          steady_clock::time_point::min(),
          deadline::after(std::chrono::seconds(-5))};
}

/// All of these mean: wait for ever.
[[nodiscard]] inline std::vector<deadline> endless_deadlines() {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  return {deadline::never(), std::chrono::nanoseconds(largest), std::chrono::hours(largest),
          std::chrono::nanoseconds(largest - 1), std::chrono::steady_clock::time_point::max()};
}

}  // namespace viaduct::test
