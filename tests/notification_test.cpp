// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/notification.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/memory.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// What a watcher counts until it has seen so many.
void count_up_to(notification_watcher& watcher, std::uint64_t expected) {
  std::uint64_t seen = 0;
  while (seen < expected) seen += must(watcher.wait(8s));
  VIADUCT_INSIST(seen == expected);
}

// So many watchers, each in a thread of its own, each counting so many posts.
VIADUCT_ROLE(watchers, args) {
  auto news = must(notification::open(args.at(0), 8s));
  const std::uint64_t expected = std::stoull(args.at(2));
  std::vector<notification_watcher> all;
  for (int count = std::stoi(args.at(1)); count > 0; --count) all.push_back(must(news.watch()));
  role::say("watching");
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (notification_watcher& each : all) {
    threads.emplace_back([&] {
      try {
        count_up_to(each, expected);
      } catch (const std::exception&) {
        ++failed;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  return failed;
}

VIADUCT_ROLE(poster, args) {
  auto news = must(notification::open(args.at(0), 8s));
  role::say("ready");
  for (std::uint64_t count = std::stoull(args.at(1)); count > 0; --count) must(news.post());
  return 0;
}

// Watches, or posts, until it is killed.
VIADUCT_ROLE(victim, args) {
  auto news = must(notification::open(args.at(0), 8s));
  auto watcher = must(news.watch());
  role::say("ready");
  while (args.at(1) == "posts") must(news.post());
  for (;;) (void)must(watcher.wait(8s));
}

}  // namespace

TEST_CASE("notification: a watcher sees every post from now on, each once") {
  auto news = must(notification::create(unique_name()));
  must(news.post());
  auto watcher = must(news.watch());
  CHECK(outcome(watcher.wait(deadline::now())) == errc::timed_out);
  must(news.post());
  CHECK(must(watcher.wait(deadline::now())) == 1);
  CHECK(outcome(watcher.wait(deadline::now())) == errc::timed_out);
  for (int count = 0; count < 5; ++count) must(news.post());
  auto late = must(news.watch());
  must(news.post());
  CHECK(must(watcher.wait(deadline::never())) == 6);
  CHECK(must(late.wait(deadline::never())) == 1);
}

TEST_CASE("notification: every post reaches 64 watchers in 4 processes") {
  time_limit(60s);
  const std::string called = unique_name();
  auto news = must(notification::create(called));
  const auto posts = static_cast<std::uint64_t>(rounds(2'000, 50'000));
  std::vector<peer> peers;
  for (int index = 0; index < 4; ++index) {
    peers.emplace_back("watchers", arguments{called, "16", std::to_string(posts * 2)});
  }
  for (peer& each : peers) each.expect("watching");
  peer other("poster", {called, std::to_string(posts)});
  for (std::uint64_t count = 0; count < posts; ++count) must(news.post());
  CHECK(other.wait() == 0);
  for (peer& each : peers) CHECK(each.wait() == 0);
}

TEST_CASE("notification: every single post wakes who sleeps") {
  auto forth = must(notification::create(unique_name()));
  auto back = must(notification::create(unique_name()));
  auto there = must(forth.watch());
  auto here = must(back.watch());
  companion other([&] {
    for (int round = 0; round < 5'000; ++round) {
      count_up_to(there, 1);
      must(back.post());
    }
  });
  for (int round = 0; round < 5'000; ++round) {
    must(forth.post());
    count_up_to(here, 1);
  }
}

TEST_CASE("notification: the forms of deadlines") {
  auto news = must(notification::create(unique_name()));
  auto watcher = must(news.watch());
  for (const deadline& past : past_deadlines()) CHECK(outcome(watcher.wait(past)) == errc::timed_out);
  for (const deadline& past : past_deadlines()) {
    must(news.post());
    CHECK(must(watcher.wait(past)) == 1);  // what has come is had without waiting
  }
  for (const deadline& endless : endless_deadlines()) {
    companion other([&] { must(news.post()); });
    CHECK(must(watcher.wait(endless)) == 1);
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(outcome(watcher.wait(20ms)) == errc::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
}

TEST_CASE("notification: cancel() ends a wait and every later one, and no other watcher's") {
  time_limit(60s);
  auto news = must(notification::create(unique_name()));
  auto other = must(news.watch());
  generator random(1);
  for (int round = 0; round < rounds(200, 5'000); ++round) {
    auto watcher = must(news.watch());
    const auto wait = [&] { return watcher.wait(deadline::never()); };
    const auto got = while_inside(wait, [&] { watcher.cancel(); }, random);
    CHECK(outcome(got) == errc::cancelled);
    CHECK(outcome(watcher.wait(deadline::now())) == errc::cancelled);
    must(news.post());
    CHECK(outcome(watcher.wait(deadline::now())) == errc::cancelled);
    CHECK(must(other.wait(deadline::now())) == 1);
  }
}

TEST_CASE("notification: cancel() within 100 ms", "[serial]") {
  auto news = must(notification::create(unique_name()));
  for (int round = 0; round < 5; ++round) {
    auto watcher = must(news.watch());
    std::atomic<bool> inside{false};
    std::chrono::steady_clock::time_point ended;
    companion other([&] {
      inside = true;
      (void)watcher.wait(deadline::never());
      ended = std::chrono::steady_clock::now();
    });
    while (!inside) std::this_thread::yield();
    const auto begin = std::chrono::steady_clock::now();
    watcher.cancel();
    other.join();
    CHECK(ended - begin < 100ms);
  }
}

TEST_CASE("notification: killed watchers and posters keep nobody asleep") {
  time_limit(100s);
  const std::string called = unique_name();
  {
    auto news = must(notification::create(called));
    generator random(1);
    for (int round = 0; round < rounds(100, 1'000); ++round) {
      peer first("victim", {called, "watches"});
      peer second("victim", {called, "watches"});
      peer posting("victim", {called, "posts"});
      for (peer* each : {&first, &second, &posting}) each->expect("ready");
      auto watcher = must(news.watch());
      std::atomic<bool> last{false};
      outcome missed{result<void>()};
      companion survivor([&] {
        for (bool more = true; more;) {
          const auto got = watcher.wait(8s);
          missed = outcome(got);
          more = got.has_value() && !last;
        }
      });
      const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(1'000));
      while (std::chrono::steady_clock::now() < instant) {
      }
      for (peer* each : {&first, &second, &posting}) {
        each->kill();
        CHECK(each->wait() == peer::killed);
      }
      last = true;
      must(news.post());  // the first completed one after the deaths
      survivor.join();
      CHECK(missed == success);
    }
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("notification: a watcher keeps it alive, and objects say what they are not") {
  const std::string called = unique_name();
  auto news = must(notification::create(called));
  auto watcher = must(news.watch());
  CHECK_FALSE(news.native_name().empty());
  auto moved = std::move(news);
  CHECK(outcome(news.post()) == errc::closed);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(outcome(news.watch()) == errc::closed);
  CHECK(news.native_name().empty());
  moved.close();
  moved.close();
  CHECK_FALSE(moved.is_open());
  CHECK(outcome(moved.post()) == errc::closed);
  {
    auto again = must(notification::open(called, deadline::now()));
    must(again.post());
  }
  CHECK(must(watcher.wait(8s)) == 1);
  watcher.close();
  watcher.close();
  CHECK_FALSE(watcher.is_open());
  CHECK(outcome(watcher.wait(8s)) == errc::closed);
  watcher.cancel();
  CHECK(outcome(notification::open(called, deadline::now())) == errc::not_found);
}

TEST_CASE("notification: names") {
  const std::string called = unique_name();
  CHECK(outcome(notification::open(called, deadline::now())) == errc::not_found);
  CHECK(outcome(notification::remove(called)) == errc::not_found);
  {
    auto news = must(notification::open_or_create(called, 8s));
    CHECK(outcome(notification::create(called)) == errc::already_exists);
    CHECK(outcome(notification::remove(called)) == errc::already_exists);
    CHECK(outcome(notification::open_or_create(called, deadline::now())) == success);
    CHECK(outcome(notification::open(called, deadline::now())) == success);
  }
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("\xff"), std::string(256, 'x')}) {
    CHECK(outcome(notification::create(bad)) == errc::name_invalid);
    CHECK(outcome(notification::open(bad, deadline::now())) == errc::name_invalid);
    CHECK(outcome(notification::open_or_create(bad, deadline::now())) == errc::name_invalid);
    CHECK(outcome(notification::remove(bad)) == errc::name_invalid);
  }
  CHECK(outcome(notification::open(name::native("/x"), deadline::now())) == errc::not_supported);
  CHECK(outcome(notification::open(name::of(stranger(), called), deadline::now())) == errc::access_denied);
}

TEST_CASE("notification: open waits for its creator") {
  const std::string called = unique_name();
  std::optional<notification> made;
  companion creator([&] { made = must(notification::create(called)); });
  CHECK(outcome(notification::open(called, 8s)) == success);
}

TEST_CASE("notification: nothing is left behind") {
  CHECK_FALSE(leaves_something(
      [] {
        auto news = must(notification::create(unique_name()));
        auto watcher = must(news.watch());
        must(news.post());
        (void)must(watcher.wait(8s));
        (void)watcher.wait(1ms);
      },
      5));
}

TEST_CASE("notification: the last one closes it, memory or not") {
  const std::string called = unique_name();
  fail_each_allocation([&](auto&& without_memory) {
    auto news = must(notification::create(called));
    without_memory([&] { news.close(); });
    CHECK_FALSE(news.is_open());
  });
  CHECK(outcome(notification::create(called)) == success);
}

TEST_CASE("notification: waits that found no memory leave their places to others") {
  const std::string called = unique_name();
  const auto first = must(notification::create(called));
  for (int round = 0; round < 60; ++round) {
    fail_each_allocation([&](auto&& without_memory) {
      auto news = must(notification::open(called, 8s));
      auto watcher = must(news.watch());
      without_memory([&] { (void)watcher.wait(deadline::after(1us)); });
      REQUIRE(outcome(watcher.wait(1us)) == errc::timed_out);
    });
  }
}
