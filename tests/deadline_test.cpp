// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/deadline.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

#include "support/catch.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;
using nanoseconds = deadline::nanoseconds;
using std::chrono::steady_clock;

constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();

TEST_CASE("a span stays a span and is counted from each call") {
  const deadline half = 500ms;
  CHECK(half.is_span());
  CHECK_FALSE(half.is_now());
  CHECK_FALSE(half.is_never());
  CHECK(half.remaining() == 500ms);
  CHECK(half.remaining() == 500ms);  // reads no clock
}

TEST_CASE("now, zero and negative spans mean: try once") {
  for (const deadline when : {deadline::now(), deadline(0s), deadline(-1ns), deadline(-24h),
                              deadline(nanoseconds(smallest)), deadline(std::chrono::hours(smallest))}) {
    CHECK(when.is_now());
    CHECK_FALSE(when.is_never());
    CHECK(when.remaining() == 0ns);
    CHECK(when.fixed().remaining() == 0ns);
  }
}

TEST_CASE("a span that overflows is never") {
  for (const deadline when : {deadline::never(), deadline(nanoseconds(largest)), deadline(std::chrono::hours(largest)),
                              deadline(std::chrono::seconds(largest)), deadline(std::chrono::duration<double>(1e300)),
                              deadline(std::chrono::duration<double>(std::numeric_limits<double>::infinity())),
                              deadline(std::chrono::duration<double>(std::nan("")))}) {
    CHECK(when.is_never());
    CHECK_FALSE(when.is_now());
    CHECK(when.remaining() == nanoseconds::max());
    CHECK(when.fixed().is_never());
  }
}

TEST_CASE("a span that overflows only when it is counted from now is never, too") {
  const deadline nearly = nanoseconds(largest - 1);
  CHECK_FALSE(nearly.is_now());
  CHECK(nearly.fixed().is_never());
  CHECK(deadline::after(nanoseconds(largest - 1)).is_never());
}

TEST_CASE("an instant is shared: its time runs") {
  const deadline when = deadline::after(10s);
  CHECK_FALSE(when.is_span());
  CHECK_FALSE(when.is_now());
  const auto first = when.remaining();
  CHECK(first <= 10s);
  CHECK(first > 9s);
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < 2ms) {
  }
  CHECK(when.remaining() <= first - 2ms);
  CHECK(when.fixed().remaining() <= first);
}

TEST_CASE("a time point is an instant, in any unit and however far away") {
  const deadline soon = steady_clock::now() + 5s;
  CHECK(soon.remaining() <= 5s);
  CHECK(soon.remaining() > 4s);
  const deadline in_seconds = std::chrono::ceil<std::chrono::seconds>(steady_clock::now()) + 5s;
  CHECK(in_seconds.remaining() > 4s);
  CHECK(deadline(steady_clock::time_point::max()).is_never());
  CHECK(deadline(steady_clock::now() - 1h).remaining() == 0ns);
  CHECK(deadline(steady_clock::time_point::min()).remaining() == 0ns);
}

TEST_CASE("spans keep their length in every unit, to the nanosecond") {
  CHECK(deadline(1ns).remaining() == 1ns);
  CHECK(deadline(std::chrono::duration<double>(0.25)).remaining() == 250ms);
  CHECK(deadline(std::chrono::duration<int, std::ratio<1, 3>>(3)).remaining() == 1s);
  CHECK(deadline(nanoseconds(largest / 2 + 1)).remaining() == nanoseconds(largest / 2 + 1));
}

static_assert(deadline(500ms).is_span(), "usable at compile time");

}  // namespace
}  // namespace viaduct::test
