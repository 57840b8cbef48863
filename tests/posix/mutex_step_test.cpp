// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A process is killed at every single instruction of: lock, change two counters, unlock. Whatever the instruction, the next
// one gets the lock, and finds the counters equal or has been told of the death.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include "common/lock_word.hpp"
#include "common/shared_object.hpp"
#include "posix/stepped.hpp"
#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/pair_of_counters.hpp"
#include "support/watchdog.hpp"
#include "viaduct/mutex.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

#if VIADUCT_CAN_STEP

namespace {

/// The lock's word, to see what its waiters see.
class view_of_word {
 public:
  explicit view_of_word(const std::string& called) {
    const name what(called);
    detail::timer wait(8s);
    const auto request =
        detail::request_for<detail::shared_object<detail::lock_words>>(backend::object_kind::mutex, what);
    object_.emplace(detail::make_label(called), must(detail::open_object(request, wait)));
  }
  [[nodiscard]] std::uint64_t read() const { return object_->words().word.load(); }
  /// As mutex::lock(never()), but outside the graph of waiters, whose walks would be thousands of instructions.
  void lock() const {
    detail::lock_word plain(object_->words(), object_->members(), object_->self);
    detail::timer endless(deadline::never());
    detail::lock_word::blocker ignored;
    if (!plain.try_clean()) (void)must(plain.acquire(endless, ignored));
  }

 private:
  std::optional<detail::shared_object<detail::lock_words>> object_;
};

/// The child's part, up to its first stop. The first turn binds all symbols.
struct actor_part {
  explicit actor_part(const std::string& called) : lockable(must(mutex::open(called, 8s))), counters(called) {
    {
      const auto lock = must(lockable.lock(8s));
    }
    counters->first = counters->first + 0;
    stepped::be_traced();
  }
  void change() {
    counters->first = counters->first + 1;
    counters->second = counters->second + 1;
  }
  mutex lockable;
  shared_counters counters;
};

/// A waiter in this process; told: what it learned of a death.
struct sleeping_waiter {
  sleeping_waiter(mutex& lockable, shared_counters& counters, const view_of_word& word)
      : thread([&] {
          file = this_thread_file();
          begun = true;
          auto lock = must(lockable.lock(8s));
          if (counters.inspect(lock.owner_died())) must(lock.repaired());
        }) {
    while (!begun) std::this_thread::yield();
    while ((word.read() & detail::lock_word::contended) == 0 || !is_asleep(file)) std::this_thread::yield();
  }
  std::filesystem::path file;
  std::atomic<bool> begun{false};
  companion thread;
};

struct tally {
  int points = 0;
  std::uint64_t deaths = 0;
};

void inspect_after(mutex& lockable, shared_counters& counters) {
  auto lock = must(lockable.lock(8s));
  if (counters.inspect(lock.owner_died())) must(lock.repaired());
}

}  // namespace

TEST_CASE("mutex step: killed at every instruction of lock, two changes, unlock") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  int points = 0;
  for (bool more = true; more; ++points) {
    stepped child([&] {
      actor_part actor(called);
      auto lock = must(actor.lockable.lock(deadline::never()));
      actor.change();
      (void)lock.unlock();
      stepped::stop_here();
    });
    more = child.step(points);
    child.kill();
    inspect_after(lockable, counters);
  }
  std::cout << points << " points, " << counters->deaths << " times a holder died, " << counters->first << " changes\n";
  CHECK(counters->unspoken == 0);
  CHECK(points > 40);
  CHECK(counters->deaths > 0);
  CHECK(counters->deaths < static_cast<std::uint64_t>(points));
}

TEST_CASE("mutex step: killed at every instruction of the rest, while somebody sleeps behind it") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  const view_of_word word(called);
  int points = 0;
  const int stride = backend::has_address_waits() ? 1 : 11;  // ringing a bell is long
  for (bool more = true; more; points += stride) {
    stepped child([&] {
      actor_part actor(called);
      auto lock = must(actor.lockable.lock(deadline::never()));
      stepped::stop_here();
      actor.change();
      (void)lock.unlock();
      stepped::stop_here();
    });
    child.go_on();
    REQUIRE(child.is_stopped());
    sleeping_waiter waiter(lockable, counters, word);
    more = child.step(points);
    child.kill();
    waiter.thread.join();
    inspect_after(lockable, counters);
  }
  std::cout << points << " points, " << counters->deaths << " times a holder died, " << counters->first << " changes\n";
  CHECK(counters->unspoken == 0);
  CHECK(points > 40);
  CHECK(counters->deaths > 0);
}

TEST_CASE("mutex step: killed at every instruction of taking over from the dead") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  const int stride = rounds(23, 1);
  int points = 0;
  for (bool more = true; more; points += stride) {
    {
      stepped dying([&] {
        actor_part actor(called);
        auto lock = must(actor.lockable.lock(deadline::never()));
        actor.counters->first = actor.counters->first + 1;
        stepped::stop_here();
      });
      dying.go_on();
      REQUIRE(dying.is_stopped());
    }
    stepped heir([&] {
      auto mine = must(mutex::open(called, 8s));
      stepped::be_traced();
      auto lock = must(mine.lock(deadline::now()));
      stepped::stop_here();
    });
    more = heir.step(points);
    heir.kill();
    const std::uint64_t deaths = counters->deaths;
    inspect_after(lockable, counters);
    REQUIRE(counters->deaths == deaths + 1);  // repaired() was not called: told again
  }
  std::cout << points / stride << " points up to instruction " << points << "\n";
  CHECK(counters->unspoken == 0);
}

// A waiter looks for itself after a while, so that a wake-up it lost does not show otherwise.
TEST_CASE("mutex step: unlocked at every instruction between two sleeps of a waiter, it does not sleep on") {
  VIADUCT_NEEDS(backend::has_address_waits(), "address waits");
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  int points = 0;
  int lost = 0;
  for (bool more = true; more; ++points) {
    auto held = must(lockable.lock(deadline::never()));
    stepped waiter([&] {
      const view_of_word mine(called);
      stepped::be_traced();
      mine.lock();
      stepped::stop_here();
    });
    do {
      REQUIRE(waiter.go_to_system_call());
    } while (!waiter.has_overslept());
    for (int left = points; left > 0 && more; --left) {
      REQUIRE(waiter.step(1));
      more = !waiter.is_about_to_sleep();
    }
    must(held.unlock());
    while (waiter.go_to_system_call()) lost += waiter.has_overslept() ? 1 : 0;
    waiter.kill();
    must(must(lockable.lock(8s)).repaired());
  }
  std::cout << points << " points\n";
  CHECK(points > 40);
  CHECK(lost == 0);
}

#else

TEST_CASE("mutex step: killed at every instruction") { VIADUCT_SKIP("needs single steps of an x86-64 Linux process"); }

#endif
