// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/blocking_worker.hpp"

#include <array>
#include <chrono>
#include <system_error>
#include <thread>

#include "windows/system_stream.hpp"

namespace viaduct::windows {

namespace {

// Until a blocked call has noticed that it was called off. A driver that refuses keeps the call.
constexpr int most_attempts = 100;

}  // namespace

result<std::shared_ptr<worker>> worker::start(unique_handle file, bool for_writing) {
  auto made = std::make_shared<worker>();
  result<unique_handle> idle = system::create_event({.signalled = true});
  if (!idle) return idle.error();
  made->idle_ = std::move(*idle);
  made->memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  made->for_writing_ = for_writing;
  made->file_ = std::move(file);
  try {
    system::keep_library_loaded();
    std::thread([made] { made->serve(); }).detach();
  } catch (const std::system_error&) {
    return error(errc::limit_reached).advise("the system cannot start another thread");
  }
  return made;
}

void worker::serve() {
  std::unique_lock lock(guard_);
  if (result<unique_handle> self = system::own_thread()) thread_ = std::move(*self);
  for (;;) {
    while (!busy_ && !dismissed_) ordered_.wait(lock);
    if (!busy_) return;
    const std::size_t size = size_;
    lock.unlock();
    const buffer content(memory_.get(), size);
    const system::io done =
        for_writing_ ? system::write(file_.get(), content, nullptr) : system::read(file_.get(), content, nullptr);
    lock.lock();
    outcome_ = done;
    busy_ = false;
    system::set_event(idle_.get());
  }
}

void worker::begin(std::size_t size) {
  const std::lock_guard lock(guard_);
  system::reset_event(idle_.get());
  size_ = size;
  busy_ = true;
  has_outcome = true;
  unread_at = 0;
  ordered_.notify_one();
}

void worker::call_off() noexcept {
  for (int attempt = 0; attempt < most_attempts && !is_idle(); ++attempt) {
    {
      const std::lock_guard lock(guard_);
      if (thread_) (void)system::cancel_synchronous_io(thread_.get());
    }
    // The thread may be on its way into the call, where it cannot be called back yet.
    const std::array<HANDLE, 1> idle{idle_.get()};
    detail::timer moment(deadline(std::chrono::milliseconds(1)));
    (void)system::wait(idle, moment).has_value();
  }
}

void worker::dismiss() noexcept {
  const std::lock_guard lock(guard_);
  dismissed_ = true;
  ordered_.notify_one();
  if (busy_ && !for_writing_ && thread_) (void)system::cancel_synchronous_io(thread_.get());
}

}  // namespace viaduct::windows
