// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <memory>
#include <mutex>

#include "common/lock_word.hpp"
#include "common/shared_object.hpp"
#include "viaduct/mutex.hpp"

namespace viaduct::detail {

struct mutex_impl : shared_object<lock_words> {
  mutex_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)),
        lock(words(), members(), self, {wait_graph::of_this_process(), "mutex", *called}) {}

  lock_word lock;
  // Guards may outlive the object that made them: the one that has the lock, and those in condition::wait.
  std::atomic<bool> guarded{false};
  std::mutex transition;               // of a guard from one to the other, and of the object's end
  std::uint32_t sleeping = 0;          // in condition::wait; under `transition`
  std::atomic<std::uint32_t> left{0};  // guards when the object was closed: the last one to end deletes us
  std::atomic<bool> orphaned{false};   // that is so
};

/// A guard has ended that was there when its object was closed.
inline void end_orphan(mutex_impl& impl) noexcept {
  if (impl.left.fetch_sub(1) == 1) delete &impl;
}

struct mutex_access {
  using object = mutex;
  using impl = mutex_impl;
  [[nodiscard]] static mutex make(std::unique_ptr<mutex_impl> impl) noexcept { return mutex(std::move(impl)); }
  [[nodiscard]] static mutex_lock make(mutex_impl& impl, bool dirty) noexcept { return {&impl, dirty}; }
  /// For condition: the mutex that a guard holds; nullptr if it does not.
  [[nodiscard]] static mutex_impl* held_by(const mutex_lock& guard) noexcept { return guard.impl_; }
  /// The guard gives the lock up for a while; before that is done.
  static void suspend(mutex_lock& guard) noexcept {
    const std::lock_guard moving(guard.impl_->transition);
    ++guard.impl_->sleeping;
    guard.impl_->guarded.store(false, std::memory_order_relaxed);
  }
  /// It has the lock again.
  static void resume(mutex_lock& guard, bool dirty) noexcept {
    guard.dirty_ = dirty;
    const std::lock_guard moving(guard.impl_->transition);
    --guard.impl_->sleeping;
    guard.impl_->guarded.store(true, std::memory_order_relaxed);
  }
  /// The lock did not come back.
  static void lose(mutex_lock& guard) noexcept {
    mutex_impl& lost = *std::exchange(guard.impl_, nullptr);
    bool is_orphan = false;
    {
      const std::lock_guard moving(lost.transition);
      --lost.sleeping;
      is_orphan = lost.orphaned.load();
    }
    if (is_orphan) end_orphan(lost);  // else it is the object's, who may be closing it right now
  }
};

/// As mutex::lock; for condition too.
[[nodiscard]] result<bool> lock_mutex(mutex_impl& impl, deadline until, const char* operation);

}  // namespace viaduct::detail
