// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// fault_test.cpp for what waits in shared memory: mutex, semaphore, notification. After the fault a wake-up that it took is
// made good by the next call.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "common/lock_word.hpp"
#include "common/shared_object.hpp"
#include "support/catch.hpp"
#include "support/fault_scenarios.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

VIADUCT_ROLE(locks, args) {
  auto mutex = must(viaduct::mutex::open(args.at(0), 8s));
  const auto lock = must(mutex.lock(8s));
  role::say("locked");
  role::expect("end");
  return 0;
}

VIADUCT_ROLE(opens_all, args) {
  auto mutex = must(viaduct::mutex::create(args.at(0)));
  auto slots = must(semaphore::create(args.at(0), 1, 1));
  auto news = must(notification::create(args.at(0)));
  role::say("made");
  role::expect("end");
  return 0;
}

/// The lock, taken by a thread that has gone.
mutex_lock locked_elsewhere(mutex& which) {
  std::optional<mutex_lock> taken;
  std::thread([&] { taken.emplace(must(which.lock(8s))); }).join();
  return std::move(*taken);
}

/// Without a fault these waits end at their deadline, as they should.
template <class T>
result<void> in_time(const result<T>& waited) {
  if (waited.has_error() && !(waited.error() == errc::timed_out)) return waited.error();
  return {};
}

/// The shared words of an object, to see when somebody sleeps there.
template <class Words>
class words_of {
 public:
  words_of(backend::object_kind kind, const std::string& called) {
    const name what(called);
    detail::timer wait(8s);
    const auto request = detail::request_for<detail::shared_object<Words>>(kind, what);
    object_.emplace(detail::make_label(called), must(detail::open_object(request, wait)));
  }
  [[nodiscard]] Words& operator*() const { return object_->words(); }
  [[nodiscard]] Words* operator->() const { return &object_->words(); }

 private:
  std::optional<detail::shared_object<Words>> object_;
};

/// As in src/common/semaphore.cpp.
struct semaphore_words {
  detail::event_words released;
  alignas(64) std::atomic<std::uint64_t> acquired;
};

bool has_bell(const detail::event_words& words) {
  if (backend::has_address_waits()) return true;  // needs none
  return std::any_of(words.map.begin(), words.map.end(), [](const auto& group) { return group.load() != 0; });
}
bool is_awaited(const detail::event_words& words) { return words.armed.load() > words.woken.load() && has_bell(words); }

/// create, open and open_or_create of one kind, and the same once more after the fault.
template <class Create, class Open, class Either>
void fail_ways_in(Create create, Open open, Either open_or_create) {
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    {
      auto first = made([&] { return create(called); });
    }
    CHECK(outcome(create(called)) == success);
  });
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    auto there = must(create(called));
    {
      auto second = made([&] { return open(called, 30ms); });
    }
    CHECK(outcome(open(called, 1s)) == success);
  });
  fail_each_call([&](attempt& made) {
    const std::string called = unique_name();
    {
      auto first = made([&] { return open_or_create(called, 30ms); });
    }
    CHECK(outcome(open_or_create(called, 1s)) == success);
  });
}

TEST_CASE("faults: creating and opening a mutex") {
  fail_ways_in([](const std::string& called) { return mutex::create(called); },
               [](const std::string& called, deadline until) { return mutex::open(called, until); },
               [](const std::string& called, deadline until) { return mutex::open_or_create(called, until); });
}

TEST_CASE("faults: creating and opening a semaphore") {
  fail_ways_in(
      [](const std::string& called) { return semaphore::create(called, 1, 2); },
      [](const std::string& called, deadline until) { return semaphore::open(called, until); },
      [](const std::string& called, deadline until) { return semaphore::open_or_create(called, 1, 2, until); });
}

TEST_CASE("faults: creating and opening a notification") {
  fail_ways_in([](const std::string& called) { return notification::create(called); },
               [](const std::string& called, deadline until) { return notification::open(called, until); },
               [](const std::string& called, deadline until) { return notification::open_or_create(called, until); });
}

