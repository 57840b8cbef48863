// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The ground of every wait on shared memory: no post is lost between the look and the sleep, nothing is paid while nobody
// sleeps, and the dead leave nothing behind. On systems without address waits (and in the portable lane) the same runs over
// cells with bells.
#include "common/event_count.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/data.hpp"
#include "support/faults.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;
using detail::event_count;

namespace {

VIADUCT_ROLE(second_player, args) {
  const auto game = join_counter(args.at(0));
  role::say("ready");
  return play_second(*game, std::stoull(args.at(1)));
}

// Sleeps in so many threads until it is killed.
VIADUCT_ROLE(sleepers, args) {
  const auto game = join_counter(args.at(0));
  std::vector<std::thread> threads;
  for (int count = std::stoi(args.at(1)); count > 0; --count) {
    threads.emplace_back([&] {
      for (;;) (void)game->first.sleep(game->first.value(), std::nullopt, nullptr);  // limit_reached: again
    });
  }
  role::say("ready");
  for (std::thread& each : threads) each.join();
  return 0;
}

}  // namespace

TEST_CASE("event_count: no wake-up is lost between two processes") {
  time_limit(60s);
  const std::string called = unique_name();
  const auto game = join_counter(called);
  const int count = races(300'000);
  peer second("second_player", {called, std::to_string(count)});
  second.expect("ready");
  CHECK(play_first(*game, static_cast<std::uint64_t>(count)) == 0);
  CHECK(second.wait() == 0);
}

TEST_CASE("event_count: no wake-up is lost between two threads") {
  time_limit(60s);
  const auto game = join_counter(unique_name());
  const auto count = static_cast<std::uint64_t>(races(100'000));
  int lost = 0;
  companion second([&] { lost = play_second(*game, count); });
  CHECK(play_first(*game, count) == 0);
  second.join();
  CHECK(lost == 0);
}

TEST_CASE("event_count: a post wakes all who sleep") {
  time_limit(60s);
  const auto game = join_counter(unique_name());
  constexpr std::uint64_t sleepers = 8;
  const auto posts = static_cast<std::uint64_t>(rounds(1'000, 20'000));
  std::atomic<int> lost{0};
  std::vector<std::thread> threads;
  for (std::uint64_t index = 0; index < sleepers; ++index) {
    threads.emplace_back([&] {
      for (std::uint64_t round = 1; round <= posts; ++round) {
        if (!await_count(game->first, round)) ++lost;
        game->second.post();
      }
    });
  }
  for (std::uint64_t round = 1; round <= posts; ++round) {
    game->first.post();
    if (!await_count(game->second, round * sleepers)) ++lost;
  }
  for (std::thread& each : threads) each.join();
  CHECK(lost == 0);
}

TEST_CASE("event_count: post_one wakes one sleeper each time, until all are awake") {
  const auto game = join_counter(unique_name());
  for (int round = 0; round < rounds(50, 1'000); ++round) {
    constexpr int sleepers = 4;
    std::atomic<int> asleep{0};
    std::vector<std::thread> threads;
    const std::uint64_t seen = game->first.value();
    for (int index = 0; index < sleepers; ++index) {
      threads.emplace_back([&] {
        ++asleep;
        must(game->first.sleep(seen, std::nullopt, nullptr, event_count::gate::caller));
      });
    }
    while (asleep != sleepers) std::this_thread::yield();
    for (int index = 0; index < sleepers; ++index) game->first.post_one();
    for (std::thread& each : threads) each.join();  // the watchdog tells if one sleeps on
  }
  SUCCEED("all woke");
}

TEST_CASE("event_count: posts are counted, also several at once") {
  const auto game = join_counter(unique_name());
  game->first.post();
  game->first.post(41);
  CHECK(game->first.value() == 42);
  CHECK_FALSE(game->first.waiting());
}

TEST_CASE("event_count: posting while nobody sleeps makes no system call") {
  const auto game = join_counter(unique_name());
  {
    const event_count::moment soon = std::chrono::steady_clock::now() + 1ms;
    must(game->first.sleep(0, soon, nullptr));  // somebody who slept once, and has gone
    game->first.post();
  }
  std::size_t calls = 0;
  {
    seam_watch watch([](std::size_t, const char*) { return 0; });
    for (int count = 0; count < 1'000; ++count) game->first.post();
    watch.stop();
    calls = watch.calls();
  }
  CHECK(calls == 0);
}

TEST_CASE("event_count: sleeping at an old count, or until a moment that has passed, does not wait") {
  const auto game = join_counter(unique_name());
  game->first.post();
  must(game->first.sleep(0, std::nullopt, nullptr));
  const auto now = std::chrono::steady_clock::now();
  must(game->first.sleep(1, now - 1s, nullptr));
  must(game->first.sleep(1, std::chrono::steady_clock::time_point::min(), nullptr));
  must(game->first.sleep(1, now, nullptr));
  CHECK(game->first.value() == 1);
}

TEST_CASE("event_count: killed sleepers keep nobody asleep, and leave nothing behind") {
  time_limit(60s);
  const std::string called = unique_name();
  {
    const auto game = join_counter(called);
    generator random(1);
    std::uint64_t posted = 0;
    std::atomic<bool> stop{false};
    std::atomic<int> lost{0};
    companion survivor([&] {
      for (std::uint64_t least = 1; !stop; ++least) {
        if (!await_count(game->first, least)) ++lost;
      }
    });
    for (int round = 0; round < rounds(20, 500); ++round) {
      peer victims("sleepers", {called, "5"});
      victims.expect("ready");
      const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(300));
      while (std::chrono::steady_clock::now() < instant) {
        game->first.post();
        ++posted;
      }
      victims.kill();
      CHECK(victims.wait() == peer::killed);
      game->first.post();
      ++posted;
    }
    stop = true;
    game->first.post();
    survivor.join();
    CHECK(lost == 0);
    CHECK(game->first.value() == posted + 1);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("event_count: cells are limited, and those of the dead can be had again") {
  VIADUCT_NEEDS(!backend::has_address_waits(), "cells");
  const std::string called = unique_name();
  const auto kept = join_counter(called);
  // A new object each time: it gives its cell back at its end.
  const auto try_to_sleep = [&] {
    return join_counter(called)->first.sleep(0, std::chrono::steady_clock::now() + 1ms, nullptr);
  };
  peer victims("sleepers", {called, std::to_string(detail::event_cells)});
  victims.expect("ready");
  while (outcome(try_to_sleep()) == success) {
  }
  CHECK(outcome(try_to_sleep()) == errc::limit_reached);
  victims.kill();
  CHECK(victims.wait() == peer::killed);
  CHECK(outcome(try_to_sleep()) == success);
}

TEST_CASE("event_count: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        const auto game = join_counter(unique_name());
        must(game->first.sleep(0, std::chrono::steady_clock::now() + 1ms, nullptr));
      },
      5));
}
