// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/semaphore.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

VIADUCT_ROLE(takes, args) {
  auto slots = must(semaphore::open(args.at(0), 8s));
  role::say("ready");
  for (std::uint64_t count = std::stoull(args.at(1)); count > 0; --count) must(slots.acquire(8s));
  role::say("taken");
  role::expect("end");
  return 0;
}

// Takes one and gives one, so many times.
VIADUCT_ROLE(borrows, args) {
  auto slots = must(semaphore::open(args.at(0), 8s));
  role::say("ready");
  for (std::uint64_t count = std::stoull(args.at(1)); count > 0; --count) {
    must(slots.acquire(8s));
    must(slots.release());
  }
  return 0;
}

}  // namespace

TEST_CASE("semaphore: as many are let in as there are") {
  auto slots = must(semaphore::create(unique_name(), 2, 3));
  CHECK(slots.maximum() == 3);
  CHECK(slots.available() == 2);
  must(slots.acquire(deadline::now()));
  must(slots.acquire(deadline::never()));
  CHECK(slots.available() == 0);
  CHECK(outcome(slots.acquire(deadline::now())) == errc::timed_out);
  must(slots.release());
  CHECK(slots.available() == 1);
  must(slots.acquire(deadline::now()));
}

TEST_CASE("semaphore: more than the maximum is refused whole") {
  auto slots = must(semaphore::create(unique_name(), 2, 3));
  CHECK(outcome(slots.release(2)) == errc::limit_reached);
  CHECK(outcome(slots.release(4)) == errc::limit_reached);
  CHECK(outcome(slots.release(~std::uint64_t{0})) == errc::limit_reached);
  CHECK(slots.available() == 2);
  must(slots.release(0));
  must(slots.release(1));
  CHECK(slots.available() == 3);
  CHECK(outcome(slots.release()) == errc::limit_reached);
  for (int count = 0; count < 3; ++count) must(slots.acquire(deadline::now()));
  must(slots.release(3));
  CHECK(slots.available() == 3);
}

TEST_CASE("semaphore: counts that make no sense") {
  const std::string called = unique_name();
  CHECK(outcome(semaphore::create(called, 0, 0)) == errc::invalid_argument);
  CHECK(outcome(semaphore::create(called, 2, 1)) == errc::invalid_argument);
  CHECK(outcome(semaphore::create(called, 0, semaphore::limit + 1)) == errc::invalid_argument);
  CHECK(outcome(semaphore::open_or_create(called, 2, 1, 1s)) == errc::invalid_argument);
  auto largest = must(semaphore::create(called, semaphore::limit, semaphore::limit));
  CHECK(largest.available() == semaphore::limit);
  CHECK(outcome(largest.release()) == errc::limit_reached);
}

TEST_CASE("semaphore: who opens learns the maximum, who would have created with another is told") {
  const std::string called = unique_name();
  auto slots = must(semaphore::open_or_create(called, 1, 8, 8s));
  auto same = must(semaphore::open(called, deadline::now()));
  CHECK(same.maximum() == 8);
  CHECK(same.available() == 1);
  CHECK(outcome(semaphore::open_or_create(called, 1, 9, deadline::now())) == errc::layout_mismatch);
  auto third = must(semaphore::open_or_create(called, 5, 8, deadline::now()));  // `initial` is the creator's to say
  CHECK(third.available() == 1);
}

TEST_CASE("semaphore: a release wakes who waits, in another process too") {
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 0, 8));
  peer other("takes", {called, "3"});
  other.expect("ready");
  must(slots.release());
  must(slots.release(2));
  other.expect("taken");
  other.say("end");
  CHECK(other.wait() == 0);
  CHECK(slots.available() == 0);
}

