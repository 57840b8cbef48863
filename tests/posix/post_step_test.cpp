// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A process posts and releases, and is killed or overtaken by another at every single instruction of it.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "common/event_count.hpp"
#include "common/shared_object.hpp"
#include "posix/stepped.hpp"
#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/pair_of_counters.hpp"
#include "support/watchdog.hpp"
#include "viaduct/barrier.hpp"
#include "viaduct/notification.hpp"
#include "viaduct/semaphore.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

#if VIADUCT_CAN_STEP

namespace {

/// The words of a notification, to see whether somebody sleeps there.
class view_of_posts {
 public:
  explicit view_of_posts(const std::string& called) : object_(detail::make_label(called), open(called)) {}
  [[nodiscard]] bool is_awaited() const {
    const detail::event_words& words = object_.words();
    return words.armed.load() == words.count.load() + 1;
  }

 private:
  static detail::opened_object open(const std::string& called) {
    const name what(called);
    detail::timer wait(8s);
    using object = detail::shared_object<detail::event_words>;
    return must(detail::open_object(detail::request_for<object>(backend::object_kind::notification, what), wait));
  }
  detail::shared_object<detail::event_words> object_;
};

}  // namespace

TEST_CASE("post step: a poster killed at any instruction leaves nobody asleep after the next post") {
  time_limit(100s);
  const std::string called = unique_name();
  auto news = must(notification::create(called));
  const view_of_posts words(called);
  int points = 0;
  const int stride = backend::has_address_waits() ? 1 : 11;  // ringing a bell is long
  for (bool more = true; more; points += stride) {
    auto watcher = must(news.watch());
    std::filesystem::path thread;
    std::atomic<bool> begun{false};
    outcome woken{result<void>()};
    companion sleeper([&] {
      thread = this_thread_file();
      begun = true;
      woken = outcome(watcher.wait(8s));
    });
    while (!begun) std::this_thread::yield();
    while (!words.is_awaited() || !is_asleep(thread)) std::this_thread::yield();
    stepped poster([&] {
      auto mine = must(notification::open(called, 8s));
      stepped::be_traced();
      (void)mine.post();
      stepped::stop_here();
    });
    more = poster.step(points);
    poster.kill();
    must(news.post());
    sleeper.join();
    REQUIRE(woken == success);
  }
  std::cout << points << " points\n";
  CHECK(points > 20);
}

TEST_CASE("post step: a release that another overtakes at any instruction is not refused") {
  time_limit(100s);
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 0, 1));
  shared_counters done(called);
  int points = 0;
  for (bool more = true; more; ++points) {
    done->first = 0;
    stepped releasing([&] {
      auto mine = must(semaphore::open(called, 8s));
      shared_counters mark(called);
      mark->second = 1;
      stepped::be_traced();
      const auto released = mine.release();
      mark->first = released.has_value() ? 1 : 2;
      stepped::stop_here();
    });
    more = releasing.step(points);
    const bool was_first = slots.available() == 1;
    if (!was_first) {
      must(slots.release());
      must(slots.acquire(deadline::now()));
    }
    if (more) releasing.go_on();
    releasing.kill();
    REQUIRE(done->first == 1);
    must(slots.acquire(deadline::now()));
  }
  std::cout << points << " points\n";
  CHECK(points > 20);
}

TEST_CASE("post step: a releaser killed at any instruction leaves nobody asleep, even if the next finds it full") {
  time_limit(100s);
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 0, 1));
  int points = 0;
  int refusals = 0;
  const int stride = backend::has_address_waits() ? 1 : 11;
  for (bool more = true; more; points += stride) {
    std::filesystem::path thread;
    std::atomic<bool> begun{false};
    std::chrono::nanoseconds asleep{};
    companion sleeper([&] {
      thread = this_thread_file();
      begun = true;
      asleep = time_of([&] { must(slots.acquire(8s)); });  // at its deadline it looks once more
    });
    while (!begun) std::this_thread::yield();
    while (!is_asleep(thread)) std::this_thread::yield();
    stepped releasing([&] {
      auto mine = must(semaphore::open(called, 8s));
      stepped::be_traced();
      (void)mine.release();
      stepped::stop_here();
    });
    more = releasing.step(points);
    releasing.kill();
    if (!slots.release()) ++refusals;
    sleeper.join();
    REQUIRE(asleep < 6s);
    (void)slots.acquire(deadline::now());  // of the two releases
  }
  std::cout << points << " points, " << refusals << " refusals\n";
  CHECK(points > 20);
  CHECK(refusals > 0);
}

TEST_CASE("post step: a party that leaves after it has arrived breaks nothing, whoever looks at it meanwhile") {
  time_limit(100s);
  int points = 0;
  bool more = true;
  for (; more; points += 3) {
    const std::string called = unique_name();
    auto last = must(barrier::create(called, 3));
    auto leaves = must(barrier::open(called, 8s));
    shared_counters done(called);
    stepped looking([&] {
      auto mine = must(barrier::open(called, 8s));
      shared_counters mark(called);
      stepped::be_traced();
      const auto looked = mine.arrive_and_wait(deadline::now());
      mark->first = looked.has_value() || looked.error() == errc::timed_out ? 1 : 2;
      stepped::stop_here();
    });
    more = looking.step(points);
    CHECK(outcome(leaves.arrive_and_wait(deadline::now())) == errc::timed_out);
    leaves.close();
    if (more) looking.go_on();
    REQUIRE(done->first == 1);
    REQUIRE(outcome(last.arrive_and_wait(8s)) == success);
    looking.kill();
  }
  std::cout << points << " points\n";
  CHECK(points > 20);
}

TEST_CASE("post step: a party that goes after a reset is missed, whoever is in the middle of another reset") {
  time_limit(100s);
  int points = 0;
  bool more = true;
  for (; more; points += 3) {
    const std::string called = unique_name();
    auto waits = must(barrier::create(called, 4));
    auto goes_before = must(barrier::open(called, 8s));
    auto goes_after = must(barrier::open(called, 8s));
    shared_counters done(called);
    stepped resetting([&] {
      auto mine = must(barrier::open(called, 8s));
      shared_counters mark(called);
      stepped::be_traced();
      mark->first = mine.reset().has_value() ? 1 : 2;
      stepped::stop_here();
    });
    goes_before.close();
    more = resetting.step(points);
    must(waits.reset());
    CHECK(outcome(waits.arrive_and_wait(deadline::now())) == errc::timed_out);
    goes_after.close();
    if (more) resetting.go_on();
    REQUIRE(done->first == 1);
    REQUIRE(outcome(waits.arrive_and_wait(1s)) == errc::peer_died);
    resetting.kill();
  }
  std::cout << points << " points\n";
  CHECK(points > 20);
}

#else

TEST_CASE("post step: killed at every instruction") { VIADUCT_SKIP("needs single steps of an x86-64 Linux process"); }

#endif
