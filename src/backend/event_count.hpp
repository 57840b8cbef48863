// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: what a system provides for waiting on a counter in shared memory. The algorithm that counts, wakes and
// reaps is src/common/event_count.cpp and exists once. It needs either of
//
//   address waits   threads of several processes sleep on a word of shared memory (futex, os_sync_wait_on_address), and
//   bells           an object of the system that one waiter listens to and anybody of the group can ring: needed where
//                   there are no address waits, and for everything that waits in an event loop.
//
// A bell's name follows from its object, its cell and its generation, so that whoever finds a cell can ring it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "backend/entry.hpp"
#include "common/timer.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"

namespace viaduct::backend {

/// Ends the waits of one object for good, from any thread (notification_watcher::cancel).
class wait_canceller {
 public:
  /// limit_reached.
  [[nodiscard]] static result<std::unique_ptr<wait_canceller>> make();
  virtual ~wait_canceller() = default;
  virtual void cancel() noexcept = 0;
  [[nodiscard]] virtual bool is_cancelled() const noexcept = 0;
};

// --- address waits
/// False: every waiter of this system needs a bell.
[[nodiscard]] bool has_address_waits() noexcept;

/// Sleeps while the low half of `count` is that of `seen`: until woken, at the latest until `until` (nullopt: for ever).
/// May return early for no reason; the caller looks again. cancelled; never timed_out. os_error.
[[nodiscard]] result<void> wait_on_address(std::atomic<std::uint64_t>& count, std::uint64_t seen,
                                           std::optional<std::chrono::steady_clock::time_point> until,
                                           wait_canceller* canceller);
void wake_one(std::atomic<std::uint64_t>& count) noexcept;
void wake_all(std::atomic<std::uint64_t>& count) noexcept;

// --- bells
struct bell_name {
  std::uint64_t object = 0;  // random, drawn when the shared words are made
  std::uint32_t cell = 0;
  std::uint64_t generation = 0;
};

/// A waiter's own end. Its destruction takes the bell's name away.
class bell {
 public:
  /// already_exists: of this name there is one; take the next generation. limit_reached, no_space.
  [[nodiscard]] static result<std::unique_ptr<bell>> make(const entry& owner, const bell_name& called);
  virtual ~bell() = default;
  /// Waits until it was rung, and takes the ringing; true if it was, false when `until` (nullopt: never) passed. May say
  /// true for no reason. cancelled.
  [[nodiscard]] virtual result<bool> wait(std::optional<std::chrono::steady_clock::time_point> until,
                                          wait_canceller* canceller) = 0;
  /// Readable or signalled while rung, for event loops.
  [[nodiscard]] virtual native_view native() const noexcept = 0;
};

/// Rings it. False: there is no such bell (any more).
[[nodiscard]] bool ring_bell(const entry& owner, const bell_name& called) noexcept;
/// Takes a bell's name away in place of a waiter that was killed. Nothing where names go with their process.
void remove_bell(const entry& owner, const bell_name& called) noexcept;

}  // namespace viaduct::backend
