// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Processes are killed at random instants while three of them fight for one mutex. Nobody is ever stuck, and nobody who
// finds the counters half changed finds them so without having been told that a holder died.
#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/pair_of_counters.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/mutex.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// One turn inside.
void take_a_turn(mutex& lockable, shared_counters& counters, std::uint64_t self) {
  auto lock = must(lockable.lock(8s));
  if (counters.inspect(lock.owner_died())) must(lock.repaired());
  counters->inside = self;
  counters->first = counters->first + 1;
  for (int count = 0; count < 200; ++count) VIADUCT_INSIST(counters->inside == self);
  counters->second = counters->second + 1;
  counters->inside = 0;
  must(lock.unlock());
}

VIADUCT_ROLE(worker, args) {
  auto lockable = must(mutex::open_or_create(args.at(0), 8s));
  shared_counters counters(args.at(0));
  role::say("ready");
  for (;;) take_a_turn(lockable, counters, this_process_id());
}

/// Waits for a turn of each kind, over and over, until killed: also the waiters die.
void kill_workers(int kills, std::uint64_t seed) {
  const std::string called = unique_name();
  {
    auto lockable = must(mutex::open_or_create(called, 8s));
    shared_counters counters(called);
    generator random(seed);
    std::array<std::optional<peer>, 3> workers;
    for (auto& each : workers) each.emplace("worker", arguments{called});
    for (int count = 0; count < kills; ++count) {
      std::optional<peer>& victim = workers[static_cast<std::size_t>(count) % workers.size()];
      victim->expect("ready");
      const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(300));
      while (std::chrono::steady_clock::now() < instant) {
      }
      victim->kill();
      REQUIRE(victim->wait() == peer::killed);  // 1: it was stuck, or found another inside
      victim.emplace("worker", arguments{called});
    }
    for (auto& each : workers) each->expect("ready");  // whoever is stuck ends with 1 after 8 s
    const std::uint64_t before = counters->first;
    while (counters->first < before + 1'000) take_a_turn(lockable, counters, this_process_id());
    for (auto& each : workers) {
      each->kill();
      REQUIRE(each->wait() == peer::killed);
    }
    take_a_turn(lockable, counters, this_process_id());
    std::cout << kills << " kills, " << counters->deaths << " of a holder, " << counters->first << " turns\n";
    CHECK(counters->unspoken == 0);
    CHECK(counters->first == counters->second);
    CHECK(counters->deaths > 0);
    CHECK(counters->deaths <= static_cast<std::uint64_t>(kills) + workers.size());  // none was told twice
  }
  CHECK(runtime_files(called).empty());
}

}  // namespace

TEST_CASE("mutex kill: random kills of three workers") {
  time_limit(150s);
  kill_workers(rounds(1'000, 5'000), 1);
}
