// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/in_flight_handles.hpp"

#include <deque>
#include <list>
#include <mutex>
#include <utility>

#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::windows {

/// What one connection has on its way. At most one wait is registered for it, and only its callback ends a wait: so no
/// callback can come for a group that is gone, and nobody ever waits for a callback.
struct in_flight_handles::group {
  std::deque<unique_handle> waiting;  // in the order in which they went
  unique_handle semaphore;
  HANDLE wait = nullptr;
  bool left = false;
  bool leaving_counts = false;  // one count of the semaphore is leave()'s own
  std::list<group>::iterator self;

  void take_count() noexcept {
    if (leaving_counts) {
      leaving_counts = false;
    } else if (!waiting.empty()) {
      waiting.pop_front();
    }
  }
};

namespace {

using group = in_flight_handles::group;

constexpr DWORD patience_ms = 30'000;

struct group_list {
  std::mutex guard;
  std::list<group> all;
};

// Never destroyed: threads of the pool may come until the process ends.
group_list& everything() {
  static group_list* const list = new group_list;
  return *list;
}

void CALLBACK counted(void* context, BOOLEAN timed_out);

DWORD watch(group& one) noexcept {
  const DWORD patience = one.left ? patience_ms : INFINITE;
  const DWORD code = system::register_wait(one.wait, one.semaphore.get(), counted, &one, patience);
  if (code != ERROR_SUCCESS) one.wait = nullptr;
  return code;
}

/// The receiver has its own of some, or the connection has ended, or after that the time is over.
void CALLBACK counted(void* context, BOOLEAN timed_out) {
  group_list& list = everything();
  const std::lock_guard lock(list.guard);  // also waits until watch() has stored the wait
  group& one = *static_cast<group*>(context);
  system::unregister_wait(one.wait);
  one.wait = nullptr;
  if (timed_out == FALSE) one.take_count();                            // the wait took one
  while (system::is_signalled(one.semaphore.get())) one.take_count();  // so does each look
  const bool over = one.left && (one.waiting.empty() || timed_out != FALSE);
  // If the watch fails while the connection lives, its next message with handles sets it up again.
  if (over || (watch(one) != ERROR_SUCCESS && one.left)) list.all.erase(one.self);
}

}  // namespace

result<HANDLE> in_flight_handles::semaphore() {
  group_list& list = everything();
  const std::lock_guard lock(list.guard);
  if (group_ == nullptr) {
    result<unique_handle> made = system::create_semaphore();
    if (!made) return made.error();
    group_ = &list.all.emplace_back();
    group_->self = std::prev(list.all.end());
    group_->semaphore = std::move(*made);
  }
  if (group_->wait == nullptr) {
    if (const DWORD code = watch(*group_); code != ERROR_SUCCESS) return failure(code);
  }
  return group_->semaphore.get();
}

void in_flight_handles::add(std::vector<unique_handle> leaving) {
  const std::lock_guard lock(everything().guard);
  for (unique_handle& one : leaving) group_->waiting.push_back(std::move(one));
}

void in_flight_handles::take_back(std::size_t count) noexcept {
  const std::lock_guard lock(everything().guard);
  for (; count != 0 && !group_->waiting.empty(); --count) group_->waiting.pop_back();
}

void in_flight_handles::leave(bool receiver_is_gone) noexcept {
  if (group_ == nullptr) return;
  group_list& list = everything();
  const std::lock_guard lock(list.guard);
  group& one = *std::exchange(group_, nullptr);
  if (receiver_is_gone) one.waiting.clear();
  one.left = true;
  if (one.wait == nullptr) {
    list.all.erase(one.self);
    return;
  }
  one.leaving_counts = system::release_semaphore(one.semaphore.get(), 1) == ERROR_SUCCESS;
}

}  // namespace viaduct::windows
