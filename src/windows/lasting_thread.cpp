// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/lasting_thread.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
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

class lasting_thread {
 public:
  system::io run(order& work) {
    std::unique_lock lock(guard_);
    if (!started_ && !start()) return {ERROR_NOT_ENOUGH_MEMORY, 0};
    *last_ = &work;
    last_ = &work.next;
    ordered_.notify_one();
    while (!work.done) {
      finished_.wait_for(lock, std::chrono::seconds(1));
      // While the process ends, Windows kills this thread before the last destructors run.
      if (!work.done && thread_ && system::is_signalled(thread_.get())) return {ERROR_OPERATION_ABORTED, 0};
    }
    return work.outcome;
  }

 private:
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

  [[noreturn]] void serve() {
    std::unique_lock lock(guard_);
    if (result<unique_handle> self = system::own_thread()) thread_ = std::move(*self);
    for (;;) {
      while (first_ == nullptr) ordered_.wait(lock);
      order* const work = first_;
      first_ = work->next;
      if (first_ == nullptr) last_ = &first_;
      lock.unlock();
      const system::io outcome = system::write(work->to, work->from, work->how);
      lock.lock();
      work->outcome = outcome;
      work->done = true;
      finished_.notify_all();
    }
  }

  std::mutex guard_;
  std::condition_variable ordered_;
  std::condition_variable finished_;
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
