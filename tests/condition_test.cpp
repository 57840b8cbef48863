// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/condition.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/memory.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/shared_memory.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// A number that a mutex protects, and a condition that tells of its changes: by one name.
struct shared_number {
  explicit shared_number(const std::string& called)
      : memory(must(shared_memory::open_or_create(called, sizeof(int), 5s))),
        shown(must(memory.map())),
        protects(must(mutex::open_or_create(called, 5s))),
        changed(must(condition::open_or_create(called, 5s))) {}
  [[nodiscard]] int& value() { return *reinterpret_cast<int*>(shown.writable().data()); }

  shared_memory memory;
  mapping shown;
  viaduct::mutex protects;
  condition changed;
};

void set(shared_number& number, int value) {
  {
    mutex_lock lock = must(number.protects.lock(5s));
    number.value() = value;
    if (lock.owner_died()) must(lock.repaired());  // a waiter that was killed before it slept
  }
  must(number.changed.notify_all());
}

// Says when the number has reached each of the values it is asked for.
VIADUCT_ROLE(number_watcher, args) {
  shared_number number(args.at(0));
  mutex_lock lock = must(number.protects.lock(5s));
  for (int wanted = 1; wanted <= std::stoi(args.at(1)); ++wanted) {
    role::say("waiting");
    for (;;) {
      const auto reached = number.changed.wait(lock, [&] { return number.value() >= wanted; }, 8s);
      if (reached) break;
      VIADUCT_INSIST(outcome(reached) == errc::owner_died);
      must(lock.repaired());
    }
    VIADUCT_INSIST(lock.owns());
    role::say("seen " + std::to_string(wanted));
  }
  return 0;
}

VIADUCT_ROLE(number_holder, args) {
  shared_number number(args.at(0));
  const mutex_lock lock = must(number.protects.lock(5s));
  role::say("locked");
  role::expect("end");
  return 0;
}

}  // namespace

TEST_CASE("condition: true already does not wait") {
  shared_number number(unique_name());
  mutex_lock lock = must(number.protects.lock(5s));
  CHECK(outcome(number.changed.wait(lock, [] { return true; }, deadline::now())) == success);
  CHECK(lock.owns());
}

TEST_CASE("condition: a time-out has the lock, and asked the predicate last of all") {
  shared_number number(unique_name());
  mutex_lock lock = must(number.protects.lock(5s));
  int asked = 0;
  CHECK(outcome(number.changed.wait(lock, [&] { return ++asked < 0; }, 20ms)) == errc::timed_out);
  CHECK(asked >= 2);
  CHECK(lock.owns());
  CHECK(outcome(number.changed.wait(lock, [] { return false; }, deadline::now())) == errc::timed_out);
  CHECK(outcome(number.changed.wait(lock, [] { return false; }, -1s)) == errc::timed_out);
}

TEST_CASE("condition: a notification wakes every process that waits") {
  const std::string called = unique_name();
  shared_number number(called);
  constexpr int values = 5;
  std::vector<peer> watchers;
  for (int count = 0; count < 3; ++count)
    watchers.emplace_back("number_watcher", arguments{called, std::to_string(values)});
  for (int value = 1; value <= values; ++value) {
    for (peer& watcher : watchers) watcher.expect("waiting");
    set(number, value);
    for (peer& watcher : watchers) watcher.expect("seen " + std::to_string(value));
  }
  for (peer& watcher : watchers) CHECK(watcher.wait() == 0);
}

TEST_CASE("condition: killed waiters keep nothing from the others") {
  const std::string called = unique_name();
  shared_number number(called);
  for (int round = rounds(20, 1000); round > 0; --round) {
    set(number, 0);
    std::vector<peer> watchers;
    for (int count = 0; count < 3; ++count) watchers.emplace_back("number_watcher", arguments{called, "1"});
    for (peer& watcher : watchers) watcher.expect("waiting");
    watchers[0].kill();
    watchers[1].kill();
    set(number, 1);
    watchers[2].expect("seen 1");
    REQUIRE(watchers[2].wait() == 0);
  }
}

