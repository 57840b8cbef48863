// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/lasting_thread.hpp"

#include <mutex>
#include <system_error>
#include <thread>

#include "windows/system_stream.hpp"

namespace viaduct::windows {

namespace {

struct order {
  HANDLE to;
  bytes from;
  OVERLAPPED* how;
  system::io outcome{};
  bool done = false;
  order* next = nullptr;
};

/// The system's own lock and condition variable: those of the C++ runtime cost several system calls with some compilers,
/// and this is on the way of a write.
class monitor {
 public:
  void lock() noexcept { ::AcquireSRWLockExclusive(&lock_); }
  void unlock() noexcept { ::ReleaseSRWLockExclusive(&lock_); }
  void wait(CONDITION_VARIABLE& until, DWORD milliseconds) noexcept {
    ::SleepConditionVariableSRW(&until, &lock_, milliseconds, 0);
  }

 private:
  SRWLOCK lock_ = SRWLOCK_INIT;
};

class lasting_thread {
 public:
  system::io run(order& work) noexcept {
    const std::lock_guard lock(guard_);
    if (!started_ && !start()) return {ERROR_NOT_ENOUGH_MEMORY, 0};
    *last_ = &work;
    last_ = &work.next;
    ::WakeConditionVariable(&ordered_);
    while (!work.done) {
      guard_.wait(finished_, liveness_look_ms);
      // While the process ends, Windows kills this thread before the last destructors run.
      if (!work.done && thread_ && system::is_signalled(thread_.get())) return {ERROR_OPERATION_ABORTED, 0};
    }
    return work.outcome;
  }

 private:
  static constexpr DWORD liveness_look_ms = 1000;

  bool start() noexcept {
    try {
      system::keep_library_loaded();
      std::thread([this] { serve(); }).detach();
      started_ = true;
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  [[noreturn]] void serve() noexcept {
    guard_.lock();
    if (result<unique_handle> self = system::own_thread()) thread_ = std::move(*self);
    for (;;) {
      while (first_ == nullptr) guard_.wait(ordered_, INFINITE);
      order* const work = first_;
      first_ = work->next;
      if (first_ == nullptr) last_ = &first_;
      guard_.unlock();
      const system::io outcome = system::write(work->to, work->from, work->how);
      guard_.lock();
      work->outcome = outcome;
      work->done = true;
      ::WakeAllConditionVariable(&finished_);
    }
  }

  monitor guard_;
  CONDITION_VARIABLE ordered_ = CONDITION_VARIABLE_INIT;
  CONDITION_VARIABLE finished_ = CONDITION_VARIABLE_INIT;
  order* first_ = nullptr;
  order** last_ = &first_;
  unique_handle thread_;
  bool started_ = false;
};

}  // namespace

system::io write_from_lasting_thread(HANDLE to, bytes from, OVERLAPPED& how) noexcept {
  // Never destroyed: its thread outlives every destructor.
  static lasting_thread* const thread = new lasting_thread;
  order work{to, from, &how};
  return thread->run(work);
}

}  // namespace viaduct::windows
