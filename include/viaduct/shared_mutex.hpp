// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// shared_mutex: a lock by name between processes of one user that many readers, or one writer, hold at a time. It survives
// the death of holders: a reader's place comes back; a writer's death is told to everybody, reader or writer, by
// owner_died(), until a writer has called repaired().
//
// Prefer a mutex when the lock is held for less than a few microseconds, or mostly for writing: it is three times cheaper
// than reading and nearly twenty times cheaper than writing, which looks at the places of 256 readers.
//
// Blocking: until the deadline. Writers go first: once one waits for readers to leave, new readers wait. While waiting for
// another process it looks after 2 ms, and then every 50 ms, whether that has died.
// Ownership: a guard belongs to one thread at a time and keeps its object's memory alive.
// Threads: any number. One that has the lock must not take it again, in either way: for a writer's thread that is deadlock,
// at once; a reader's may wait until its deadline.
// Limits: 256 readers at once. Fairness: none among writers.
// Cost: writing two atomic operations and a look at 256 places, reading three atomic operations; no system call when it need
// not wait, no allocation.
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
struct shared_mutex_impl;
struct shared_mutex_access;
}  // namespace detail

/// Held for writing.
class VIADUCT_EXPORT exclusive_lock {
 public:
  exclusive_lock(exclusive_lock&& other) noexcept;
  exclusive_lock& operator=(exclusive_lock&& other) noexcept;
  ~exclusive_lock();

  /// A writer died while it held this lock, and nobody has called repaired() since.
  [[nodiscard]] bool owner_died() const noexcept { return dirty_; }
  /// not_owner if unlocked.
  [[nodiscard]] result<void> repaired();
  [[nodiscard]] bool owns() const noexcept;
  /// not_owner: unlocked before, or this process was taken for dead.
  [[nodiscard]] result<void> unlock();

 private:
  friend struct detail::shared_mutex_access;
  exclusive_lock(std::shared_ptr<detail::shared_mutex_impl> impl, bool dirty) noexcept;
  std::shared_ptr<detail::shared_mutex_impl> impl_;
  bool dirty_ = false;
};

/// Held for reading.
class VIADUCT_EXPORT shared_lock {
 public:
  shared_lock(shared_lock&& other) noexcept;
  shared_lock& operator=(shared_lock&& other) noexcept;
  ~shared_lock();

  /// A writer died, and what it left may be half changed: a reader can only stay away; a writer repairs.
  [[nodiscard]] bool owner_died() const noexcept { return dirty_; }
  [[nodiscard]] bool owns() const noexcept;
  /// not_owner: unlocked before, or this process was taken for dead.
  [[nodiscard]] result<void> unlock();

 private:
  friend struct detail::shared_mutex_access;
  shared_lock(std::shared_ptr<detail::shared_mutex_impl> impl, std::size_t index, bool dirty) noexcept;
  std::shared_ptr<detail::shared_mutex_impl> impl_;
  std::size_t index_ = 0;
  bool dirty_ = false;
};

class VIADUCT_EXPORT shared_mutex {
 public:
  shared_mutex(shared_mutex&& other) noexcept;
  shared_mutex& operator=(shared_mutex&& other) noexcept;
  ~shared_mutex();

  /// Unlocked. Does not wait. already_exists, name_invalid, name_hijacked, no_space, limit_reached, access_denied
  /// (another user's name).
  [[nodiscard]] static result<shared_mutex> create(const name& what);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<shared_mutex> open(const name& what, deadline until);
  /// Whichever comes first: the usual way.
  [[nodiscard]] static result<shared_mutex> open_or_create(const name& what, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// For writing. timed_out (the hint names a process that holds it), deadlock (this thread has it for writing already;
  /// or a circle of waiters, as mutex::lock), limit_reached (256 waiting threads, where the system needs a bell for each).
  [[nodiscard]] result<exclusive_lock> lock(deadline until);
  /// For reading. The same, and limit_reached with 256 readers.
  [[nodiscard]] result<shared_lock> lock_shared(deadline until);

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::shared_mutex_access;
  explicit shared_mutex(std::shared_ptr<detail::shared_mutex_impl> impl) noexcept;
  std::shared_ptr<detail::shared_mutex_impl> impl_;
};

}  // namespace viaduct