TEST_CASE("semaphore: never more inside than let in, and none is lost, between processes") {
  time_limit(60s);
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 2, 2));
  const std::string times = std::to_string(rounds(20'000, 1'000'000));
  std::vector<peer> others;
  for (int index = 0; index < 4; ++index) others.emplace_back("borrows", arguments{called, times});
  for (peer& each : others) each.expect("ready");
  std::atomic<int> inside{0};
  std::atomic<int> too_many{0};
  std::vector<std::thread> threads;
  for (int index = 0; index < 3; ++index) {
    threads.emplace_back([&] {
      for (int count = 0; count < rounds(5'000, 200'000); ++count) {
        must(slots.acquire(8s));
        if (++inside > 2) ++too_many;
        if (slots.available() > 2) ++too_many;
        --inside;
        must(slots.release());  // limit_reached here would be a wrong count
      }
    });
  }
  for (std::thread& each : threads) each.join();
  for (peer& each : others) CHECK(each.wait() == 0);
  CHECK(too_many == 0);
  CHECK(slots.available() == 2);
}

TEST_CASE("semaphore: what a killed process had taken is lost, and never comes back twice") {
  time_limit(60s);
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 8, 8));
  for (int round = 0; round < rounds(50, 1'000); ++round) {
    peer holder("takes", {called, "3"});
    holder.expect("ready");
    holder.expect("taken");
    holder.kill();
    CHECK(holder.wait() == peer::killed);
    CHECK(slots.available() == 5);
    CHECK(outcome(slots.release(4)) == errc::limit_reached);
    must(slots.release(3));  // who knows of the death makes it good
  }
}

TEST_CASE("semaphore: a process killed at any instant leaves a count that is possible") {
  time_limit(60s);
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 8, 8));
  generator random(1);
  for (int round = 0; round < rounds(50, 1'000); ++round) {
    peer borrower("borrows", {called, "1000000000"});
    borrower.expect("ready");
    const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(300));
    while (std::chrono::steady_clock::now() < instant) {
    }
    borrower.kill();
    CHECK(borrower.wait() == peer::killed);
    const std::uint64_t left = slots.available();
    CHECK(left <= 8);
    CHECK(left >= 7);
    if (left == 7) must(slots.release());
  }
}

TEST_CASE("semaphore: the forms of deadlines") {
  auto slots = must(semaphore::create(unique_name(), 0, 1));
  for (const deadline& past : past_deadlines()) {
    CHECK(outcome(slots.acquire(past)) == errc::timed_out);
    must(slots.release());
    CHECK(outcome(slots.acquire(past)) == success);
  }
  for (const deadline& endless : endless_deadlines()) {
    companion other([&] { must(slots.release()); });
    CHECK(outcome(slots.acquire(endless)) == success);
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(outcome(slots.acquire(20ms)) == errc::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
}

TEST_CASE("semaphore: objects say what they are not") {
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 1, 1));
  CHECK_FALSE(slots.native_name().empty());
  auto moved = std::move(slots);
  CHECK(outcome(slots.acquire(1s)) == errc::closed);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(outcome(slots.release()) == errc::closed);
  CHECK(slots.available() == 0);
  CHECK(slots.maximum() == 0);
  moved.close();
  moved.close();
  CHECK_FALSE(moved.is_open());
  CHECK(outcome(moved.acquire(1s)) == errc::closed);
  CHECK(outcome(semaphore::open(called, deadline::now())) == errc::not_found);
}

TEST_CASE("semaphore: names") {
  const std::string called = unique_name();
  CHECK(outcome(semaphore::open(called, deadline::now())) == errc::not_found);
  CHECK(outcome(semaphore::remove(called)) == errc::not_found);
  {
    auto slots = must(semaphore::create(called, 1, 1));
    CHECK(outcome(semaphore::create(called, 1, 1)) == errc::already_exists);
    CHECK(outcome(semaphore::remove(called)) == errc::already_exists);
  }
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("\xff"), std::string(256, 'x')}) {
    CHECK(outcome(semaphore::create(bad, 1, 1)) == errc::name_invalid);
    CHECK(outcome(semaphore::open(bad, deadline::now())) == errc::name_invalid);
    CHECK(outcome(semaphore::open_or_create(bad, 1, 1, deadline::now())) == errc::name_invalid);
    CHECK(outcome(semaphore::remove(bad)) == errc::name_invalid);
  }
  CHECK(outcome(semaphore::open(name::of(stranger(), called), deadline::now())) == errc::access_denied);
}

TEST_CASE("semaphore: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        auto slots = must(semaphore::create(unique_name(), 1, 1));
        must(slots.acquire(1s));
        (void)slots.acquire(1ms);
      },
      5));
}
