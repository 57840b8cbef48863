// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Circles of waiters, in one process and through several: one member is told, the others go on. And nobody is told where
// there is no circle.
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/wait_graph.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// Takes the first, waits for the word, then wants the second: what it says is the outcome, with the hint.
VIADUCT_ROLE(member, args) {
  auto first = must(mutex::open_or_create(args.at(0), 5s));
  auto second = must(mutex::open_or_create(args.at(1), 5s));
  const auto has = must(first.lock(8s));
  role::say("has the first");
  role::expect("go");
  const auto wants = second.lock(8s);
  role::say(wants ? (wants->owner_died() ? "heir" : "got it") : "deadlock " + std::string(wants.error().hint()));
  return 0;
}

/// Where threads wait for each other. std::barrier hangs now and then on Windows with GCC 12.
class meeting {
 public:
  explicit meeting(int size) noexcept : size_(size) {}
  void arrive_and_wait() noexcept {
    const int place = arrived_.fetch_add(1);
    while (arrived_.load() < (place / size_ + 1) * size_) std::this_thread::yield();
  }

 private:
  int size_;
  std::atomic<int> arrived_{0};
};

struct told {
  int deadlocks = 0;
  int went_on = 0;
  std::string hint;

  void add(const std::string& line) {
    if (line.rfind("deadlock ", 0) == 0) {
      ++deadlocks;
      hint = line;
    } else {
      went_on += line == "got it" ? 1 : 0;
    }
  }
};

[[nodiscard]] bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A circle of processes, each with one mutex and wanting the next one's.
[[nodiscard]] told run_circle(std::size_t size) {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < size; ++index) names.push_back(unique_name());
  std::vector<std::unique_ptr<peer>> members;
  for (std::size_t index = 0; index < size; ++index) {
    members.push_back(std::make_unique<peer>("member", arguments{names[index], names[(index + 1) % size]}));
    members.back()->expect("has the first");
  }
  for (auto& each : members) each->say("go");
  told heard;
  for (auto& each : members) {
    heard.add(each->hear());
    CHECK(each->wait() == 0);
  }
  if (heard.deadlocks == 1) {
    for (const std::string& each : names) CHECK(contains(heard.hint, "mutex " + each));
  }
  return heard;
}

}  // namespace

TEST_CASE("deadlock: of two processes in a circle one is told, with the circle, and the other goes on") {
  time_limit(60s);
  for (int round = rounds(3, 20); round > 0; --round) {
    const told heard = run_circle(2);
    INFO(heard.hint);
    CHECK(heard.deadlocks == 1);
    CHECK(heard.went_on == 1);
    CHECK(contains(heard.hint, "this thread waits for mutex "));
    CHECK(contains(heard.hint, ", held by thread "));
    CHECK(contains(heard.hint, " of process "));
    CHECK(contains(heard.hint, " held by this thread"));
  }
}

TEST_CASE("deadlock: of five processes in a circle one is told") {
  const told heard = run_circle(5);
  INFO(heard.hint);
  CHECK(heard.deadlocks == 1);
  CHECK(heard.went_on == 4);
}

TEST_CASE("deadlock: between threads of one process") {
  auto first = must(mutex::create(unique_name()));
  auto second = must(mutex::create(unique_name()));
  meeting both(2);
  std::atomic<int> deadlocks{0};
  std::atomic<int> went_on{0};
  const auto take = [&](mutex& one, mutex& other) {
    const auto has = must(one.lock(8s));
    both.arrive_and_wait();
    const auto wants = other.lock(8s);
    if (wants) {
      ++went_on;
    } else {
      CHECK(outcome(wants) == errc::deadlock);
      ++deadlocks;
    }
  };
  std::thread one([&] { take(first, second); });
  std::thread two([&] { take(second, first); });
  one.join();
  two.join();
  CHECK(deadlocks == 1);
  CHECK(went_on == 1);
}

TEST_CASE("deadlock: a shared_mutex held by a writer is part of circles") {
  auto exclusive = must(mutex::create(unique_name()));
  auto shared = must(shared_mutex::create(unique_name()));
  meeting both(2);
  std::atomic<int> deadlocks{0};
  std::thread writer([&] {
    const auto has = must(shared.lock(8s));
    both.arrive_and_wait();
    deadlocks += outcome(exclusive.lock(8s)) == errc::deadlock ? 1 : 0;
  });
  std::thread reader([&] {
    const auto has = must(exclusive.lock(8s));
    both.arrive_and_wait();
    deadlocks += outcome(shared.lock_shared(8s)) == errc::deadlock ? 1 : 0;
  });
  writer.join();
  reader.join();
  CHECK(deadlocks == 1);
}

