// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// mutex: a lock by name between processes of one user. It survives its holder: when a process is killed inside, the next
// one gets the lock, and is told. What the lock protects may then be half changed; lock.owner_died() stays true for
// everybody who takes it until somebody has put things right and called repaired().
//
// Prefer a semaphore or permit_pool where not the same thread unlocks; shared_mutex where most only read. A mutex knows
// nothing of the memory it protects: keep both under names that belong together.
//
// Blocking: lock() waits until its deadline, and also takes the lock of a process that has died: at the latest 50 ms after
// the system has freed it. While it waits it looks at the holder after 2 ms and then every 50 ms.
// Ownership: the lock belongs to the process and to the mutex_lock, which belongs to one thread at a time. A thread that
// ends without unlocking keeps it locked until its process ends. exec() is a death.
// Threads: any number may lock. A thread that has it must not take it again: deadlock, at once. Threads, also of several
// processes, that wait for each other's locks in a circle: one of them gets deadlock, after 50 to 150 ms.
// Fairness: none; docs/mutex.md has measured shares.
// Cost: two atomic operations for lock and unlock when nobody else wants it, no system call, no allocation.
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <memory>
#include <string>

#include "viaduct/deadline.hpp"
#include "viaduct/export.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct mutex_impl;
struct mutex_access;
}  // namespace detail

/// The lock while it is held; unlocks at the end of its scope. Move-only. It may outlive its mutex object.
class VIADUCT_EXPORT mutex_lock {
 public:
  mutex_lock(mutex_lock&& other) noexcept : impl_(other.impl_), dirty_(other.dirty_) { other.impl_ = nullptr; }
  mutex_lock& operator=(mutex_lock&& other) noexcept;
  ~mutex_lock() {
    if (impl_ != nullptr) release_quietly();
  }

  /// A process died while it held this lock, and nobody has called repaired() since.
  [[nodiscard]] bool owner_died() const noexcept { return dirty_; }
  /// What the lock protects is whole again: nobody hears of the death any more. not_owner: as unlock().
  [[nodiscard]] result<void> repaired();

  [[nodiscard]] bool owns() const noexcept { return impl_ != nullptr; }
  /// not_owner: unlocked before, or the system no longer counts us as the holder (all descriptors of the process were
  /// closed over our head); somebody else may have it, and nothing of theirs was touched.
  [[nodiscard]] result<void> unlock();

 private:
  friend struct detail::mutex_access;
  mutex_lock(detail::mutex_impl* impl, bool dirty) noexcept : impl_(impl), dirty_(dirty) {}
  void release_quietly() noexcept;

  detail::mutex_impl* impl_ = nullptr;
  bool dirty_ = false;
};

class VIADUCT_EXPORT mutex {
 public:
  mutex(mutex&& other) noexcept;
  mutex& operator=(mutex&& other) noexcept;
  ~mutex();

  /// Unlocked. Does not wait. already_exists, name_invalid, name_hijacked, no_space, limit_reached, access_denied
  /// (another user's name).
  [[nodiscard]] static result<mutex> create(const name& what);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<mutex> open(const name& what, deadline until);
  /// Whichever comes first: the usual way. Waits only while somebody is creating or destroying it.
  [[nodiscard]] static result<mutex> open_or_create(const name& what, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found. Seldom needed: create() does it too.
  [[nodiscard]] static result<void> remove(const name& what);

  /// timed_out (the hint names the process that holds it and how long we waited), deadlock (this thread holds it already,
  /// through whatever object of this name; or it waits in a circle with others, which the hint shows), limit_reached (256
  /// waiting threads, where the system needs a bell for each).
  [[nodiscard]] result<mutex_lock> lock(deadline until);

  /// What the system calls the memory it lives in.
  [[nodiscard]] std::string native_name() const;
  /// Idempotent. A lock that is held stays held until its mutex_lock ends. No other thread may be inside a call on this
  /// object, or be ending a lock of it, at the same moment.
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::mutex_access;
  explicit mutex(std::unique_ptr<detail::mutex_impl> impl) noexcept;
  std::unique_ptr<detail::mutex_impl> impl_;
};

}  // namespace viaduct
