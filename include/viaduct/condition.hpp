// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// condition: waits until something that a mutex protects has become true. By name, between processes of one user.
//
//   auto lock = mutex.lock(1s);
//   const auto ready = condition.wait(*lock, [&] { return queue->count > 0; }, 5s);
//
// Prefer a notification when there is no mutex; a semaphore when what is waited for is a number. There is no wait without a
// predicate: whoever waits must be able to tell a wake-up from a reason to go on.
//
// Blocking: wait() until its deadline; it gives the lock up while it waits, and has it again when it returns, unless
// lock.owns() says otherwise (timed_out, deadlock: the lock did not come back in time).
// Death of a process that waits or notifies spoils nothing; that of a holder of the mutex is told: owner_died.
// Threads: any number. Use one mutex with it, the same in all processes.
// Cost: notify with nobody waiting is one atomic operation. A notify wakes all who wait, for one alone might have died.
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <memory>
#include <string>

#include "viaduct/deadline.hpp"
#include "viaduct/export.hpp"
#include "viaduct/mutex.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct condition_impl;
struct condition_access;
}  // namespace detail

class VIADUCT_EXPORT condition {
 public:
  condition(condition&& other) noexcept;
  condition& operator=(condition&& other) noexcept;
  ~condition();

  /// Does not wait. already_exists, name_invalid, name_hijacked, no_space, limit_reached, access_denied (another user's
  /// name).
  [[nodiscard]] static result<condition> create(const name& what);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<condition> open(const name& what, deadline until);
  /// Whichever comes first: the usual way.
  [[nodiscard]] static result<condition> open_or_create(const name& what, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// Success: the predicate was true, under the lock. owner_died: somebody died inside the lock; it is held, and the
  /// predicate was not run: put things right, lock.repaired(), wait again. timed_out; not_owner (the lock is not held);
  /// deadlock (as mutex::lock); limit_reached (256 waiting threads, where the system needs a bell for each). What the
  /// predicate throws goes through, with the lock held.
  template <class Predicate>
  [[nodiscard]] result<void> wait(mutex_lock& lock, Predicate&& is_true, deadline until) {
    const deadline end = until.is_now() ? until : until.fixed();
    for (;;) {
      if (const result<void> sound = check_lock(lock); !sound) return sound;
      if (is_true()) return {};
      if (const result<void> woken = sleep(lock, end); !woken) return woken;
    }
  }

  /// Wakes at least one of those who wait now.
  [[nodiscard]] result<void> notify_one();
  /// Wakes all of them.
  [[nodiscard]] result<void> notify_all();

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::condition_access;
  explicit condition(std::unique_ptr<detail::condition_impl> impl) noexcept;
  [[nodiscard]] result<void> check_lock(const mutex_lock& lock) const;
  [[nodiscard]] result<void> sleep(mutex_lock& lock, deadline until);
  [[nodiscard]] result<void> notify(const char* operation);
  std::unique_ptr<detail::condition_impl> impl_;
};

}  // namespace viaduct
