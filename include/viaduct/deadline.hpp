// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// How long a call may wait. Every blocking call takes one; there is no overload without.
//
//   500ms                      a span, counted from the start of each call (the clock is read only if the call waits)
//   deadline::after(5s)        an instant, to be shared by several calls
//   deadline::now()            poll: try once, do not wait
//   deadline::never()          wait for ever, but still for death
//
// Steady clock only. Every call tries once, so a past or negative deadline is now(); a span that overflows is never().
// Threads: a plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

namespace viaduct {

class deadline {
 public:
  using clock = std::chrono::steady_clock;
  using nanoseconds = std::chrono::duration<std::int64_t, std::nano>;

  template <class Rep, class Period>
  constexpr deadline(std::chrono::duration<Rep, Period> span) noexcept  // NOLINT(google-explicit-constructor)
      : deadline(kind::span, saturate(span)) {}

  template <class Duration>
  constexpr deadline(std::chrono::time_point<clock, Duration> instant) noexcept  // NOLINT(google-explicit-constructor)
      : kind_(kind::instant), count_(saturate(instant.time_since_epoch())) {
    if (count_ == forever) kind_ = kind::never;
  }

  [[nodiscard]] static constexpr deadline now() noexcept { return {kind::span, 0}; }
  [[nodiscard]] static constexpr deadline never() noexcept { return {kind::never, forever}; }

  template <class Rep, class Period>
  [[nodiscard]] static deadline after(std::chrono::duration<Rep, Period> span) noexcept {
    return deadline(span).fixed();
  }

  /// True for now(), and for spans that are zero or negative. An instant in the past is found out by the clock.
  [[nodiscard]] constexpr bool is_now() const noexcept { return kind_ == kind::span && count_ <= 0; }
  [[nodiscard]] constexpr bool is_never() const noexcept { return kind_ == kind::never; }
  [[nodiscard]] constexpr bool is_span() const noexcept { return kind_ == kind::span; }

  /// The same deadline as an instant: a span is counted from this moment.
  [[nodiscard]] deadline fixed() const noexcept {
    if (kind_ != kind::span) return *this;
    const std::int64_t base = since_epoch();
    if (count_ <= 0) return {kind::instant, base};
    if (base > forever - count_) return never();
    return {kind::instant, base + count_};
  }

  /// Time left, never negative; nanoseconds::max() for never(). Reads the clock for an instant.
  [[nodiscard]] nanoseconds remaining() const noexcept {
    if (kind_ == kind::never) return nanoseconds(forever);
    if (kind_ == kind::span) return nanoseconds(count_ < 0 ? 0 : count_);
    const std::int64_t base = since_epoch();
    return nanoseconds(count_ > base ? count_ - base : 0);
  }

 private:
  enum class kind : std::uint8_t { span, instant, never };
  static constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

  constexpr deadline(kind what, std::int64_t count) noexcept : kind_(what), count_(count) {
    if (kind_ == kind::span && count_ == forever) kind_ = kind::never;
  }

  [[nodiscard]] static std::int64_t since_epoch() noexcept {
    return std::chrono::duration_cast<nanoseconds>(clock::now().time_since_epoch()).count();
  }

  template <class Rep, class Period>
  [[nodiscard]] static constexpr std::int64_t saturate(std::chrono::duration<Rep, Period> span) noexcept {
    using factor = std::ratio_divide<Period, std::nano>;
    if constexpr (std::is_integral_v<Rep> && std::is_signed_v<Rep> && sizeof(Rep) <= 8 && factor::den == 1) {
      constexpr std::int64_t most = forever / factor::num;
      const std::int64_t units = span.count();
      return units > most ? forever : units < -most ? std::numeric_limits<std::int64_t>::min() : units * factor::num;
    }
    using wide = std::chrono::duration<long double, std::nano>;
    const long double count = std::chrono::duration_cast<wide>(span).count();
    if (!(count < static_cast<long double>(forever))) return forever;  // also for not-a-number
    if (count <= static_cast<long double>(std::numeric_limits<std::int64_t>::min())) {
      return std::numeric_limits<std::int64_t>::min();
    }
    return static_cast<std::int64_t>(count);
  }

  kind kind_;
  std::int64_t count_;  // nanoseconds
};

}  // namespace viaduct
