// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// semaphore: a counter by name between processes of one user. acquire() takes one, and waits while there is none; release()
// adds some, and anybody may.
//
// Prefer permit_pool where what is taken must come back when its taker is killed: a semaphore knows no owners, so the death
// of a process changes nothing, and what it had taken is lost. Prefer a mutex where one at a time is let in. A process that is
// killed in the middle of release() may leave those asleep who wait, until the next release or their deadline.
//
// Blocking: acquire() until its deadline. release() never.
// Threads: any number. Fairness: none; all who wait are woken by a release, and whoever is first takes it.
// Cost: acquire without waiting is one atomic operation, release two; no system call while nobody waits, no allocation.
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
struct semaphore_impl;
struct semaphore_access;
}  // namespace detail

class VIADUCT_EXPORT semaphore {
 public:
  /// The largest maximum.
  static constexpr std::uint64_t limit = std::uint64_t{1} << 31;

  semaphore(semaphore&& other) noexcept;
  semaphore& operator=(semaphore&& other) noexcept;
  ~semaphore();

  /// Does not wait. invalid_argument (maximum 0 or above `limit`, initial above maximum), already_exists, name_invalid,
  /// name_hijacked, no_space, limit_reached, access_denied (another user's name).
  [[nodiscard]] static result<semaphore> create(const name& what, std::uint64_t initial, std::uint64_t maximum);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<semaphore> open(const name& what, deadline until);
  /// Whichever comes first; `initial` counts for who creates. layout_mismatch: it exists with another maximum.
  [[nodiscard]] static result<semaphore> open_or_create(const name& what, std::uint64_t initial, std::uint64_t maximum,
                                                        deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// Takes one. timed_out; limit_reached (256 waiting threads, where the system needs a bell for each).
  [[nodiscard]] result<void> acquire(deadline until);
  /// Adds n, wakes who waits. limit_reached: more than the maximum; nothing was added then.
  [[nodiscard]] result<void> release(std::uint64_t n = 1);

  /// How many could be taken now: old news as soon as it is read.
  [[nodiscard]] std::uint64_t available() const noexcept;
  [[nodiscard]] std::uint64_t maximum() const noexcept;

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::semaphore_access;
  explicit semaphore(std::unique_ptr<detail::semaphore_impl> impl) noexcept;
  std::unique_ptr<detail::semaphore_impl> impl_;
};

}  // namespace viaduct
