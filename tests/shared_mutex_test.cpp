// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/shared_mutex.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
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

VIADUCT_ROLE(rw_reader, args) {
  auto mutex = must(shared_mutex::open(args.at(0), 5s));
  const shared_lock lock = must(mutex.lock_shared(5s));
  role::say(lock.owner_died() ? "dirty" : "clean");
  role::expect("end");
  return 0;
}

VIADUCT_ROLE(rw_writer, args) {
  auto mutex = must(shared_mutex::open(args.at(0), 5s));
  role::say("ready");
  const exclusive_lock lock = must(mutex.lock(8s));
  role::say(lock.owner_died() ? "dirty" : "clean");
  role::expect("end");
  return 0;
}

// Adds one to both of two numbers, as a writer, and compares them, as a reader, until it is killed.
VIADUCT_ROLE(rw_worker, args) {
  auto mutex = must(shared_mutex::open(args.at(0), 5s));
  auto memory = must(shared_memory::open(args.at(0), 5s));
  auto shown = must(memory.map());
  auto* const numbers = reinterpret_cast<volatile std::uint64_t*>(shown.writable().data());
  role::say("ready");
  for (std::uint64_t round = 0;; ++round) {
    if (round % 4 == 0) {
      exclusive_lock lock = must(mutex.lock(8s));
      if (lock.owner_died()) {
        numbers[1] = numbers[0];
        must(lock.repaired());
      }
      VIADUCT_INSIST(numbers[0] == numbers[1]);
      numbers[0] = numbers[0] + 1;
      numbers[1] = numbers[1] + 1;
    } else {
      const shared_lock lock = must(mutex.lock_shared(8s));
      VIADUCT_INSIST(lock.owner_died() || numbers[0] == numbers[1]);
    }
  }
}

}  // namespace

TEST_CASE("shared_mutex: many readers, or one writer") {
  const std::string called = unique_name();
  auto mutex = must(shared_mutex::create(called));
  auto other = must(shared_mutex::open(called, 5s));
  {
    const shared_lock one = must(mutex.lock_shared(deadline::now()));
    const shared_lock two = must(other.lock_shared(deadline::now()));
    CHECK(outcome(mutex.lock(deadline::now())) == errc::timed_out);
    const auto refused = mutex.lock(20ms);
    CHECK(outcome(refused) == errc::timed_out);
    CHECK(refused.error().hint().find("held by process") == 0);
  }
  const exclusive_lock alone = must(mutex.lock(deadline::now()));
  std::thread([&] {
    CHECK(outcome(other.lock_shared(deadline::now())) == errc::timed_out);
    CHECK(outcome(other.lock_shared(20ms)) == errc::timed_out);
    CHECK(outcome(other.lock(20ms)) == errc::timed_out);
  }).join();
}

TEST_CASE("shared_mutex: the writer's thread cannot take it again") {
  auto mutex = must(shared_mutex::create(unique_name()));
  const exclusive_lock lock = must(mutex.lock(5s));
  CHECK(outcome(mutex.lock(deadline::never())) == errc::deadlock);
  CHECK(outcome(mutex.lock_shared(deadline::never())) == errc::deadlock);
}

TEST_CASE("shared_mutex: a writer waits for the readers, and new readers for it") {
  const std::string called = unique_name();
  auto mutex = must(shared_mutex::create(called));
  peer reader("rw_reader", {called});
  reader.expect("clean");
  peer writer("rw_writer", {called});
  writer.expect("ready");
  // Once the writer is there, readers stay out.
  while (mutex.lock_shared(deadline::now())) std::this_thread::yield();
  reader.say("end");
  writer.expect("clean");
  CHECK(outcome(mutex.lock_shared(deadline::now())) == errc::timed_out);
  writer.say("end");
  CHECK(outcome(mutex.lock_shared(8s)) == success);
}

