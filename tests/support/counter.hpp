// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// An event count alone, in named memory of its own, and the game that finds lost wake-ups: two players who sleep at once
// after each post, so that nearly every post falls between the other's look and its sleep.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "common/event_count.hpp"
#include "common/shared_object.hpp"
#include "support/outcome.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {

struct two_counts {
  detail::event_words first;
  detail::event_words second;
};

struct counter : detail::shared_object<two_counts> {
  explicit counter(detail::opened_object made)
      : shared_object(detail::make_label("two event counts"), std::move(made)),
        first(words().first, members()),
        second(words().second, members()) {}
  detail::event_count first;
  detail::event_count second;
};

[[nodiscard]] inline std::unique_ptr<counter> join_counter(const std::string& called) {
  const name what(called);
  detail::object_request request = detail::request_for<counter>(backend::object_kind::notification, what);
  request.initialise = [](void* words) -> result<void> {
    auto& both = *static_cast<two_counts*>(words);
    if (const result<void> made = detail::event_count::initialise(both.first); !made) return made;
    return detail::event_count::initialise(both.second);
  };
  detail::timer wait(std::chrono::seconds(8));
  return std::make_unique<counter>(must(detail::open_or_create_object(request, wait)));
}

/// So many races in the short form, 10^7 in the full one; a tenth where each sleeper needs a bell.
[[nodiscard]] inline int races(int quick) {
  return rounds(quick, 10'000'000) / (backend::has_address_waits() ? 1 : 10);
}

/// Sleeps until the count is so high. False: it had changed, and nobody woke us.
[[nodiscard]] inline bool await_count(detail::event_count& events, std::uint64_t least) {
  using clock = std::chrono::steady_clock;
  for (;;) {
    const std::uint64_t seen = events.value();
    if (seen >= least) return true;
    const clock::time_point until = clock::now() + std::chrono::seconds(2);
    must(events.sleep(seen, until, nullptr));
    if (events.value() != seen && clock::now() >= until) return false;
  }
}

/// How many of so many rounds lost a wake-up: 0 or, because then it ends, 1.
[[nodiscard]] inline int play_first(counter& game, std::uint64_t rounds) {
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    game.first.post();
    if (!await_count(game.second, round)) return 1;
  }
  return 0;
}
[[nodiscard]] inline int play_second(counter& game, std::uint64_t rounds) {
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    if (!await_count(game.first, round)) return 1;
    game.second.post();
  }
  return 0;
}

}  // namespace viaduct::test
