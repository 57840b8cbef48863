// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One event count. The count is read while the lock is held: who changes what the predicate reads does that under the lock
// and notifies after it, so no notification falls between the look and the sleep.
#include "viaduct/condition.hpp"

#include "common/event_count.hpp"
#include "common/mutex.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

struct condition_impl : shared_object<event_words> {
  condition_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)), notified(words(), members()) {}
  event_count notified;
};

struct condition_access {
  using object = condition;
  using impl = condition_impl;
  [[nodiscard]] static condition make(std::unique_ptr<condition_impl> impl) noexcept {
    return condition(std::move(impl));
  }
};

}  // namespace detail

namespace {

using detail::condition_access;
using detail::condition_impl;
using detail::mutex_access;

constexpr const char* waiting = "condition::wait";

detail::object_request request_of(const name& what) {
  detail::object_request request = detail::request_for<condition_impl>(backend::object_kind::condition, what);
  request.initialise = [](void* words) {
    return detail::event_count::initialise(*static_cast<detail::event_words*>(words));
  };
  return request;
}

/// A lock that was given up. Unless it comes back, also when there is no memory to say why not, the guard is without it:
/// it would take it from whoever has it by then.
class lock_given_up {
 public:
  explicit lock_given_up(mutex_lock& lock) noexcept : lock_(lock) { mutex_access::suspend(lock); }
  lock_given_up(const lock_given_up&) = delete;
  lock_given_up& operator=(const lock_given_up&) = delete;
  ~lock_given_up() {
    if (!is_back_) mutex_access::lose(lock_);
  }
  void comes_back(bool is_dirty) noexcept {
    mutex_access::resume(lock_, is_dirty);
    is_back_ = true;
  }

 private:
  mutex_lock& lock_;
  bool is_back_ = false;
};

}  // namespace

condition::condition(std::unique_ptr<condition_impl> impl) noexcept : impl_(std::move(impl)) {}
condition::condition(condition&& other) noexcept = default;
condition& condition::operator=(condition&& other) noexcept = default;
condition::~condition() = default;

result<condition> condition::create(const name& what) {
  return detail::finish_object<condition_access>(what, detail::create_object(request_of(what)), "condition::create");
}

result<condition> condition::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<condition_access>(what, detail::open_object(request_of(what), wait), "condition::open");
}

result<condition> condition::open_or_create(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<condition_access>(what, detail::open_or_create_object(request_of(what), wait),
                                                 "condition::open_or_create");
}

result<void> condition::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::condition, what, "condition::remove");
}

result<void> condition::check_lock(const mutex_lock& lock) const {
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, waiting);
  if (!lock.owns())
    return impl_->failed(error(errc::not_owner).advise("wait() needs the lock: mutex::lock() first"), waiting);
  if (lock.owner_died()) {
    return impl_->failed(
        error(errc::owner_died).advise("put right what the lock protects, call lock.repaired(), then wait again"),
        waiting);
  }
  return {};
}

result<void> condition::sleep(mutex_lock& lock, deadline until) {
  timer wait(until);
  if (wait.expired()) return impl_->failed(error(errc::timed_out), waiting);
  const std::uint64_t seen = impl_->notified.value();
  detail::mutex_impl& mutex = *mutex_access::held_by(lock);
  lock_given_up given_up(lock);
  if (const errc unlocked = mutex.lock.release(false); unlocked != errc{}) {
    return mutex.failed(error(unlocked), waiting);
  }
  const result<void> woken = impl_->notified.sleep(seen, wait.moment(), nullptr);
  const result<bool> dirty = detail::lock_mutex(mutex, until, waiting);
  if (!dirty) return dirty.error();
  given_up.comes_back(*dirty);
  if (!woken) return impl_->failed(woken.error(), waiting);
  return {};
}

result<void> condition::notify_one() { return notify("condition::notify_one"); }

result<void> condition::notify_all() { return notify("condition::notify_all"); }

result<void> condition::notify(const char* operation) {
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  impl_->notified.post();
  return {};
}

std::string condition::native_name() const { return is_open() ? backend::native_name(*impl_->memory) : std::string(); }

void condition::close() noexcept { impl_.reset(); }

bool condition::is_open() const noexcept { return is_usable(impl_); }

}  // namespace viaduct
