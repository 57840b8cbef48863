// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/lock_word.hpp"

#include "common/cpu_pause.hpp"

namespace viaduct::detail {

namespace {

constexpr int spins = 30;  // about a microsecond; longer gains nothing, less loses a fifth at short holds

}  // namespace

bool lock_word::got(std::uint64_t found) noexcept {
  thread_.store(this_thread(), std::memory_order_relaxed);
  return (found & dirty) != 0;
}

/// Takes what becomes free within a moment.
bool lock_word::spin(bool& is_dirty) noexcept {
  for (int round = 0; round < spins; ++round) {
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    if (holder_in(found) == 0 && word_.compare_exchange_strong(found, found | mine_, std::memory_order_acquire)) {
      is_dirty = got(found);
      return true;
    }
    cpu_pause();
  }
  return false;
}

result<bool> lock_word::is_dead(std::uint64_t holder) const {
  if (holder == holder_in(mine_)) return false;
  const result<bool> lives = members_.alive(holder);
  if (!lives) return lives.error();
  return !*lives;
}

/// Two who take over at once are decided here. What else may change in the word is the contended bit: then again.
bool lock_word::take_over(std::uint64_t dead, std::uint64_t found) noexcept {
  while (holder_in(found) == dead) {
    if (word_.compare_exchange_weak(found, mine_ | contended | dirty, std::memory_order_acquire)) return true;
  }
  return false;
}

bool lock_word::mark_contended(std::uint64_t found) noexcept {
  return (found & contended) != 0 || word_.compare_exchange_strong(found, found | contended, std::memory_order_acq_rel);
}

/// The wake-up that we may have taken goes to another: the word may have changed since.
error lock_word::give_up(const error& because) noexcept {
  events_.post_one();
  return because;
}

/// Whoever has slept hands on the wake-up that it may have taken: to who unlocks next, or, if the word has changed, at once.
error lock_word::leave(const error& because, std::uint64_t found, std::uint64_t slept) noexcept {
  return slept == 0 || mark_contended(found) ? because : give_up(because);
}

/// Who only passes hands on the wake-up that it may have taken.
bool lock_word::leave_free(std::uint64_t found, std::uint64_t slept) noexcept {
  if (slept != 0) events_.post_one();
  return (found & dirty) != 0;
}

result<bool> lock_word::wait_for(timer& wait, blocker& by, purpose why) {
  bool is_dirty = false;
  if (why == purpose::take && !wait.poll_only() && thread_.load(std::memory_order_relaxed) != this_thread() &&
      spin(is_dirty)) {
    return is_dirty;
  }
  // Who has slept may have taken a wake-up that others need: it keeps the contended bit set.
  std::uint64_t slept = 0;
  std::optional<death_watch> watch;
  published_wait in_graph(seen_as_.graph.get(), seen_as_.kind, seen_as_.called);
  for (;;) {
    const std::uint64_t seen = events_.value();  // before the word, or a wake-up in between is lost
    std::uint64_t found = word_.load(std::memory_order_acquire);
    const std::uint64_t holder = holder_in(found);
    if (holder == 0) {
      if (why == purpose::pass) return leave_free(found, slept);
      if (word_.compare_exchange_strong(found, found | mine_ | slept, std::memory_order_acquire)) return got(found);
      continue;
    }
    if (holder == holder_in(mine_) && thread_.load(std::memory_order_relaxed) == this_thread()) {
      return error(errc::deadlock).advise("this thread holds the lock already");
    }
    if (!watch) watch.emplace(wait);
    if (watch->is_due()) {
      const result<bool> dead = is_dead(holder);
      if (!dead) return leave(dead.error(), found, slept);
      if (*dead && take_over(holder, found)) {
        if (why == purpose::take) return got(dirty);
        if (release(true) == errc{}) return true;
      }
      if (watch->is_over()) {
        by = {holder, watch->waited()};
        return leave(error(errc::timed_out), found, slept);
      }
      if (*dead) continue;  // somebody else was first
      watch->looked();
      if (const std::optional<error> deadlock = in_graph.look(thread_)) return leave(*deadlock, found, slept);
    }
    if (!mark_contended(found)) continue;
    const result<void> woken = events_.sleep(seen, watch->wake_at(), nullptr, event_count::gate::caller);
    if (!woken) return give_up(woken.error());
    slept = contended;
  }
}

errc lock_word::repair() noexcept {
  std::uint64_t found = word_.load(std::memory_order_relaxed);
  do {
    if (holder_in(found) != holder_in(mine_)) return errc::not_owner;
  } while (!word_.compare_exchange_weak(found, found & ~dirty, std::memory_order_release, std::memory_order_relaxed));
  return errc{};
}

errc lock_word::release_contended(std::uint64_t found) noexcept {
  for (;;) {
    if (holder_in(found) != holder_in(mine_)) return errc::not_owner;
    if (word_.compare_exchange_weak(found, found & dirty, std::memory_order_acq_rel)) break;
  }
  if ((found & contended) != 0) events_.post_one();
  return errc{};
}

}  // namespace viaduct::detail
