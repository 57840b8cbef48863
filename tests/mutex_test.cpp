// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/mutex.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/pair_of_counters.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

VIADUCT_ROLE(holder, args) {
  auto mutex = must(viaduct::mutex::open(args.at(0), 5s));
  const auto lock = must(mutex.lock(5s));
  role::say("locked");
  role::expect("end");
  return 0;
}

VIADUCT_ROLE(waiter, args) {
  auto mutex = must(viaduct::mutex::open_or_create(args.at(0), 5s));
  role::say("ready");
  const auto lock = must(mutex.lock(5s));
  role::say(lock.owner_died() ? "dirty" : "clean");
  return 0;
}

VIADUCT_ROLE(counts, args) {
  auto mutex = must(viaduct::mutex::open(args.at(0), 5s));
  shared_counters counters(args.at(0));
  role::say("ready");
  for (int count = std::stoi(args.at(1)); count > 0; --count) {
    const auto lock = must(mutex.lock(8s));
    (void)counters.inspect(lock.owner_died());
    counters->first = counters->first + 1;
    counters->second = counters->second + 1;
  }
  return 0;
}

// Its locking thread has ended, and it lives on.
VIADUCT_ROLE(forgetful, args) {
  auto mutex = must(viaduct::mutex::open(args.at(0), 5s));
  std::optional<mutex_lock> forgotten;
  std::thread([&] { forgotten.emplace(must(mutex.lock(5s))); }).join();
  role::say("locked");
  role::expect("end");
  return 0;
}

}  // namespace

TEST_CASE("mutex: one holder at a time") {
  auto mutex = must(viaduct::mutex::open_or_create(unique_name(), 5s));
  auto lock = must(mutex.lock(deadline::now()));
  CHECK(lock.owns());
  CHECK_FALSE(lock.owner_died());
  CHECK(outcome(lock.unlock()) == success);
  CHECK_FALSE(lock.owns());
  CHECK(outcome(lock.unlock()) == errc::not_owner);
  CHECK(outcome(mutex.lock(deadline::now())) == success);
}

TEST_CASE("mutex: taking it again on the same thread is a deadlock, at once, through any object of that name") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  auto same = must(mutex::open(called, deadline::now()));
  const auto lock = must(mutex.lock(deadline::never()));
  CHECK(outcome(mutex.lock(deadline::never())) == errc::deadlock);
  CHECK(outcome(same.lock(deadline::never())) == errc::deadlock);
}

TEST_CASE("mutex: another thread waits until its deadline, and is told whom for") {
  auto mutex = must(viaduct::mutex::create(unique_name()));
  const auto lock = must(mutex.lock(deadline::never()));
  std::thread other([&] {
    const auto refused = mutex.lock(20ms);
    CHECK(outcome(refused) == errc::timed_out);
    CHECK(std::string(refused.error().hint()).find("held by process") == 0);
    CHECK(outcome(mutex.lock(deadline::now())) == errc::timed_out);
    CHECK(outcome(mutex.lock(-1s)) == errc::timed_out);
  });
  other.join();
}

TEST_CASE("mutex: another process waits, and gets it when it is free") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  auto lock = must(mutex.lock(deadline::never()));
  peer waiter("waiter", {called});
  waiter.expect("ready");
  CHECK(outcome(lock.unlock()) == success);
  waiter.expect("clean");
  CHECK(waiter.wait() == 0);
}

TEST_CASE("mutex: the death of its holder is told to everybody until somebody has repaired") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  peer holder("holder", {called});
  holder.expect("locked");
  holder.kill();
  {
    auto lock = must(mutex.lock(5s));
    CHECK(lock.owner_died());
  }
  peer told("waiter", {called});
  told.expect("ready");
  told.expect("dirty");
  CHECK(told.wait() == 0);
  {
    auto lock = must(mutex.lock(5s));
    CHECK(lock.owner_died());
    CHECK(outcome(lock.repaired()) == success);
    CHECK_FALSE(lock.owner_died());
  }
  CHECK_FALSE(must(mutex.lock(5s)).owner_died());
}

