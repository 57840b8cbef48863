// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What locks, counters and posts cost, counted: system calls that pass the seam, and allocations. Without waiting neither; a
// wait is one call for each time it sleeps, and so is waking.
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include "posix/call_count.hpp"
#include "posix/system.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/barrier.hpp"
#include "viaduct/condition.hpp"
#include "viaduct/mutex.hpp"
#include "viaduct/notification.hpp"
#include "viaduct/permit_pool.hpp"
#include "viaduct/semaphore.hpp"
#include "viaduct/shared_mutex.hpp"

#if VIADUCT_FAULT_INJECTION

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// Neither, once the action has been done for a first time. No CHECK in the action: it may allocate.
template <class Action>
void check_free(Action&& action) {
  action();
  std::uint64_t allocated = 1;
  CHECK(calls_during([&] { allocated = allocations_during(action); }) == 0);
  CHECK(allocated == 0);
}

/// One call for each sleep of who looks for the dead after 2 ms, and then every 50 ms. The look itself makes none here, for
/// whoever is waited for is this process.
void check_wait(const wait_cost& found, int calls_after_waking = 0) {
  const int sleeps = found.took < 2ms ? 1 : 2 + static_cast<int>((found.took - 2ms) / 50ms);
  CHECK(found.waiting >= 1 + calls_after_waking);
  CHECK(found.waiting <= sleeps + calls_after_waking);
  CHECK(found.waking == 1);
  CHECK(found.allocated == 0);
}
/// Of who looks for nobody.
void check_plain_wait(const wait_cost& found) {
  CHECK(found.waiting == 1);
  CHECK(found.waking == 1);
  CHECK(found.allocated == 0);
}

/// Another thread does `hold`; this one does `take`, and waits until the other lets go. What was taken so.
template <class Hold, class Take>
auto check_handing_over(Hold&& hold, Take&& take, int calls_after_waking = 0) {
  std::optional<decltype(take())> taken;
  const auto let_go = [](auto& held) { held.reset(); };
  check_wait(cost_of_wait([&] { return std::optional(hold()); }, [&] { taken.emplace(take()); }, let_go),
             calls_after_waking);
  return std::move(*taken);
}

/// Whoever first waits for 2 ms makes what finds deadlocks, for as long as the process has a mutex, or tries again after 50.
/// That is not counted.
void make_what_finds_deadlocks(mutex& lockable) {
  const mutex_lock held = must(lockable.lock(8s));
  std::thread([&] { CHECK(outcome(lockable.lock(160ms)) == errc::timed_out); }).join();
}

}  // namespace

TEST_CASE("a lock that nobody else wants needs no system call and no allocation") {
  mutex plain = must(mutex::create(unique_name()));
  shared_mutex shared = must(shared_mutex::create(unique_name()));
  for (const deadline until : {deadline::now(), deadline::never(), deadline(5s), deadline(1h)}) {
    check_free([&] { must(must(plain.lock(until)).unlock()); });
    check_free([&] { const mutex_lock held = must(plain.lock(until)); });
    check_free([&] { must(must(shared.lock(until)).unlock()); });
    check_free([&] { must(must(shared.lock_shared(until)).unlock()); });
    check_free([&] {
      const shared_lock one = must(shared.lock_shared(until));
      const shared_lock two = must(shared.lock_shared(until));
    });
  }
}

TEST_CASE("permits and posts that nobody waits for need no system call and no allocation") {
  semaphore slots = must(semaphore::create(unique_name(), 1, 1));
  permit_pool single = must(permit_pool::create(unique_name(), 1));
  permit_pool many = must(permit_pool::create(unique_name(), permit_pool::limit));
  notification news = must(notification::create(unique_name()));
  notification_watcher watcher = must(news.watch());
  for (const deadline until : {deadline::now(), deadline::never(), deadline(5s), deadline(1h)}) {
    check_free([&] {
      must(slots.acquire(until));
      must(slots.release());
    });
    check_free([&] { must(must(single.acquire(until)).release()); });
    check_free([&] { const permit held = must(many.acquire(until)); });
    check_free([&] {
      must(news.post());
      (void)must(watcher.wait(until));
    });
  }
}