TEST_CASE("faults: removing what a killed process left") {
  const auto fail_remove = [](auto remove, auto create) {
    fail_each_call([&](attempt& made) {
      const std::string called = unique_name();
      {
        peer owner("opens_all", {called});
        owner.expect("made");
        owner.kill();
        (void)owner.wait();
      }
      (void)made([&] { return remove(called); });
      CHECK(outcome(create(called)) == success);
      // The process had all three.
      (void)mutex::remove(called).has_error();
      (void)semaphore::remove(called).has_error();
      (void)notification::remove(called).has_error();
    });
  };
  fail_remove([](const std::string& called) { return mutex::remove(called); },
              [](const std::string& called) { return mutex::create(called); });
  fail_remove([](const std::string& called) { return semaphore::remove(called); },
              [](const std::string& called) { return semaphore::create(called, 1, 1); });
  fail_remove([](const std::string& called) { return notification::remove(called); },
              [](const std::string& called) { return notification::create(called); });
}

TEST_CASE("faults: waiting for a lock") {
  fail_each_call([](attempt& made) {
    auto mutex = must(viaduct::mutex::create(unique_name()));
    auto lock = locked_elsewhere(mutex);
    (void)made([&] { return in_time(mutex.lock(5ms)); });
    CHECK(outcome(mutex.lock(deadline::now())) == errc::timed_out);
    must(lock.unlock());
    CHECK(outcome(mutex.lock(deadline::now())) == success);
  });
}

TEST_CASE("faults: taking over the lock of the dead") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto mutex = must(viaduct::mutex::create(called));
    {
      peer holder("locks", {called});
      holder.expect("locked");
      holder.kill();
      (void)holder.wait();
    }
    {
      auto lock = made([&] { return mutex.lock(deadline::now()); });
      if (lock.has_value()) CHECK(lock->owner_died());
    }
    CHECK(must(mutex.lock(1s)).owner_died());
  });
}

TEST_CASE("faults: unlocking while somebody sleeps") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto mutex = must(viaduct::mutex::create(called));
    const words_of<detail::lock_words> words(backend::object_kind::mutex, called);
    auto lock = must(mutex.lock(1s));
    companion sleeper([&] { must(mutex.lock(8s)); });
    while ((words->word.load() & detail::lock_word::contended) == 0 || !has_bell(words->events)) {
      std::this_thread::yield();
    }
    CHECK(outcome(made([&] { return lock.unlock(); })) == success);
  });
}

TEST_CASE("faults: waiting for a permit") {
  fail_each_call([](attempt& made) {
    auto slots = must(semaphore::create(unique_name(), 0, 2));
    (void)made([&] { return in_time(slots.acquire(5ms)); });
    must(slots.release());
    CHECK(outcome(slots.acquire(deadline::now())) == success);
  });
}

TEST_CASE("faults: giving a permit to somebody who sleeps") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto slots = must(semaphore::create(called, 0, 2));
    const words_of<semaphore_words> words(backend::object_kind::semaphore, called);
    companion sleeper([&] { must(slots.acquire(8s)); });
    while (!is_awaited(words->released)) std::this_thread::yield();
    CHECK(outcome(made([&] { return slots.release(); })) == success);
    must(slots.release());  // makes good the wake-up that the fault may have taken
    sleeper.join();
    CHECK(slots.available() == 1);
  });
}

TEST_CASE("faults: watching, and waiting for a post") {
  fail_each_call([](attempt& made) {
    auto news = must(notification::create(unique_name()));
    auto watcher = must(news.watch());
    (void)made([&] { return in_time(watcher.wait(5ms)); });
    must(news.post());
    CHECK(must(watcher.wait(deadline::now())) == 1);
  });
  if (backend::has_address_waits()) return;  // there, watch() makes no system call
  fail_each_call([](attempt& made) {
    auto news = must(notification::create(unique_name()));
    {
      auto watcher = made([&] { return news.watch(); });
    }
    CHECK(outcome(news.watch()) == success);
  });
}

TEST_CASE("faults: posting to somebody who sleeps") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto news = must(notification::create(called));
    const words_of<detail::event_words> words(backend::object_kind::notification, called);
    auto watcher = must(news.watch());
    companion sleeper([&] {
      for (std::uint64_t seen = 0; seen < 2;) seen += must(watcher.wait(8s));
    });
    while (!is_awaited(*words)) std::this_thread::yield();
    CHECK(outcome(made([&] { return news.post(); })) == success);
    must(news.post());  // makes good the wake-up that the fault may have taken
  });
}

}  // namespace
}  // namespace viaduct::test
