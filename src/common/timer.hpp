// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// timer: a deadline during one call. A span is pinned to the clock the first time the call has to wait, so a call that
// need not wait reads no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "viaduct/deadline.hpp"

namespace viaduct::detail {

class timer {
 public:
  using nanoseconds = deadline::nanoseconds;

  explicit timer(deadline until) noexcept : until_(until) {}

  /// The caller asked to try once and not to wait.
  [[nodiscard]] bool poll_only() const noexcept { return until_.is_now(); }
  [[nodiscard]] bool forever() const noexcept { return until_.is_never(); }

  /// Starts the clock of a span; nothing for an instant or never(). Call before anything that may take time.
  void start() noexcept {
    if (until_.is_span() && !until_.is_now()) until_ = until_.fixed();
  }

  /// The length of a span whose clock does not run yet; 0 for anything else.
  [[nodiscard]] nanoseconds pending_span() const noexcept {
    return until_.is_span() ? until_.remaining() : nanoseconds::zero();
  }
  /// Starts the clock of such a span with a moment that the caller knows.
  void start_at(deadline::clock::time_point moment) noexcept {
    const nanoseconds span = pending_span();
    const nanoseconds since_epoch = moment.time_since_epoch();
    until_ = since_epoch > nanoseconds::max() - span ? deadline::never() : deadline(moment + span);
  }

  /// Time left, starting the clock if it does not run yet; 0 when it is over, nanoseconds::max() for ever.
  [[nodiscard]] nanoseconds remaining() noexcept {
    start();
    return until_.remaining();
  }

  [[nodiscard]] bool expired() noexcept { return remaining() == nanoseconds::zero(); }

  /// Is there any time to wait? Also an instant in the past says no: such a call looks once and does nothing to wait.
  [[nodiscard]] bool may_wait() noexcept { return !poll_only() && !expired(); }

  /// The same moment for another call.
  [[nodiscard]] deadline until() noexcept {
    start();
    return until_;
  }

  /// The moment of the deadline, starting the clock if it does not run yet; none for ever.
  [[nodiscard]] std::optional<deadline::clock::time_point> moment() noexcept {
    const nanoseconds left = remaining();
    const deadline::clock::time_point now = deadline::clock::now();
    if (left > nanoseconds::max() - now.time_since_epoch()) return std::nullopt;
    return now + std::chrono::duration_cast<deadline::clock::duration>(left);
  }

  /// Time left in whole milliseconds, rounded up, at most `limit`; `limit` for ever.
  [[nodiscard]] std::uint32_t remaining_ms(std::uint32_t limit) noexcept {
    const nanoseconds left = remaining();
    if (left == nanoseconds::max()) return limit;
    const std::int64_t rounded = left.count() / 1'000'000 + (left.count() % 1'000'000 != 0 ? 1 : 0);
    return rounded < static_cast<std::int64_t>(limit) ? static_cast<std::uint32_t>(rounded) : limit;
  }

 private:
  deadline until_;
};

}  // namespace viaduct::detail