TEST_CASE("a condition that is true, or that nobody waits for, needs no system call and no allocation") {
  mutex lockable = must(mutex::create(unique_name()));
  condition changed = must(condition::create(unique_name()));
  for (const deadline until : some_deadlines) {
    check_free([&] {
      mutex_lock held = must(lockable.lock(until));
      must(changed.wait(held, [] { return true; }, until));
      must(changed.notify_one());
      must(changed.notify_all());
    });
  }
}

TEST_CASE("a barrier that all have reached needs no system call and no allocation") {
  const std::string called = unique_name();
  barrier first = must(barrier::create(called, 2));
  barrier second = must(barrier::open(called, 8s));
  barrier alone = must(barrier::create(unique_name(), 1));
  for (const deadline until : some_deadlines) {
    check_free([&] { must(alone.arrive_and_wait(until)); });
    errc early{};
    check_free([&] {
      early = outcome_code(first.arrive_and_wait(deadline::now()));
      must(second.arrive_and_wait(until));
      must(first.arrive_and_wait(until));
    });
    CHECK(early == errc::timed_out);  // and had arrived
  }
}

TEST_CASE("waiting for a lock is one system call for each sleep, and unlocking is one") {
  VIADUCT_NEEDS(posix::system::has_address_waits(), "address waits");
  VIADUCT_NEEDS(!this_thread().empty(), "a view of the process's threads");
  mutex plain = must(mutex::create(unique_name()));
  shared_mutex shared = must(shared_mutex::create(unique_name()));
  make_what_finds_deadlocks(plain);
  for (const deadline until : some_deadlines) {
    const auto lock = [&] { return must(plain.lock(until)); };
    const auto write = [&] { return must(shared.lock(until)); };
    const auto read = [&] { return must(shared.lock_shared(until)); };
    // Who has slept may have taken a wake-up that another needs, and hands it on: a call more, at the end.
    mutex_lock mine = check_handing_over(lock, lock);
    CHECK(calls_during([&] { must(mine.unlock()); }) == 1);
    exclusive_lock next = check_handing_over(write, write);
    CHECK(calls_during([&] { must(next.unlock()); }) == 1);
    shared_lock reader = check_handing_over(write, read, 1);
    CHECK(calls_during([&] { must(reader.unlock()); }) == 0);
    exclusive_lock last = check_handing_over(read, write);
    CHECK(calls_during([&] { must(last.unlock()); }) == 0);
  }
}

TEST_CASE("waiting for a permit or a post is one system call for each sleep, and so is waking") {
  VIADUCT_NEEDS(posix::system::has_address_waits(), "address waits");
  VIADUCT_NEEDS(!this_thread().empty(), "a view of the process's threads");
  semaphore slots = must(semaphore::create(unique_name(), 0, 1));
  permit_pool pool = must(permit_pool::create(unique_name(), 1));
  notification news = must(notification::create(unique_name()));
  notification_watcher watcher = must(news.watch());
  for (const deadline until : some_deadlines) {
    check_plain_wait(cost_of_wait([&] { must(slots.acquire(until)); }, [&] { must(slots.release()); }));
    check_plain_wait(cost_of_wait([&] { (void)must(watcher.wait(until)); }, [&] { must(news.post()); }));
    const auto take = [&] { return must(pool.acquire(until)); };
    permit mine = check_handing_over(take, take);
    CHECK(calls_during([&] { must(mine.release()); }) == 0);
  }
}

TEST_CASE("waiting for a condition or at a barrier is one system call for each sleep, and so is waking") {
  VIADUCT_NEEDS(posix::system::has_address_waits(), "address waits");
  VIADUCT_NEEDS(!this_thread().empty(), "a view of the process's threads");
  mutex lockable = must(mutex::create(unique_name()));
  condition changed = must(condition::create(unique_name()));
  make_what_finds_deadlocks(lockable);
  const std::string called = unique_name();
  barrier first = must(barrier::create(called, 2));
  barrier second = must(barrier::open(called, 8s));
  for (const deadline until : some_deadlines) {
    bool is_ready = false;
    const auto wait = [&] {
      mutex_lock held = must(lockable.lock(until));
      must(changed.wait(held, [&] { return is_ready; }, until));
    };
    const auto wake = [&] {
      {
        const mutex_lock held = must(lockable.lock(8s));
        is_ready = true;
      }
      must(changed.notify_one());
    };
    check_plain_wait(cost_of_wait(wait, wake));
    check_wait(cost_of_wait([&] { must(first.arrive_and_wait(until)); }, [&] { must(second.arrive_and_wait(8s)); }));
  }
}

#endif
