// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// event_count: a counter in shared memory that processes can sleep on. Whoever changes something others wait for posts;
// whoever waits reads the count, looks at what it waits for, and sleeps only while the count is still the same:
//
//   for (;;) { const auto seen = events.value(); if (condition()) return; events.sleep(seen, until, canceller); }
//
// No post is missed between the look and the sleep. A poster that is killed after it has counted and before it has woken
// anybody loses its own wake-up; the next post makes it good. Posting costs no system call while nobody sleeps.
//
// Sleepers: where the system can wait on an address they do; else each takes a cell with a bell. docs/event_count.md tells
// the protocol; tests/models/ has its proofs. All shared words are seq_cst: the order of arm, count and map is the proof.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "backend/event_count.hpp"
#include "common/generation.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

inline constexpr std::size_t event_cells = 256;

/// What a waiter without address waits has in shared memory.
struct event_cell {
  std::atomic<std::uint64_t> word;        // member id << 2 | state; 0: free
  std::atomic<std::uint64_t> generation;  // of its bell's name
  std::atomic<std::uint64_t> sequence;    // raised for each wait
};

/// The shared words. All zero but `random`.
struct alignas(64) event_words {
  std::atomic<std::uint64_t> count;
  std::atomic<std::uint64_t> armed;  // one more than the highest count that somebody sleeps at
  std::atomic<std::uint64_t> woken;  // the count up to which all were woken
  std::uint64_t random;              // part of the bells' names; written once, before others see it
  std::array<std::atomic<std::uint64_t>, event_cells / 64> map;  // which cells are worth a look
  std::array<event_cell, event_cells> cells;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// This process's side of it. Threads: any number.
class event_count {
 public:
  using moment = std::optional<std::chrono::steady_clock::time_point>;  // none: never
  /// Who is woken: every sleeper by post(), or one by post_one(). The callers of the latter know by themselves whether
  /// anybody sleeps (the contended bit of a lock) and spare the words `armed` and `woken`.
  enum class gate : std::uint8_t { count, caller };

  event_count(event_words& words, const backend::entry& members) noexcept : words_(&words), members_(&members) {}
  ~event_count();
  event_count(const event_count&) = delete;
  event_count& operator=(const event_count&) = delete;

  [[nodiscard]] static result<void> initialise(event_words& words);

  [[nodiscard]] std::uint64_t value() const noexcept { return words_->count.load(); }

  /// Counts n and wakes all who sleep at an older count.
  void post(std::uint64_t n = 1) noexcept { notify(words_->count.fetch_add(n) + n); }
  /// For who counts by themselves (compare and exchange on count()): wakes those who sleep below `now`.
  void notify(std::uint64_t now) noexcept {
    if (words_->armed.load() > words_->woken.load()) [[unlikely]]
      wake_all(now);
  }
  [[nodiscard]] std::atomic<std::uint64_t>& count() noexcept { return words_->count; }
  /// Counts one and wakes one sleeper, if there is one.
  void post_one() noexcept;

  /// Sleeps while the count is `seen`, at most until `until`. May return early: look again, also after the last time.
  /// cancelled; limit_reached (no cell is free); os_error. Never timed_out.
  [[nodiscard]] result<void> sleep(std::uint64_t seen, const moment& until, backend::wait_canceller* canceller,
                                   gate how = gate::count);
  /// Does anybody sleep? A hint.
  [[nodiscard]] bool waiting() const noexcept { return words_->armed.load() > words_->woken.load(); }

 private:
  /// A cell of ours with its bell, kept for the next waits.
  struct place {
    std::uint32_t index = 0;
    std::unique_ptr<backend::bell> bell;
  };

  void wake_all(std::uint64_t now) noexcept;
  void arm(std::uint64_t seen, gate how) noexcept;
  [[nodiscard]] result<void> sleep_in_cell(std::uint64_t seen, const moment& until, backend::wait_canceller* canceller,
                                           gate how);
  [[nodiscard]] result<place> take_place();
  [[nodiscard]] std::optional<std::uint32_t> claim_cell();
  [[nodiscard]] result<std::unique_ptr<backend::bell>> hang_bell(std::uint32_t index);
  [[nodiscard]] result<void> listen(const place& at, std::uint64_t seen, const moment& until,
                                    backend::wait_canceller* canceller);
  void give_back(place at) noexcept;
  /// Unheard: its owner lives, and the bell could not be rung. Gone: the owner is dead, the cell is free.
  enum class ringing : std::uint8_t { heard, unheard, gone };
  [[nodiscard]] bool ring_all_cells() noexcept;
  void ring_one_cell() noexcept;
  [[nodiscard]] ringing ring(std::uint32_t index, std::uint64_t word) noexcept;
  [[nodiscard]] bool reap_if_dead(std::uint32_t index, std::uint64_t word) noexcept;

  event_words* words_;
  const backend::entry* members_;
  born_here born_;
  std::mutex mutex_;                                                 // of the next
  std::vector<place> spare_;                                         // places of ours that nobody uses
  std::array<std::atomic<std::uint64_t>, event_cells> last_rung_{};  // sequence, to notice who does not answer
};

}  // namespace viaduct::detail