TEST_CASE("mutex: a lock outlives its mutex object") {
  const std::string called = unique_name();
  auto other = must(mutex::create(called));
  {
    auto mutex = must(viaduct::mutex::open(called, 5s));
    auto lock = must(mutex.lock(5s));
    mutex.close();
    CHECK(outcome(mutex.lock(5s)) == errc::closed);
    std::thread([&] { CHECK(outcome(other.lock(deadline::now())) == errc::timed_out); }).join();
    CHECK(outcome(lock.unlock()) == success);
  }
  CHECK(outcome(other.lock(deadline::now())) == success);
}

TEST_CASE("mutex: no turn is lost between processes and threads") {
  time_limit(60s);
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  shared_counters counters(called);
  const int turns = rounds(100'000, 1'000'000);
  std::vector<peer> others;
  for (int index = 0; index < 3; ++index) others.emplace_back("counts", arguments{called, std::to_string(turns)});
  for (peer& each : others) each.expect("ready");
  std::vector<std::thread> threads;
  for (int index = 0; index < 2; ++index) {
    threads.emplace_back([&] {
      for (int count = 0; count < turns; ++count) {
        const auto lock = must(mutex.lock(deadline::never()));
        counters->first = counters->first + 1;
        counters->second = counters->second + 1;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  for (peer& each : others) CHECK(each.wait() == 0);
  CHECK(counters->first == static_cast<std::uint64_t>(turns) * 5);
  CHECK(counters->second == counters->first);
  CHECK(counters->unspoken == 0);
}

TEST_CASE("mutex: waiters that give up leave nobody asleep") {
  time_limit(60s);
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> given_up{0};
  std::vector<std::thread> impatient;
  for (int index = 0; index < 2; ++index) {
    impatient.emplace_back([&] {
      while (!stop) {
        const auto lock = mutex.lock(20us);
        if (lock.has_error()) ++given_up;
      }
    });
  }
  for (int count = 0; count < rounds(5'000, 200'000); ++count) must(mutex.lock(8s));
  stop = true;
  for (std::thread& each : impatient) each.join();
  CHECK(outcome(mutex.lock(deadline::now())) == success);
}

TEST_CASE("mutex: the forms of deadlines") {
  auto mutex = must(viaduct::mutex::create(unique_name()));
  for (const deadline& past : past_deadlines()) CHECK(outcome(mutex.lock(past)) == success);  // it is free
  auto held = std::optional(must(mutex.lock(deadline::now())));
  std::thread([&] {
    for (const deadline& past : past_deadlines()) CHECK(outcome(mutex.lock(past)) == errc::timed_out);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(outcome(mutex.lock(20ms)) == errc::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  }).join();
  for (const deadline& endless : endless_deadlines()) {
    std::atomic<bool> inside{false};
    companion other([&] {
      inside = true;
      CHECK(outcome(mutex.lock(endless)) == success);
    });
    while (!inside) std::this_thread::yield();
    held.reset();
    other.join();
    held.emplace(must(mutex.lock(deadline::never())));
  }
}

TEST_CASE("mutex: a dead holder is found also by who does not wait") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  for (const deadline& past : past_deadlines()) {
    peer holder("holder", {called});
    holder.expect("locked");
    holder.kill();
    CHECK(holder.wait() == peer::killed);
    auto lock = must(mutex.lock(past));
    CHECK(lock.owner_died());
    must(lock.repaired());
  }
}

TEST_CASE("mutex: the death of a holder reaches who sleeps already") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  peer holder("holder", {called});
  holder.expect("locked");
  std::atomic<bool> inside{false};
  bool told = false;
  companion waiter([&] {
    inside = true;
    told = must(mutex.lock(deadline::never())).owner_died();
  });
  while (!inside) std::this_thread::yield();
  holder.kill();
  waiter.join();
  CHECK(told);
}

TEST_CASE("mutex: a thread that ends does not unlock, the end of its process does") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  peer holder("forgetful", {called});
  holder.expect("locked");
  CHECK(outcome(mutex.lock(100ms)) == errc::timed_out);
  holder.kill();
  CHECK(must(mutex.lock(8s)).owner_died());
}

TEST_CASE("mutex: a lock moves, also to another thread, and unlocks once") {
  auto mutex = must(viaduct::mutex::create(unique_name()));
  auto first = must(mutex.lock(deadline::now()));
  auto second = std::move(first);
  CHECK_FALSE(first.owns());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(outcome(first.unlock()) == errc::not_owner);
  CHECK(outcome(first.repaired()) == errc::not_owner);
  CHECK(second.owns());
  std::thread([lock = std::move(second)]() mutable { CHECK(outcome(lock.unlock()) == success); }).join();
  auto third = must(mutex.lock(deadline::now()));
  auto other = must(viaduct::mutex::create(unique_name()));
  auto fourth = must(other.lock(deadline::now()));
  fourth = std::move(third);  // gives back what it had
  CHECK(outcome(other.lock(deadline::now())) == success);
  CHECK(outcome(mutex.lock(deadline::now())) == errc::deadlock);
}

TEST_CASE("mutex: objects say what they are not") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  CHECK_FALSE(mutex.native_name().empty());
  auto moved = std::move(mutex);
  CHECK(outcome(mutex.lock(1s)) == errc::closed);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(mutex.native_name().empty());
  CHECK(moved.is_open());
  moved.close();
  moved.close();
  CHECK_FALSE(moved.is_open());
  CHECK(outcome(moved.lock(1s)) == errc::closed);
  CHECK(outcome(viaduct::mutex::open(called, deadline::now())) == errc::not_found);
}

TEST_CASE("mutex: names") {
  const std::string called = unique_name();
  CHECK(outcome(mutex::open(called, deadline::now())) == errc::not_found);
  CHECK(outcome(mutex::remove(called)) == errc::not_found);
  {
    auto mutex = must(viaduct::mutex::create(called));
    CHECK(outcome(mutex::create(called)) == errc::already_exists);
    CHECK(outcome(mutex::remove(called)) == errc::already_exists);
    CHECK(outcome(mutex::open_or_create(called, deadline::now())) == success);
  }
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("\xff"), std::string(256, 'x')}) {
    CHECK(outcome(mutex::create(bad)) == errc::name_invalid);
    CHECK(outcome(mutex::open(bad, deadline::now())) == errc::name_invalid);
    CHECK(outcome(mutex::open_or_create(bad, deadline::now())) == errc::name_invalid);
    CHECK(outcome(mutex::remove(bad)) == errc::name_invalid);
  }
  CHECK(outcome(mutex::open(name::native("/x"), deadline::now())) == errc::not_supported);
  CHECK(outcome(mutex::open(name::of(stranger(), called), deadline::now())) == errc::access_denied);
}

TEST_CASE("mutex: what killed processes left is taken over, and can be removed") {
  const std::string called = unique_name();
  {
    auto mutex = std::optional(must(viaduct::mutex::create(called)));
    peer holder("holder", {called});
    holder.expect("locked");
    mutex.reset();
    holder.kill();
    CHECK(holder.wait() == peer::killed);
  }
  CHECK(outcome(mutex::open(called, deadline::now())) == errc::not_found);
  {
    auto fresh = must(mutex::open_or_create(called, deadline::now()));  // another object: free and clean
    CHECK_FALSE(must(fresh.lock(deadline::now())).owner_died());
  }
  {
    peer holder("waiter", {called});
    holder.expect("ready");
    holder.expect("clean");
    CHECK(holder.wait() == 0);
  }
  CHECK(outcome(mutex::remove(called)) == errc::not_found);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("mutex: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        auto mutex = must(viaduct::mutex::create(unique_name()));
        const auto lock = must(mutex.lock(5s));
        mutex.close();
      },
      5));
}
