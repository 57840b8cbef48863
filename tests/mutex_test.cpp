// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/mutex.hpp"

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
#include "viaduct/shared_memory.hpp"

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

TEST_CASE("mutex: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        auto mutex = must(viaduct::mutex::create(unique_name()));
        const auto lock = must(mutex.lock(5s));
        mutex.close();
      },
      5));
}
