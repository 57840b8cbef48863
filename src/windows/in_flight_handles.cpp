// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/in_flight_handles.hpp"

#include <list>
#include <mutex>
#include <new>

#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::windows {

namespace {

constexpr DWORD patience_ms = 30'000;

void close_some(std::deque<unique_handle>& waiting, HANDLE semaphore) noexcept {
  while (!waiting.empty() && system::is_signalled(semaphore)) waiting.pop_front();  // each look takes one of its count
}

struct left_behind {
  std::deque<unique_handle> waiting;
  unique_handle semaphore;
  HANDLE wait = nullptr;
  std::list<left_behind>::iterator self;
};

struct left_list {
  std::mutex guard;
  std::list<left_behind> all;
};

// Never destroyed: threads of the pool may come until the process ends.
left_list& everything() {
  static left_list* const list = new left_list;
  return *list;
}

/// The receiver has begun to collect, or the time is over. What it collects later than this is found at its next step.
void CALLBACK collected(void* context, BOOLEAN timed_out);

bool wait_for_receiver(left_behind& one) noexcept {
  return system::register_wait(one.wait, one.semaphore.get(), collected, &one, patience_ms) == ERROR_SUCCESS;
}

void CALLBACK collected(void* context, BOOLEAN timed_out) {
  left_list& list = everything();
  std::list<left_behind> done;
  const std::lock_guard lock(list.guard);  // also waits until register_wait() has stored the wait
  left_behind& one = *static_cast<left_behind*>(context);
  system::unregister_wait(one.wait);
  if (timed_out == FALSE) {
    if (!one.waiting.empty()) one.waiting.pop_front();  // the wait took one of the count
    close_some(one.waiting, one.semaphore.get());
    if (!one.waiting.empty() && wait_for_receiver(one)) return;
  }
  done.splice(done.begin(), list.all, one.self);
}

}  // namespace

result<HANDLE> in_flight_handles::semaphore() {
  if (!semaphore_) {
    result<unique_handle> made = system::create_semaphore();
    if (!made) return made.error();
    semaphore_ = std::move(*made);
  }
  return semaphore_.get();
}

void in_flight_handles::add(std::vector<unique_handle> sent) {
  for (unique_handle& one : sent) waiting_.push_back(std::move(one));
}

void in_flight_handles::close_collected() noexcept {
  if (semaphore_) close_some(waiting_, semaphore_.get());
}

void in_flight_handles::leave(std::deque<unique_handle> waiting, unique_handle semaphore) noexcept {
  if (waiting.empty()) return;
  try {
    left_list& list = everything();
    const std::lock_guard lock(list.guard);
    const auto self = list.all.emplace(list.all.end());
    self->self = self;
    self->waiting = std::move(waiting);
    self->semaphore = std::move(semaphore);
    if (!wait_for_receiver(*self)) list.all.erase(self);
  } catch (const std::bad_alloc&) {
    // Without memory to wait, the receiver finds them gone.
  }
}

}  // namespace viaduct::windows
