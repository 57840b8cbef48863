// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/mutex.hpp"

#include <utility>

#include "common/hot_path.hpp"

namespace viaduct {

using detail::is_usable;
using detail::mutex_access;
using detail::mutex_impl;
using detail::timer;
using detail::why_not_open;

namespace {

detail::object_request request_of(const name& what) {
  detail::object_request request = detail::request_for<mutex_impl>(backend::object_kind::mutex, what);
  request.initialise = [](void* words) -> result<void> {
    return detail::event_count::initialise(static_cast<detail::lock_words*>(words)->events);
  };
  return request;
}

/// Guards that outlive their mutex object keep what they need: the last one deletes it.
void let_go_of(std::unique_ptr<mutex_impl> impl) noexcept {
  if (!impl) return;
  std::uint32_t guards = 0;
  {
    const std::lock_guard moving(impl->transition);
    guards = impl->sleeping + (impl->guarded.load() ? 1 : 0);
    impl->left.store(guards);
    impl->orphaned.store(guards != 0);
  }
  if (guards != 0) impl.release();  // NOLINT(bugprone-unused-return-value): the guards have it
}

}  // namespace

mutex::mutex(std::unique_ptr<mutex_impl> impl) noexcept : impl_(std::move(impl)) {}
mutex::mutex(mutex&& other) noexcept = default;
mutex& mutex::operator=(mutex&& other) noexcept {
  if (this != &other) {
    close();
    impl_ = std::move(other.impl_);
  }
  return *this;
}
mutex::~mutex() { close(); }

result<mutex> mutex::create(const name& what) {
  return detail::finish_object<mutex_access>(what, detail::create_object(request_of(what)), "mutex::create");
}

result<mutex> mutex::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<mutex_access>(what, detail::open_object(request_of(what), wait), "mutex::open");
}

result<mutex> mutex::open_or_create(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<mutex_access>(what, detail::open_or_create_object(request_of(what), wait),
                                             "mutex::open_or_create");
}

result<void> mutex::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::mutex, what, "mutex::remove");
}

result<mutex_lock> mutex::lock(deadline until) {
  constexpr const char* operation = "mutex::lock";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (impl_->lock.try_clean()) [[likely]] {
    impl_->guarded.store(true, std::memory_order_relaxed);
    return mutex_access::make(*impl_, false);
  }
  const result<bool> dirty = detail::lock_mutex(*impl_, until, operation);
  if (!dirty) return dirty.error();
  impl_->guarded.store(true, std::memory_order_relaxed);
  return mutex_access::make(*impl_, *dirty);
}

std::string mutex::native_name() const { return is_open() ? backend::native_name(*impl_->memory) : std::string(); }

void mutex::close() noexcept { let_go_of(std::move(impl_)); }

bool mutex::is_open() const noexcept { return is_usable(impl_); }

// ---- mutex_lock

namespace {

constexpr const char* taken_for_dead = "this process was taken for dead: something closed all its descriptors";

/// The rare ends of a lock: it was not ours any more, or its mutex object has gone before.
result<void> end_of(mutex_impl& held, errc outcome) {
  const auto end = [](mutex_impl* ended) {
    if (ended->orphaned.load()) detail::end_orphan(*ended);
  };
  const std::unique_ptr<mutex_impl, decltype(end)> ends(&held, end);
  if (outcome == errc{}) return {};
  error failed(outcome);
  if (outcome == errc::not_owner) failed.advise(taken_for_dead);
  return held.failed(std::move(failed), "mutex_lock::unlock");
}

}  // namespace

mutex_lock& mutex_lock::operator=(mutex_lock&& other) noexcept {
  if (this != &other) {
    if (impl_ != nullptr) release_quietly();
    impl_ = std::exchange(other.impl_, nullptr);
    dirty_ = other.dirty_;
  }
  return *this;
}

result<void> mutex_lock::repaired() {
  constexpr const char* operation = "mutex_lock::repaired";
  if (impl_ == nullptr) return detail::not_held(operation);
  if (impl_->born.is_foreign()) return impl_->failed(error(errc::forked), operation);
  if (const errc outcome = impl_->lock.repair(); outcome != errc{}) {
    return impl_->failed(error(outcome).advise(taken_for_dead), operation);
  }
  dirty_ = false;
  return {};
}

result<void> mutex_lock::unlock() {
  constexpr const char* operation = "mutex_lock::unlock";
  if (impl_ == nullptr) return detail::not_held(operation);
  mutex_impl& held = *std::exchange(impl_, nullptr);
  if (held.born.is_foreign()) return end_of(held, errc::forked);
  held.guarded.store(false, std::memory_order_relaxed);
  const errc outcome = held.lock.release(dirty_);
  if (outcome == errc{} && !held.orphaned.load(std::memory_order_relaxed)) [[likely]]
    return {};
  return end_of(held, outcome);
}

void mutex_lock::release_quietly() noexcept { (void)unlock(); }

namespace detail {

result<bool> lock_mutex(mutex_impl& impl, deadline until, const char* operation) {
  timer wait(until);
  lock_word::blocker by;
  result<bool> taken = impl.lock.acquire(wait, by);
  if (taken) return taken;
  error failed = taken.error();
  if (failed == errc::timed_out && !wait.poll_only()) {
    failed.advise("held by " + impl.describe(by.holder) + "; waited " + std::to_string(by.waited.count()) + " ms");
  }
  return impl.failed(std::move(failed), operation);
}

}  // namespace detail

}  // namespace viaduct
