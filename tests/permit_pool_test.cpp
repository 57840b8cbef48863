// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/permit_pool.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
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

// Holds as many permits as it is told, until it is killed or told to end.
VIADUCT_ROLE(pool_holder, args) {
  auto pool = must(permit_pool::open(args.at(0), 5s));
  std::vector<permit> held;
  for (int count = std::stoi(args.at(1)); count > 0; --count) held.push_back(must(pool.acquire(5s)));
  role::say("held");
  role::expect("end");
  return 0;
}

VIADUCT_ROLE(pool_taker, args) {
  auto pool = must(permit_pool::open(args.at(0), 5s));
  role::say("ready");
  const permit one = must(pool.acquire(5s));
  role::say("taken");
  return 0;
}

}  // namespace

TEST_CASE("permit_pool: as many as there are, and no more") {
  auto pool = must(permit_pool::create(unique_name(), 3));
  std::vector<permit> held;
  for (int count = 0; count < 3; ++count) held.push_back(must(pool.acquire(deadline::now())));
  CHECK(pool.available() == 0);
  CHECK(outcome(pool.acquire(deadline::now())) == errc::timed_out);
  CHECK(outcome(pool.acquire(-1s)) == errc::timed_out);
  const auto refused = pool.acquire(20ms);
  CHECK(outcome(refused) == errc::timed_out);
  CHECK(refused.error().hint().find("one by process") != std::string_view::npos);
  held.pop_back();
  CHECK(pool.available() == 1);
  CHECK(outcome(pool.acquire(std::chrono::nanoseconds(std::numeric_limits<std::int64_t>::max()))) == success);
}

TEST_CASE("permit_pool: a permit is given back once") {
  auto pool = must(permit_pool::create(unique_name(), 1));
  permit one = must(pool.acquire(deadline::now()));
  permit moved = std::move(one);
  CHECK_FALSE(one.owns());  // NOLINT(bugprone-use-after-move)
  CHECK(outcome(one.release()) == errc::not_owner);
  CHECK(outcome(moved.release()) == success);
  CHECK(outcome(moved.release()) == errc::not_owner);
  CHECK(pool.available() == 1);
}

TEST_CASE("permit_pool: a permit outlives its pool, and may be given back from another thread") {
  const std::string called = unique_name();
  auto other = must(permit_pool::create(called, 1));
  auto pool = must(permit_pool::open(called, 5s));
  permit one = must(pool.acquire(5s));
  pool.close();
  CHECK(outcome(pool.acquire(5s)) == errc::closed);
  CHECK(outcome(other.acquire(deadline::now())) == errc::timed_out);
  std::thread([&] { CHECK(outcome(one.release()) == success); }).join();
  CHECK(outcome(other.acquire(deadline::now())) == success);
}

TEST_CASE("permit_pool: who waits gets what is given back") {
  const std::string called = unique_name();
  auto pool = must(permit_pool::create(called, 1));
  permit one = must(pool.acquire(5s));
  peer taker("pool_taker", {called});
  taker.expect("ready");
  CHECK(outcome(one.release()) == success);
  taker.expect("taken");
  CHECK(taker.wait() == 0);
}

TEST_CASE("permit_pool: the permits of a killed process come back") {
  const std::string called = unique_name();
  auto pool = must(permit_pool::create(called, 8));
  for (int round = rounds(20, 1000); round > 0; --round) {
    peer holder("pool_holder", {called, "3"});
    holder.expect("held");
    REQUIRE(pool.available() == 5);
    holder.kill();
    std::vector<permit> all;
    for (int count = 0; count < 8; ++count) all.push_back(must(pool.acquire(5s)));
    REQUIRE(outcome(pool.acquire(deadline::now())) == errc::timed_out);
    all.clear();
    REQUIRE(pool.available() == 8);
    CHECK(holder.wait() == peer::killed);
  }
}

TEST_CASE("permit_pool: a poll gets the permit of a process that has died") {
  const std::string called = unique_name();
  auto pool = must(permit_pool::create(called, 1));
  peer holder("pool_holder", {called, "1"});
  holder.expect("held");
  CHECK(outcome(pool.acquire(deadline::now())) == errc::timed_out);
  holder.kill();
  REQUIRE(holder.wait() == peer::killed);
  CHECK(outcome(pool.acquire(deadline::now())) == success);
}

TEST_CASE("permit_pool: what exists with another number is another pool") {
  const std::string called = unique_name();
  auto pool = must(permit_pool::create(called, 2));
  CHECK(outcome(permit_pool::create(called, 2)) == errc::already_exists);
  CHECK(outcome(permit_pool::open_or_create(called, 3, 5s)) == errc::layout_mismatch);
  CHECK(must(permit_pool::open_or_create(called, 2, 5s)).permits() == 2);
  CHECK(must(permit_pool::open(called, 5s)).permits() == 2);
}

TEST_CASE("permit_pool: bad arguments") {
  CHECK(outcome(permit_pool::create(unique_name(), 0)) == errc::invalid_argument);
  CHECK(outcome(permit_pool::create(unique_name(), 257)) == errc::invalid_argument);
  CHECK(outcome(permit_pool::create("", 1)) == errc::name_invalid);
  CHECK(outcome(permit_pool::create(std::string(300, 'x'), 1)) == errc::name_invalid);
  CHECK(outcome(permit_pool::create(name::native("x"), 1)) == errc::not_supported);
  CHECK(outcome(permit_pool::open(unique_name(), deadline::now())) == errc::not_found);
  CHECK(outcome(permit_pool::remove(unique_name())) == errc::not_found);
}

TEST_CASE("permit_pool: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        auto pool = must(permit_pool::create(unique_name(), 2));
        const permit one = must(pool.acquire(5s));
      },
      5));
}
