// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// lock_word: a lock between processes that survives the death of its holder at any instruction. One word holds the member
// id of the holder's process and two bits; taking it and saying who took it is one compare and exchange, so that at no
// instant it is held by nobody known. Dead is who no longer holds the lock on their byte of the object's entry: kernel
// evidence, and an id is never used again.
//
//   word    member id (62 bits) | contended | dirty
//   contended   somebody sleeps: whoever unlocks must wake
//   dirty       a holder died inside, and nobody has called repair() since
//
// docs/mutex.md tells the whole; tests/models/lock_word.pml has the proof. The order of the accesses is part of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "common/death_watch.hpp"
#include "common/event_count.hpp"
#include "common/thread_token.hpp"
#include "common/timer.hpp"
#include "common/wait_graph.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

/// The shared words; all zero (but the event count's own) is unlocked.
struct lock_words {
  alignas(64) std::atomic<std::uint64_t> word;
  // Who took it. Set after the word, taken back before it: whoever is found here did hold the lock at that moment, unless
  // it has died.
  std::atomic<thread_token> thread;
  event_words events;
};

/// How a lock appears in the graph of who waits for whom; without a graph it does not.
struct lock_in_graph {
  std::shared_ptr<wait_graph> graph;
  std::string_view kind;
  std::string_view called;
};

class lock_word {
 public:
  static constexpr std::uint64_t dirty = 1;
  static constexpr std::uint64_t contended = 2;
  [[nodiscard]] static constexpr std::uint64_t holder_in(std::uint64_t word) noexcept { return word >> 2; }

  lock_word(lock_words& words, const backend::entry& members, std::uint64_t self, lock_in_graph seen_as = {}) noexcept
      : word_(words.word),
        thread_(words.thread),
        members_(members),
        mine_(self << 2),
        seen_as_(std::move(seen_as)),
        events_(words.events, members) {}

  /// Free and clean, the usual case.
  [[nodiscard]] bool try_clean() noexcept {
    std::uint64_t free = 0;
    if (!word_.compare_exchange_strong(free, mine_, std::memory_order_acquire, std::memory_order_relaxed)) return false;
    thread_.store(this_thread(), std::memory_order_relaxed);
    return true;
  }

  /// Whoever it is that we wait for, when we gave up.
  struct blocker {
    std::uint64_t holder = 0;
    std::chrono::milliseconds waited{0};
  };
  /// True: a holder has died inside and nobody has repaired since. timed_out (then `by` tells behind whom), deadlock (this
  /// thread holds it, or waits in a circle with others), limit_reached, os_error.
  [[nodiscard]] result<bool> acquire(timer& wait, blocker& by) { return wait_for(wait, by, purpose::take); }
  /// The same, but does not take it: only waits until nobody has it.
  [[nodiscard]] result<bool> await_free(timer& wait, blocker& by) { return wait_for(wait, by, purpose::pass); }

  [[nodiscard]] std::uint64_t load() const noexcept { return word_.load(); }
  /// As its holder: after this, what others did before they saw it held is seen.
  void fence() noexcept { (void)word_.fetch_or(0); }

  /// not_owner: it is not ours (any more), and nothing was touched.
  [[nodiscard]] errc release(bool is_dirty) noexcept {
    if (holder_in(word_.load(std::memory_order_relaxed)) == holder_in(mine_)) [[likely]]
      thread_.store(0, std::memory_order_relaxed);
    std::uint64_t expected = mine_ | (is_dirty ? dirty : 0);
    if (word_.compare_exchange_strong(expected, expected & dirty, std::memory_order_acq_rel, std::memory_order_relaxed))
        [[likely]]
      return errc{};
    return release_contended(expected);
  }

  /// What the lock protects is whole again. not_owner: as release().
  [[nodiscard]] errc repair() noexcept;

 private:
  enum class purpose : std::uint8_t { take, pass };
  [[nodiscard]] result<bool> wait_for(timer& wait, blocker& by, purpose why);
  [[nodiscard]] bool leave_free(std::uint64_t found, std::uint64_t slept) noexcept;
  [[nodiscard]] errc release_contended(std::uint64_t found) noexcept;
  [[nodiscard]] bool spin(bool& is_dirty) noexcept;
  [[nodiscard]] result<bool> is_dead(std::uint64_t holder) const;
  [[nodiscard]] bool take_over(std::uint64_t dead, std::uint64_t found) noexcept;
  [[nodiscard]] bool mark_contended(std::uint64_t found) noexcept;
  [[nodiscard]] error give_up(const error& because) noexcept;
  [[nodiscard]] error leave(const error& because, std::uint64_t found, std::uint64_t slept) noexcept;
  [[nodiscard]] bool got(std::uint64_t found) noexcept;

  std::atomic<std::uint64_t>& word_;
  std::atomic<thread_token>& thread_;
  const backend::entry& members_;
  std::uint64_t mine_;
  lock_in_graph seen_as_;
  event_count events_;
};

}  // namespace viaduct::detail
