// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// permit_pool: a number of permits by name, shared by the processes of one user. Who has one may use one of the things that
// there are so many of. A permit comes back when its `permit` object ends, or when its process does, in whatever way.
//
// Prefer a semaphore where one process takes and another gives, or for more than 256; a mutex where what is protected may be
// half changed when a process dies (a permit that comes back says nothing about that).
//
// Blocking: acquire() until its deadline. While it waits it looks after 2 ms, and then every 50 ms, whether a holder has died.
// Ownership: a permit belongs to the process and to its object, not to a thread: it may be given back from any. It keeps its
// pool alive.
// Threads: any number may acquire. Fairness: none.
// Cost: a look at the permits and one atomic operation; no system call while one is free, no allocation.
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "viaduct/deadline.hpp"
#include "viaduct/export.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct permit_pool_impl;
struct permit_pool_access;
}  // namespace detail

/// One permit; given back at the end of its scope. Move-only.
class VIADUCT_EXPORT permit {
 public:
  permit(permit&& other) noexcept;
  permit& operator=(permit&& other) noexcept;
  ~permit();

  [[nodiscard]] bool owns() const noexcept;
  /// not_owner: given back before, or this process was taken for dead and the permit is another's.
  [[nodiscard]] result<void> release();

 private:
  friend struct detail::permit_pool_access;
  permit(std::shared_ptr<detail::permit_pool_impl> pool, std::size_t index) noexcept;
  std::shared_ptr<detail::permit_pool_impl> pool_;
  std::size_t index_ = 0;
};

class VIADUCT_EXPORT permit_pool {
 public:
  /// The largest number of permits.
  static constexpr std::size_t limit = 256;

  permit_pool(permit_pool&& other) noexcept;
  permit_pool& operator=(permit_pool&& other) noexcept;
  ~permit_pool();

  /// Does not wait. invalid_argument (0 permits, or more than `limit`), already_exists, name_invalid, name_hijacked,
  /// no_space, limit_reached, access_denied (another user's name).
  [[nodiscard]] static result<permit_pool> create(const name& what, std::size_t permits);
  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied,
  /// layout_mismatch (made by another version of this library).
  [[nodiscard]] static result<permit_pool> open(const name& what, deadline until);
  /// Whichever comes first. layout_mismatch: it exists with another number of permits.
  [[nodiscard]] static result<permit_pool> open_or_create(const name& what, std::size_t permits, deadline until);
  /// Cleans up after processes that died. already_exists (in use), not_found.
  [[nodiscard]] static result<void> remove(const name& what);

  /// timed_out (the hint names a process that holds one); limit_reached (256 waiting threads, where the system needs a bell
  /// for each).
  [[nodiscard]] result<permit> acquire(deadline until);

  /// How many nobody holds now; those of processes that died count once somebody has waited for them.
  [[nodiscard]] std::size_t available() const noexcept;
  [[nodiscard]] std::size_t permits() const noexcept;

  [[nodiscard]] std::string native_name() const;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::permit_pool_access;
  explicit permit_pool(std::shared_ptr<detail::permit_pool_impl> impl) noexcept;
  std::shared_ptr<detail::permit_pool_impl> impl_;
};

}  // namespace viaduct
