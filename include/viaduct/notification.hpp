// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// notification: tells any number of processes of one user that something has happened. It carries nothing but a number: a
// watcher learns how often post() was called since it last asked. Nothing is ever missed, and nobody who posts ever waits.
//
// Prefer a pipe or named_pipe when data must go along; a condition when a mutex protects what is waited for.
//
// Blocking: wait() until its deadline. post() never.
// Ownership: a watcher keeps its notification alive. Watchers are not told of anybody's death.
// Threads: any number may post; a watcher is for one thread at a time, its cancel() for any.
// Cost: post() with nobody waiting is one atomic operation; with somebody waiting one system call more. No allocation.
// A poster that is killed in the middle of post() may leave watchers asleep until the next post.
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "viaduct/deadline.hpp"
#include "viaduct/export.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct notification_impl;
struct notification_watcher_impl;
struct notification_access;
}  // namespace detail

/// Sees every post since it was made by watch().
class VIADUCT_EXPORT notification_watcher {
 public:
  notification_watcher(notification_watcher&& other) noexcept;
  notification_watcher& operator=(notification_watcher&& other) noexcept;
  ~notification_watcher();

  /// How many posts there were since the last wait, at least one. timed_out, cancelled; limit_reached (256 waiting threads,
  /// where the system needs a bell for each).
  [[nodiscard]] result<std::uint64_t> wait(deadline until);

  /// Ends a wait in another thread and every later call with cancelled, within 100 ms. Final: only close() remains.
  void cancel() noexcept;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::notification_access;
  explicit notification_watcher(std::unique_ptr<detail::notification_watcher_impl> impl) noexcept;
  std::unique_ptr<detail::notification_watcher_impl> impl_;
};

class VIADUCT_EXPORT notification {
 public:
  notification(notification&& other) noexcept;
  notification& operator=(notification&& other) noexcept;
  ~notification();

  /// Does not wait. already_exists, name_invalid, name_hijacked, no_space, limit_reached, access_denied (another user's
  /// name).
  [[nodiscard]] static result<notification> create(const name& what);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<notification> open(const name& what, deadline until);
  /// Whichever comes first: the usual way.
  [[nodiscard]] static result<notification> open_or_create(const name& what, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// Counts one and wakes all who wait.
  [[nodiscard]] result<void> post();
  /// A watcher that sees every post from now on. limit_reached.
  [[nodiscard]] result<notification_watcher> watch() const;

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::notification_access;
  explicit notification(std::shared_ptr<detail::notification_impl> impl) noexcept;
  std::shared_ptr<detail::notification_impl> impl_;
};

}  // namespace viaduct
