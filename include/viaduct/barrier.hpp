// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// barrier: a number of parties wait for each other, again and again, by name, between processes of one user. Each barrier
// object is one party: create() and open() join.
//
// A party that dies, or is closed, before it has arrived breaks the barrier: all the others get peer_died at once instead of
// waiting for ever, until somebody calls reset(). Then new processes may join in place of those that are gone.
//
// Prefer a semaphore or notification when not everybody waits for everybody.
//
// Blocking: arrive_and_wait() until its deadline. While it waits it looks after 2 ms, and then every 50 ms, for the dead.
// Threads: one at a time uses a barrier object; several threads of a process join with an object each.
// Cost: a look at every party's place and one system call to wake the others.
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "viaduct/deadline.hpp"
#include "viaduct/export.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct barrier_impl;
struct barrier_access;
}  // namespace detail

class VIADUCT_EXPORT barrier {
 public:
  /// The largest number of parties.
  static constexpr std::size_t limit = 256;

  barrier(barrier&& other) noexcept;
  barrier& operator=(barrier&& other) noexcept;
  /// Leaves it: breaks it if the others still wait for this party.
  ~barrier();

  /// For this many parties, of which we are one. Does not wait. invalid_argument (0 parties, or more than `limit`),
  /// already_exists, name_invalid, name_hijacked, no_space, limit_reached, access_denied (another user's name).
  [[nodiscard]] static result<barrier> create(const name& what, std::size_t parties);
  /// Joins; waits for it to appear. limit_reached (all parties have joined; those that are gone count until reset()),
  /// not_found, timed_out (being created), name_invalid, name_hijacked, access_denied, layout_mismatch (made by another
  /// version of this library).
  [[nodiscard]] static result<barrier> open(const name& what, deadline until);
  /// Whichever comes first. layout_mismatch: it exists for another number of parties.
  [[nodiscard]] static result<barrier> open_or_create(const name& what, std::size_t parties, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// Waits until all parties have arrived. timed_out: we have arrived and that stays so, call again to go on waiting.
  /// peer_died: a party is gone, and so is the barrier until reset(). limit_reached (256 waiting threads, where the system
  /// needs a bell for each).
  [[nodiscard]] result<void> arrive_and_wait(deadline until);

  /// Makes the barrier whole when a party is gone, whether that has been met yet or not: nobody has arrived then, and the
  /// places of the parties that are gone may be taken by others. Nothing if none that is waited for is gone.
  [[nodiscard]] result<void> reset();

  [[nodiscard]] std::size_t parties() const noexcept;
  [[nodiscard]] bool is_broken() const noexcept;

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::barrier_access;
  explicit barrier(std::unique_ptr<detail::barrier_impl> impl) noexcept;
  std::unique_ptr<detail::barrier_impl> impl_;
};

}  // namespace viaduct