TEST_CASE("shared_mutex: a killed reader's place comes back, and spoils nothing") {
  const std::string called = unique_name();
  auto mutex = must(shared_mutex::create(called));
  peer reader("rw_reader", {called});
  reader.expect("clean");
  reader.kill();
  const exclusive_lock lock = must(mutex.lock(5s));
  CHECK_FALSE(lock.owner_died());
}

TEST_CASE("shared_mutex: a killed writer is told to readers and writers until repaired") {
  const std::string called = unique_name();
  auto mutex = must(shared_mutex::create(called));
  peer writer("rw_writer", {called});
  writer.expect("ready");
  writer.expect("clean");
  writer.kill();
  CHECK(must(mutex.lock_shared(5s)).owner_died());
  CHECK(must(mutex.lock_shared(5s)).owner_died());
  {
    exclusive_lock lock = must(mutex.lock(5s));
    CHECK(lock.owner_died());
    must(lock.repaired());
  }
  CHECK_FALSE(must(mutex.lock_shared(5s)).owner_died());
  CHECK_FALSE(must(mutex.lock(5s)).owner_died());
}

TEST_CASE("shared_mutex: workers killed at random never leave a half change unnoticed") {
  time_limit(30s);
  const std::string called = unique_name();
  auto mutex = must(shared_mutex::create(called));
  auto memory = must(shared_memory::create(called, 2 * sizeof(std::uint64_t)));
  std::vector<peer> workers;
  for (int count = 0; count < 3; ++count) {
    workers.emplace_back("rw_worker", arguments{called});
    workers.back().expect("ready");
  }
  for (int round = rounds(60, 1500); round > 0; --round) {
    peer& victim = workers[static_cast<std::size_t>(round) % workers.size()];
    victim.kill();
    REQUIRE(victim.wait() == peer::killed);
    victim = peer("rw_worker", arguments{called});
    victim.expect("ready");
    REQUIRE(mutex.lock_shared(8s));
  }
}

TEST_CASE("shared_mutex: 256 readers at once") {
  auto mutex = must(shared_mutex::create(unique_name()));
  std::vector<shared_lock> readers;
  for (int count = 0; count < 256; ++count) readers.push_back(must(mutex.lock_shared(deadline::now())));
  CHECK(outcome(mutex.lock_shared(deadline::now())) == errc::limit_reached);
  readers.pop_back();
  CHECK(outcome(mutex.lock_shared(deadline::now())) == success);
}

TEST_CASE("shared_mutex: a writer that gave up keeps nobody out, also without memory to say why") {
  auto mutex = must(shared_mutex::create(unique_name()));
  fail_each_allocation([&](auto&& without_memory) {
    {
      const shared_lock reader = must(mutex.lock_shared(5s));
      without_memory([&] { (void)mutex.lock(1ms); });
    }
    REQUIRE(outcome(mutex.lock(deadline::now())) == success);
  });
}

TEST_CASE("shared_mutex: misuse, bad names, nothing left behind") {
  CHECK(outcome(shared_mutex::create("")) == errc::name_invalid);
  CHECK(outcome(shared_mutex::open(unique_name(), deadline::now())) == errc::not_found);
  auto mutex = must(shared_mutex::create(unique_name()));
  shared_lock reader = must(mutex.lock_shared(5s));
  must(reader.unlock());
  CHECK(outcome(reader.unlock()) == errc::not_owner);
  exclusive_lock writer = must(mutex.lock(5s));
  mutex.close();
  CHECK(outcome(mutex.lock(5s)) == errc::closed);
  CHECK(outcome(writer.unlock()) == success);
  CHECK(outcome(writer.unlock()) == errc::not_owner);
  CHECK(outcome(writer.repaired()) == errc::not_owner);
  CHECK_FALSE(leaves_something(
      [] {
        auto made = must(shared_mutex::create(unique_name()));
        const shared_lock lock = must(made.lock_shared(5s));
      },
      5));
}
