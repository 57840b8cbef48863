// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/barrier.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

// Arrives as often as it is told, and says what came of it.
VIADUCT_ROLE(party, args) {
  auto barrier = must(viaduct::barrier::open(args.at(0), 5s));
  role::say("joined");
  std::string line;
  while (role::hear(line)) {
    const auto passed = barrier.arrive_and_wait(8s);
    role::say(passed ? "passed" : std::string(to_string(passed.error().code())));
  }
  return 0;
}

peer join(const std::string& called) {
  peer made("party", {called});
  made.expect("joined");
  return made;
}

}  // namespace

TEST_CASE("barrier: nobody passes before all have arrived, round after round") {
  const std::string called = unique_name();
  constexpr int parties = 4;
  constexpr int rounds_to_go = 200;
  auto first = must(viaduct::barrier::create(called, parties));
  std::atomic<int> arrived{0};
  std::atomic<int> early{0};
  const auto run = [&](viaduct::barrier& mine) {
    for (int round = 1; round <= rounds_to_go; ++round) {
      ++arrived;
      if (!mine.arrive_and_wait(8s)) ++early;
      if (arrived < parties * round) ++early;
      if (!mine.arrive_and_wait(8s)) ++early;  // so that nobody counts for the next round meanwhile
    }
  };
  std::vector<std::thread> others;
  for (int count = 1; count < parties; ++count) {
    others.emplace_back([&] {
      auto mine = must(viaduct::barrier::open(called, 5s));
      run(mine);
    });
  }
  run(first);
  for (std::thread& other : others) other.join();
  CHECK(early == 0);
}

TEST_CASE("barrier: between processes") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 3));
  peer one = join(called);
  peer two = join(called);
  for (int round = 0; round < 10; ++round) {
    one.say("go");
    two.say("go");
    CHECK(outcome(barrier.arrive_and_wait(8s)) == success);
    one.expect("passed");
    two.expect("passed");
  }
}

TEST_CASE("barrier: a party killed before it arrives breaks it for all, until reset") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 3));
  peer waits = join(called);
  for (int round = rounds(10, 300); round > 0; --round) {
    peer dies = join(called);
    waits.say("go");
    dies.kill();
    REQUIRE(outcome(barrier.arrive_and_wait(8s)) == errc::peer_died);
    waits.expect("peer_died");
    REQUIRE(barrier.is_broken());
    REQUIRE(outcome(barrier.arrive_and_wait(8s)) == errc::peer_died);
    REQUIRE(outcome(barrier.reset()) == success);
    REQUIRE_FALSE(barrier.is_broken());
    peer replaces = join(called);
    waits.say("go");
    replaces.say("go");
    REQUIRE(outcome(barrier.arrive_and_wait(8s)) == success);
    waits.expect("passed");
    replaces.expect("passed");
    replaces.kill();
    // Its place is free again only after a break and a reset.
    REQUIRE(outcome(barrier.arrive_and_wait(8s)) == errc::peer_died);
    REQUIRE(outcome(barrier.reset()) == success);
  }
}

TEST_CASE("barrier: reset frees the place of a dead party that nobody has missed yet") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 2));
  for (int round = rounds(3, 100); round > 0; --round) {
    peer dies = join(called);
    dies.kill();
    REQUIRE(dies.wait() == peer::killed);
    const auto too_early = viaduct::barrier::open(called, deadline::now());
    REQUIRE(outcome(too_early) == errc::limit_reached);
    REQUIRE_FALSE(barrier.is_broken());
    REQUIRE(outcome(barrier.reset()) == success);  // as the hint says
    peer replaces = join(called);
    replaces.say("go");
    REQUIRE(outcome(barrier.arrive_and_wait(8s)) == success);
    replaces.expect("passed");
    replaces.kill();
    REQUIRE(replaces.wait() == peer::killed);
    REQUIRE(outcome(barrier.reset()) == success);
  }
}

TEST_CASE("barrier: who resets after a time-out has not arrived any more") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 2));
  peer dies = join(called);
  REQUIRE(outcome(barrier.arrive_and_wait(deadline::now())) == errc::timed_out);
  dies.kill();
  REQUIRE(dies.wait() == peer::killed);
  REQUIRE(outcome(barrier.reset()) == success);
  peer replaces = join(called);
  replaces.say("go");
  CHECK(outcome(barrier.arrive_and_wait(8s)) == success);
  replaces.expect("passed");
}

TEST_CASE("barrier: one that leaves breaks it for those who wait") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 2));
  peer waits = join(called);
  waits.say("go");
  barrier.close();
  waits.expect("peer_died");
  CHECK(outcome(barrier.arrive_and_wait(8s)) == errc::closed);
}

TEST_CASE("barrier: after a time-out one has arrived, and goes on waiting") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 2));
  auto other = must(viaduct::barrier::open(called, 5s));
  CHECK(outcome(barrier.arrive_and_wait(deadline::now())) == errc::timed_out);
  CHECK(outcome(barrier.arrive_and_wait(-1s)) == errc::timed_out);
  CHECK(outcome(barrier.arrive_and_wait(20ms)) == errc::timed_out);
  CHECK(outcome(other.arrive_and_wait(deadline::now())) == success);
  CHECK(outcome(barrier.arrive_and_wait(deadline::now())) == success);
  CHECK(outcome(other.arrive_and_wait(deadline::now())) == errc::timed_out);
}

TEST_CASE("barrier: as many parties as it is for") {
  const std::string called = unique_name();
  auto barrier = must(viaduct::barrier::create(called, 2));
  CHECK(barrier.parties() == 2);
  CHECK(outcome(viaduct::barrier::open_or_create(called, 3, 5s)) == errc::layout_mismatch);
  auto second = must(viaduct::barrier::open_or_create(called, 2, 5s));
  CHECK(outcome(viaduct::barrier::open(called, deadline::now())) == errc::limit_reached);
  CHECK(outcome(barrier.reset()) == success);  // not broken: nothing
  CHECK(outcome(second.arrive_and_wait(deadline::now())) == errc::timed_out);
}

TEST_CASE("barrier: bad arguments, and nothing left behind") {
  CHECK(outcome(viaduct::barrier::create(unique_name(), 0)) == errc::invalid_argument);
  CHECK(outcome(viaduct::barrier::create(unique_name(), 257)) == errc::invalid_argument);
  CHECK(outcome(viaduct::barrier::create("", 1)) == errc::name_invalid);
  CHECK(outcome(viaduct::barrier::open(unique_name(), deadline::now())) == errc::not_found);
  CHECK(outcome(viaduct::barrier::remove(unique_name())) == errc::not_found);
  CHECK_FALSE(leaves_something(
      [] {
        auto barrier = must(viaduct::barrier::create(unique_name(), 1));
        must(barrier.arrive_and_wait(5s));
      },
      5));
}
