// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the first mistakes with memory and locks are answered with: each hint must say what to do.
#include <string>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/shared_heap.hpp"
#include "viaduct/viaduct.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// The hint of what was refused with this code.
template <class Value>
std::string hint_of(const result<Value>& refused, errc code) {
  REQUIRE(refused.has_error());
  REQUIRE(refused.error() == code);
  return std::string(refused.error().hint());
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("hint: what is opened before anybody has made it") {
  const std::string called = unique_name();
  constexpr std::string_view advice = "was it made, as this user and with the same VIADUCT_RUNTIME_DIR?";
  CHECK(has(hint_of(shared_memory::open(called, deadline::now()), errc::not_found), advice));
  CHECK(has(hint_of(mutex::open(called, deadline::now()), errc::not_found), advice));
  CHECK(has(hint_of(shared_mutex::open(called, 5ms), errc::not_found), advice));
  CHECK(has(hint_of(notification::open(called, 5ms), errc::not_found), advice));
}

TEST_CASE("hint: what exists already, made by this very process or with another number") {
  const std::string called = unique_name();
  const auto semaphore = must(viaduct::semaphore::create(called, 0, 3));
  CHECK(has(hint_of(viaduct::semaphore::create(called, 0, 3), errc::already_exists), ", this one"));
  CHECK(hint_of(viaduct::semaphore::open_or_create(called, 0, 5, 1s), errc::layout_mismatch) ==
        "it was made for 3, not for 5");
  const auto pool = must(permit_pool::create(called, 2));
  CHECK(hint_of(permit_pool::open_or_create(called, 1, 1s), errc::layout_mismatch) == "it was made for 2, not for 1");
}

TEST_CASE("hint: what was closed or let go of before") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  auto lock = must(mutex.lock(1s));
  must(lock.unlock());
  CHECK(has(hint_of(lock.unlock(), errc::not_owner), "unlocked"));
  CHECK(has(hint_of(lock.repaired(), errc::not_owner), "unlocked"));
  mutex.close();
  CHECK(has(hint_of(mutex.lock(1s), errc::closed), "closed or moved from"));

  auto pool = must(permit_pool::create(called, 1));
  auto permit = must(pool.acquire(1s));
  must(permit.release());
  CHECK(has(hint_of(permit.release(), errc::not_owner), "given back"));

  auto shared = must(shared_mutex::create(called));
  auto reading = must(shared.lock_shared(1s));
  must(reading.unlock());
  CHECK(has(hint_of(reading.unlock(), errc::not_owner), "unlocked"));
}

TEST_CASE("hint: a condition says which of its calls it was, and that it needs the lock") {
  const std::string called = unique_name();
  auto mutex = must(viaduct::mutex::create(called));
  auto condition = must(viaduct::condition::create(called));
  auto lock = must(mutex.lock(1s));
  must(lock.unlock());
  CHECK(has(hint_of(condition.wait(lock, [] { return true; }, 1s), errc::not_owner), "mutex::lock()"));
  condition.close();
  CHECK(condition.notify_one().error().operation() == "condition::notify_one");
  CHECK(condition.notify_all().error().operation() == "condition::notify_all");
}

TEST_CASE("hint: memory that can only be read, and names in a heap that are taken") {
  const auto memory = must(shared_memory::create_anonymous(100, writers::creator));
  const auto reading = memory.read_only();
  if (reading) {  // capability read_only_handles
    CHECK(has(hint_of(reading->map(), errc::access_denied), "access::read_only"));
  }
  const auto named = must(shared_memory::create(unique_name(), 10000));
  auto heap = must(shared_heap::create(named));
  must(heap.construct<int>("number", 1));
  CHECK(has(hint_of(heap.construct<int>("number", 2), errc::already_exists), "find_or_construct"));
}
