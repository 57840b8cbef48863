// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/timer.hpp"

#include <chrono>

#include "support/catch.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;
using detail::timer;

void spin(std::chrono::nanoseconds span) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < span) {
  }
}

TEST_CASE("a span begins to run when the call has to wait, not before") {
  timer wait(20ms);
  spin(30ms);
  CHECK(wait.remaining() > 10ms);  // it started just now
  spin(25ms);
  CHECK(wait.remaining() == 0ns);
  CHECK(wait.expired());
}

TEST_CASE("a span can be started by hand, once") {
  timer wait(20ms);
  wait.start();
  spin(25ms);
  wait.start();
  CHECK(wait.expired());
}

TEST_CASE("now is poll_only and is over, never is forever and is not") {
  timer poll(deadline::now());
  CHECK(poll.poll_only());
  CHECK(poll.expired());
  timer endless(deadline::never());
  CHECK(endless.forever());
  CHECK_FALSE(endless.poll_only());
  CHECK_FALSE(endless.expired());
  CHECK(endless.remaining() == timer::nanoseconds::max());
}

TEST_CASE("an instant in the past leaves no time to wait, as now does") {
  CHECK_FALSE(timer(deadline::now()).may_wait());
  CHECK_FALSE(timer(std::chrono::steady_clock::now() - 1s).may_wait());
  CHECK_FALSE(timer(deadline(-1s)).may_wait());
  CHECK(timer(std::chrono::steady_clock::now() + 1h).may_wait());
  CHECK(timer(1h).may_wait());
  CHECK(timer(deadline::never()).may_wait());
}

TEST_CASE("milliseconds are rounded up, so that a wait never ends early") {
  CHECK(timer(deadline::now()).remaining_ms(1000) == 0);
  CHECK(timer(deadline(1ns)).remaining_ms(1000) <= 1);
  timer longer(10'000'001ns);
  const auto rounded = longer.remaining_ms(1000);
  CHECK(rounded >= 1);
  CHECK(rounded <= 11);
  CHECK(timer(1h).remaining_ms(1000) == 1000);
  CHECK(timer(deadline::never()).remaining_ms(77) == 77);
}

TEST_CASE("until gives the same moment to another call") {
  timer wait(1s);
  const deadline shared = wait.until();
  CHECK_FALSE(shared.is_span());
  spin(2ms);
  CHECK(shared.remaining() <= 998ms);
  CHECK(timer(deadline::never()).until().is_never());
}

}  // namespace
}  // namespace viaduct::test