TEST_CASE("deadlock: the death of a member ends a circle") {
  const std::string ours = unique_name();
  const std::string theirs = unique_name();
  auto first = must(mutex::create(ours));
  auto second = must(mutex::create(theirs));
  const auto has = must(first.lock(8s));
  peer other("member", {theirs, ours});
  other.expect("has the first");
  other.say("go");
  other.kill();
  const auto wants = second.lock(8s);
  CHECK(outcome(wants) == success);
  CHECK(wants->owner_died());
}

TEST_CASE("deadlock: a long queue behind one lock is no circle") {
  auto first = must(mutex::create(unique_name()));
  auto second = must(mutex::create(unique_name()));
  std::optional<mutex_lock> both(must(second.lock(8s)));
  std::atomic<int> waiting{0};
  std::vector<std::thread> queue;
  for (int index = 0; index < 6; ++index) {
    queue.emplace_back([&] {
      ++waiting;
      const auto has = first.lock(8s);
      const auto wants = second.lock(8s);
      CHECK(outcome(has) == success);
      CHECK(outcome(wants) == success);
    });
  }
  while (waiting < 6) std::this_thread::yield();
  std::thread([&] { CHECK(outcome(second.lock(200ms)) == errc::timed_out); }).join();  // four looks, as the queue's
  both.reset();
  for (std::thread& each : queue) each.join();
}

namespace {

/// A lock whose waiters look at every turn instead of sleeping: for storms.
struct spin_lock {
  std::atomic<std::uint64_t> word{0};
  std::atomic<detail::thread_token> thread{0};

  [[nodiscard]] bool try_take() noexcept {
    std::uint64_t free = 0;
    if (!word.compare_exchange_strong(free, 1)) return false;
    thread.store(detail::this_thread());
    return true;
  }
  /// False: a deadlock.
  [[nodiscard]] bool take(detail::wait_graph& graph) {
    detail::published_wait wait(&graph, "lock", "x");
    while (!try_take()) {
      if (wait.look(thread)) return false;
      std::this_thread::yield();
    }
    return true;
  }
  void give() noexcept {
    thread.store(0);
    word.store(0);
  }
};

/// Storms end by their count or, on a busy machine, where each yield may take long, by their time.
class storm_time {
 public:
  [[nodiscard]] bool is_over() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + rounds(5'000, 90'000) * 1ms;
};

}  // namespace

TEST_CASE("deadlock: one of a circle is told, also when all notice at the same time", "[storm]") {
  time_limit(100s);
  constexpr std::size_t size = 3;
  std::array<spin_lock, size> locks;
  const auto graph = detail::wait_graph::of_this_process();
  const int circles = rounds(2'000, 20'000);
  const storm_time time;
  meeting together(size);
  std::atomic<bool> stop{false};
  std::atomic<int> played{0};
  std::atomic<int> verdicts{0};
  const auto work = [&](std::size_t own) {
    for (int round = 0; round < circles && !stop; ++round) {
      while (!locks[own].try_take()) std::this_thread::yield();
      together.arrive_and_wait();
      spin_lock& other = locks[(own + 1) % size];
      if (other.take(*graph)) {
        other.give();
      } else {
        ++verdicts;
      }
      locks[own].give();
      if (own == 0) {
        ++played;
        stop = time.is_over();  // seen by all after they have met
      }
      together.arrive_and_wait();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t own = 0; own < size; ++own) threads.emplace_back(work, own);
  for (std::thread& each : threads) each.join();
  CHECK(played > 0);
  CHECK(verdicts == played);
}

// What is seen changes all the time, and whatever looks like a circle is none.
TEST_CASE("deadlock: none where all take locks in one order", "[storm]") {
  time_limit(100s);
  std::array<spin_lock, 5> locks;
  const auto graph = detail::wait_graph::of_this_process();
  const int wanted = rounds(100'000, 1'000'000);
  const storm_time time;
  std::atomic<int> contended{0};
  std::atomic<int> verdicts{0};
  const auto take = [&](spin_lock& lock) {
    if (lock.try_take()) return;
    ++contended;
    while (!lock.take(*graph)) ++verdicts;
  };
  const auto work = [&](std::uint64_t seed) {
    generator random(seed);
    while (contended < wanted && !time.is_over()) {
      const std::size_t low = random.below(locks.size() - 1);
      const std::size_t high = low + 1 + random.below(locks.size() - low - 1);
      take(locks[low]);
      std::this_thread::yield();
      take(locks[high]);
      std::this_thread::yield();
      const bool low_first = random.below(2) == 0;
      locks[low_first ? low : high].give();
      locks[low_first ? high : low].give();
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) threads.emplace_back(work, seed);
  for (std::thread& each : threads) each.join();
  CHECK(verdicts == 0);
}