TEST_CASE("condition: the death of the lock's holder is told instead of running the predicate") {
  const std::string called = unique_name();
  shared_number number(called);
  peer holder("number_holder", {called});
  holder.expect("locked");
  std::atomic<int> asked{0};
  holder.kill();
  mutex_lock lock = must(number.protects.lock(5s));
  CHECK(lock.owner_died());
  const auto told = number.changed.wait(lock, [&] { return ++asked > 0; }, 5s);
  REQUIRE(outcome(told) == errc::owner_died);
  CHECK(told.error().hint().find("repaired()") != std::string_view::npos);
  CHECK(asked == 0);
  CHECK(lock.owns());
  must(lock.repaired());
  CHECK(outcome(number.changed.wait(lock, [&] { return ++asked > 0; }, 5s)) == success);
}

TEST_CASE("condition: a lock that does not come back in time is not owned") {
  const std::string called = unique_name();
  shared_number number(called);
  mutex_lock lock = must(number.protects.lock(5s));
  std::atomic<bool> ended{false};
  std::thread other([&] {
    const mutex_lock theirs = must(number.protects.lock(5s));  // while we sleep
    while (!ended) std::this_thread::yield();
  });
  const auto waited = number.changed.wait(lock, [] { return false; }, 100ms);
  ended = true;
  other.join();
  CHECK(outcome(waited) == errc::timed_out);
  CHECK_FALSE(lock.owns());
  CHECK(outcome(number.protects.lock(5s)) == success);
}

TEST_CASE("condition: without the lock there is nothing to wait under") {
  shared_number number(unique_name());
  mutex_lock lock = must(number.protects.lock(5s));
  must(lock.unlock());
  CHECK(outcome(number.changed.wait(lock, [] { return true; }, 5s)) == errc::not_owner);
}

TEST_CASE("condition: what the predicate throws goes through, with the lock held") {
  shared_number number(unique_name());
  mutex_lock lock = must(number.protects.lock(5s));
  CHECK_THROWS_AS(
      (void)number.changed.wait(lock, []() -> bool { throw std::logic_error("no"); }, 5s), std::logic_error);
  CHECK(lock.owns());
}

TEST_CASE("condition: bad names, closed objects, nothing left behind") {
  CHECK(outcome(condition::create("")) == errc::name_invalid);
  CHECK(outcome(condition::open(unique_name(), deadline::now())) == errc::not_found);
  CHECK(outcome(condition::remove(unique_name())) == errc::not_found);
  shared_number number(unique_name());
  mutex_lock lock = must(number.protects.lock(5s));
  number.changed.close();
  CHECK(outcome(number.changed.wait(lock, [] { return true; }, 5s)) == errc::closed);
  CHECK(outcome(number.changed.notify_one()) == errc::closed);
  CHECK_FALSE(leaves_something(
      [] {
        auto made = must(condition::create(unique_name()));
        must(made.notify_one());
      },
      5));
}

TEST_CASE("condition: without memory a lock that did not come back is left to whoever has it") {
  shared_number number(unique_name());
  fail_each_allocation([&](auto&& without_memory) {
    std::atomic<bool> has_ended{false};
    outcome unlocked{result<void>()};
    mutex_lock lock = must(number.protects.lock(5s));
    companion other([&] {
      mutex_lock taken = must(number.protects.lock(8s));
      while (!has_ended) std::this_thread::yield();
      unlocked = outcome(taken.unlock());
    });
    without_memory([&] { (void)number.changed.wait(lock, [] { return false; }, 30ms); });
    {
      const mutex_lock gone = std::move(lock);
    }
    has_ended = true;
    other.join();
    REQUIRE(unlocked == success);
  });
}

TEST_CASE("condition: guards that wait keep a closed mutex, whoever else had it meanwhile") {
  auto changed = must(condition::create(unique_name()));
  auto protects = must(mutex::create(unique_name()));
  std::atomic<int> inside{0};
  bool ready = false;
  std::vector<std::thread> waiters;
  for (int index = 0; index < 2; ++index) {
    waiters.emplace_back([&] {
      auto lock = must(protects.lock(5s));
      ++inside;
      CHECK(outcome(changed.wait(lock, [&] { return ready; }, 8s)) == success);
      CHECK(lock.owns());
      CHECK(outcome(lock.unlock()) == success);
    });
  }
  while (inside < 2) std::this_thread::yield();
  {
    auto lock = must(protects.lock(5s));  // both wait: they give it up only there
    ready = true;
    protects.close();
  }
  must(changed.notify_all());
  for (std::thread& each : waiters) each.join();
}
