// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <memory>

#include "common/lock_word.hpp"
#include "common/shared_object.hpp"
#include "viaduct/mutex.hpp"

namespace viaduct::detail {

struct mutex_impl : shared_object<lock_words> {
  mutex_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)),
        lock(words(), members(), self, {wait_graph::of_this_process(), "mutex", *called}) {}

  lock_word lock;
  std::atomic<bool> guarded{false};   // a guard of this very object holds the lock
  std::atomic<bool> orphaned{false};  // the object was closed meanwhile: the guard deletes us
};

struct mutex_access {
  using object = mutex;
  using impl = mutex_impl;
  [[nodiscard]] static mutex make(std::unique_ptr<mutex_impl> impl) noexcept { return mutex(std::move(impl)); }
  [[nodiscard]] static mutex_lock make(mutex_impl& impl, bool dirty) noexcept { return {&impl, dirty}; }
  /// For condition: the mutex that a guard holds; nullptr if it does not.
  [[nodiscard]] static mutex_impl* held_by(const mutex_lock& guard) noexcept { return guard.impl_; }
  /// For condition, which gives the lock up and takes it again behind the guard's back.
  static void set_dirty(mutex_lock& guard, bool dirty) noexcept { guard.dirty_ = dirty; }
  /// The lock did not come back.
  static void lose(mutex_lock& guard) noexcept {
    mutex_impl* const lost = std::exchange(guard.impl_, nullptr);
    lost->guarded.store(false, std::memory_order_relaxed);
    if (lost->orphaned.load(std::memory_order_relaxed)) delete lost;
  }
};

/// As mutex::lock; for condition too.
[[nodiscard]] result<bool> lock_mutex(mutex_impl& impl, deadline until, const char* operation);

}  // namespace viaduct::detail
