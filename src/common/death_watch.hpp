// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// When a waiter looks whether the process it waits for still lives: 2 ms after it began to wait, then every 50 ms, and once
// before it gives up. Absolute times: neither signals nor wake-ups put the look off.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/timer.hpp"

namespace viaduct::detail {

class death_watch {
 public:
  using clock = std::chrono::steady_clock;
  using moment = std::optional<clock::time_point>;

  /// Starts the timer's clock.
  explicit death_watch(timer& wait) noexcept
      : end_(wait.moment()), began_(clock::now()), look_(began_ + std::chrono::milliseconds(2)) {}

  /// Is it time to look, because of the interval or because it is the last chance?
  [[nodiscard]] bool is_due() noexcept {
    now_ = clock::now();
    return now_ >= look_ || is_over();
  }
  /// The deadline has passed, as of the last is_due().
  [[nodiscard]] bool is_over() const noexcept { return end_ && now_ >= *end_; }
  void looked() noexcept { look_ = now_ + std::chrono::milliseconds(50); }

  [[nodiscard]] moment wake_at() const noexcept { return end_ ? std::min(look_, *end_) : look_; }
  [[nodiscard]] std::chrono::milliseconds waited() const noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - began_);
  }

 private:
  moment end_;
  clock::time_point began_;
  clock::time_point look_;
  clock::time_point now_ = began_;
};

}  // namespace viaduct::detail
