// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call of condition, permit_pool, shared_mutex and barrier fails; see support/fault_scenarios.hpp.
#include <chrono>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/fault_scenarios.hpp"
#include "support/names.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

/// A wait that is to end by its deadline.
template <class Result>
result<void> unless_timed_out(const Result& ended) {
  if (ended.has_error() && ended.error() != errc::timed_out) return ended.error();
  return {};
}

/// Making an object of a kind, opening it, and whichever comes first: afterwards the name works.
template <class Create, class Open, class Either>
void fail_making(Create&& create, Open&& open, Either&& either) {
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    (void)made([&] { return create(called); });
    CHECK(outcome(create(called)) == success);
  });
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    const auto first = must(create(called));
    (void)made([&] { return open(called); });
    CHECK(outcome(open(called)) == success);
  });
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    (void)made([&] { return either(called); });
    CHECK(outcome(either(called)) == success);
  });
}

TEST_CASE("faults: making conditions") {
  fail_making([](const std::string& called) { return condition::create(called); },
              [](const std::string& called) { return condition::open(called, 1s); },
              [](const std::string& called) { return condition::open_or_create(called, 1s); });
}

TEST_CASE("faults: making permit pools") {
  fail_making([](const std::string& called) { return permit_pool::create(called, 4); },
              [](const std::string& called) { return permit_pool::open(called, 1s); },
              [](const std::string& called) { return permit_pool::open_or_create(called, 4, 1s); });
}

TEST_CASE("faults: making shared mutexes") {
  fail_making([](const std::string& called) { return shared_mutex::create(called); },
              [](const std::string& called) { return shared_mutex::open(called, 1s); },
              [](const std::string& called) { return shared_mutex::open_or_create(called, 1s); });
}

TEST_CASE("faults: making barriers") {
  fail_making([](const std::string& called) { return barrier::create(called, 4); },
              [](const std::string& called) { return barrier::open(called, 1s); },
              [](const std::string& called) { return barrier::open_or_create(called, 4, 1s); });
}

TEST_CASE("faults: waiting for a condition") {
  auto protects = must(mutex::create(unique_name()));
  auto changed = must(condition::create(unique_name()));
  fail_each_call([&](attempt& made) {
    auto lock = must(protects.lock(5s));
    (void)made([&] { return unless_timed_out(changed.wait(lock, [] { return false; }, 1ms)); });
    if (lock.owns()) must(lock.unlock());
    CHECK(outcome(protects.lock(5s)) == success);
  });
}

TEST_CASE("faults: waiting for a permit") {
  auto pool = must(permit_pool::create(unique_name(), 1));
  fail_each_call([&](attempt& made) {
    const auto held = must(pool.acquire(5s));
    (void)made([&] { return unless_timed_out(pool.acquire(1ms)); });
  });
  CHECK(pool.available() == 1);
}

TEST_CASE("faults: waiting for a shared mutex") {
  auto both = must(shared_mutex::create(unique_name()));
  fail_each_call([&](attempt& made) {
    const auto reader = must(both.lock_shared(5s));
    (void)made([&] { return unless_timed_out(both.lock(1ms)); });
  });
  fail_each_call([&](attempt& made) {
    auto writer = must(both.lock(5s));
    std::thread([&] { (void)made([&] { return unless_timed_out(both.lock_shared(1ms)); }); }).join();
  });
  CHECK(outcome(both.lock(deadline::now())) == success);
}

TEST_CASE("faults: waiting at a barrier") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto mine = must(barrier::create(called, 2));
    auto other = must(barrier::open(called, 5s));
    (void)made([&] { return unless_timed_out(mine.arrive_and_wait(1ms)); });
    CHECK(outcome(other.arrive_and_wait(5s)) == success);
    CHECK(outcome(mine.arrive_and_wait(5s)) == success);
  });
}

}  // namespace
}  // namespace viaduct::test
