// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry_table.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "backend/system.hpp"
#include "posix/fork.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

// Not std::mutex: the child of a fork needs a fresh one.
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// Never destroyed: objects with static storage may close their entries after this file's would have been.
std::map<file_id, held_ptr>& table() {
  static auto* const entries = new std::map<file_id, held_ptr>;
  return *entries;
}

std::atomic<std::uint64_t> member{0};
std::atomic<std::uint64_t> started{0};

void before_fork() noexcept {
  (void)pthread_mutex_lock(&mutex);
  lock_directories();
}

void in_parent() noexcept {
  unlock_directories();
  (void)pthread_mutex_unlock(&mutex);
}

void in_child() noexcept {
  forget_directories();
  mutex = PTHREAD_MUTEX_INITIALIZER;
  table().clear();
  member.store(0, std::memory_order_relaxed);
  started.store(0, std::memory_order_relaxed);
}

result<std::uint64_t> draw_member() {
  constexpr std::uint64_t mask = (std::uint64_t{1} << 62) - 1;
  std::uint64_t drawn = 0;
  while (drawn == 0) {
    const result<void> filled = system::random(buffer(&drawn, sizeof drawn));
    if (!filled) return filled.error();
    drawn &= mask;
  }
  std::uint64_t known = 0;
  return member.compare_exchange_strong(known, drawn) ? drawn : known;
}

}  // namespace

table_lock::table_lock() noexcept {
  install_fork_handlers();
  (void)pthread_mutex_lock(&mutex);
}

table_lock::~table_lock() { (void)pthread_mutex_unlock(&mutex); }

held_ptr table_lock::find(const file_id& id) const {
  const auto found = table().find(id);
  return found != table().end() ? found->second : nullptr;
}

void table_lock::enter(const held_ptr& held) const { table()[held->opened.id] = held; }

void table_lock::remove(const file_id& id) const noexcept { table().erase(id); }

result<own_process> this_process() {
  own_process self;
  self.process_id = backend::current_process_id();
  self.member = member.load(std::memory_order_relaxed);
  if (self.member == 0) {
    const result<std::uint64_t> drawn = draw_member();
    if (!drawn) return drawn.error();
    self.member = *drawn;
  }
  self.start_time = started.load(std::memory_order_relaxed);
  if (self.start_time == 0) {
    // Without /proc it stays unknown, and then proves nothing to anybody.
    self.start_time = backend::process_start_time(self.process_id).value_or(0);
    started.store(self.start_time, std::memory_order_relaxed);
  }
  return self;
}

std::uint64_t own_member() noexcept { return member.load(std::memory_order_relaxed); }

void install_fork_handlers() noexcept {
  static std::once_flag once;
  std::call_once(once, [] {
    (void)table();
    set_fork_participant({before_fork, in_parent, in_child});
  });
}

}  // namespace viaduct::posix
