// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The process-shared objects of POSIX threads, in memory that a fork shares. Never unmapped: forked processes use it. All
// are made before the fork.
#pragma once

#include <pthread.h>

#include <chrono>
#include <ctime>

#include "support/crowd.hpp"
#include "support/machine.hpp"

namespace viaduct::bench {

template <class Object>
[[nodiscard]] Object* shared_object_of() {
  return static_cast<Object*>(shared_pages(sizeof(Object)));
}

inline void check_pthread(int outcome, const char* call) {
  if (outcome != 0) [[unlikely]]
    fail(call);
}

/// Robust.
class raw_mutex {
 public:
  raw_mutex() : made_(shared_object_of<pthread_mutex_t>()) {
    pthread_mutexattr_t how;
    bool good = ::pthread_mutexattr_init(&how) == 0;
    good = good && ::pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0;
    good = good && ::pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST) == 0;
    good = good && ::pthread_mutex_init(made_, &how) == 0;
    if (!good) fail("no robust pthread mutex");
  }
  void lock() const { check_pthread(::pthread_mutex_lock(made_), "pthread_mutex_lock"); }
  void unlock() const { check_pthread(::pthread_mutex_unlock(made_), "pthread_mutex_unlock"); }
  [[nodiscard]] pthread_mutex_t* native() const noexcept { return made_; }

 private:
  pthread_mutex_t* made_;
};

/// By the monotonic clock.
class raw_condition {
 public:
  raw_condition() : made_(shared_object_of<pthread_cond_t>()) {
    pthread_condattr_t how;
    bool good = ::pthread_condattr_init(&how) == 0;
    good = good && ::pthread_condattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0;
    good = good && ::pthread_condattr_setclock(&how, CLOCK_MONOTONIC) == 0;
    good = good && ::pthread_cond_init(made_, &how) == 0;
    if (!good) fail("no process-shared pthread condition");
  }
  void notify_all() const { check_pthread(::pthread_cond_broadcast(made_), "pthread_cond_broadcast"); }
  /// `time_out` of 0: for ever.
  template <class Predicate>
  void wait(const raw_mutex& held, Predicate&& is_true, std::chrono::seconds time_out) const {
    if (time_out.count() == 0) {
      while (!is_true()) check_pthread(::pthread_cond_wait(made_, held.native()), "pthread_cond_wait");
      return;
    }
    timespec end{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += time_out.count();
    while (!is_true()) check_pthread(::pthread_cond_timedwait(made_, held.native(), &end), "pthread_cond_timedwait");
  }

 private:
  pthread_cond_t* made_;
};

class raw_read_write_lock {
 public:
  raw_read_write_lock() : made_(shared_object_of<pthread_rwlock_t>()) {
    pthread_rwlockattr_t how;
    bool good = ::pthread_rwlockattr_init(&how) == 0;
    good = good && ::pthread_rwlockattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0;
    good = good && ::pthread_rwlock_init(made_, &how) == 0;
    if (!good) fail("no process-shared pthread read-write lock");
  }
  void lock() const { check_pthread(::pthread_rwlock_wrlock(made_), "pthread_rwlock_wrlock"); }
  void lock_shared() const { check_pthread(::pthread_rwlock_rdlock(made_), "pthread_rwlock_rdlock"); }
  void unlock() const { check_pthread(::pthread_rwlock_unlock(made_), "pthread_rwlock_unlock"); }

 private:
  pthread_rwlock_t* made_;
};

class raw_barrier {
 public:
  explicit raw_barrier(unsigned parties) : made_(shared_object_of<pthread_barrier_t>()) {
    pthread_barrierattr_t how;
    bool good = ::pthread_barrierattr_init(&how) == 0;
    good = good && ::pthread_barrierattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0;
    good = good && ::pthread_barrier_init(made_, &how, parties) == 0;
    if (!good) fail("no process-shared pthread barrier");
  }
  void arrive_and_wait() const {
    const int outcome = ::pthread_barrier_wait(made_);
    if (outcome != 0 && outcome != PTHREAD_BARRIER_SERIAL_THREAD) [[unlikely]]
      fail("pthread_barrier_wait");
  }

 private:
  pthread_barrier_t* made_;
};

}  // namespace viaduct::bench
