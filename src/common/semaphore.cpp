// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two counters that only grow: `released`, which is the event count that waiters sleep on, and `acquired`. What can be taken
// is their difference. A process that is killed between any two instructions leaves both right.
#include "viaduct/semaphore.hpp"

#include "common/event_count.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::failed_on;
using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

struct semaphore_words {
  event_words released;
  alignas(64) std::atomic<std::uint64_t> acquired;
};

struct semaphore_impl : shared_object<semaphore_words> {
  semaphore_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)), released(words().released, members()), maximum(parameter(0)) {}

  /// Takes one if there is one.
  [[nodiscard]] bool try_acquire(std::uint64_t released_now) noexcept {
    std::atomic<std::uint64_t>& acquired = words().acquired;
    std::uint64_t taken = acquired.load(std::memory_order_relaxed);
    while (taken < released_now) {
      if (acquired.compare_exchange_weak(taken, taken + 1)) return true;
    }
    return false;
  }

  event_count released;
  std::uint64_t maximum;
};

struct semaphore_access {
  using object = semaphore;
  using impl = semaphore_impl;
  [[nodiscard]] static semaphore make(std::unique_ptr<semaphore_impl> impl) noexcept {
    return semaphore(std::move(impl));
  }
};

}  // namespace detail

namespace {

using detail::semaphore_access;
using detail::semaphore_impl;

detail::object_request request_of(const name& what, std::uint64_t initial, std::uint64_t maximum) {
  detail::object_request request = detail::request_for<semaphore_impl>(backend::object_kind::semaphore, what);
  request.parameters[0] = maximum;
  request.initialise = [initial](void* words) -> result<void> {
    detail::event_words& released = static_cast<detail::semaphore_words*>(words)->released;
    released.count.store(initial);
    return detail::event_count::initialise(released);
  };
  return request;
}

result<void> check_counts(std::uint64_t initial, std::uint64_t maximum) {
  if (maximum == 0 || maximum > semaphore::limit) {
    return error(errc::invalid_argument).advise("the maximum of a semaphore is 1 to 2^31");
  }
  if (initial > maximum) return error(errc::invalid_argument).advise("the initial count is above the maximum");
  return {};
}

}  // namespace

semaphore::semaphore(std::unique_ptr<semaphore_impl> impl) noexcept : impl_(std::move(impl)) {}
semaphore::semaphore(semaphore&& other) noexcept = default;
semaphore& semaphore::operator=(semaphore&& other) noexcept = default;
semaphore::~semaphore() = default;

result<semaphore> semaphore::create(const name& what, std::uint64_t initial, std::uint64_t maximum) {
  constexpr const char* operation = "semaphore::create";
  if (const result<void> valid = check_counts(initial, maximum); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  return detail::finish_object<semaphore_access>(what, detail::create_object(request_of(what, initial, maximum)),
                                                 operation);
}

result<semaphore> semaphore::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<semaphore_access>(what, detail::open_object(request_of(what, 0, 0), wait),
                                                 "semaphore::open");
}

result<semaphore> semaphore::open_or_create(const name& what, std::uint64_t initial, std::uint64_t maximum,
                                            deadline until) {
  constexpr const char* operation = "semaphore::open_or_create";
  if (const result<void> valid = check_counts(initial, maximum); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  timer wait(until);
  return detail::finish_object<semaphore_access>(
      what, detail::open_or_create_object(request_of(what, initial, maximum), wait), operation);
}

result<void> semaphore::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::semaphore, what, "semaphore::remove");
}

result<void> semaphore::acquire(deadline until) {
  constexpr const char* operation = "semaphore::acquire";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (impl_->try_acquire(impl_->released.value())) [[likely]]
    return {};
  timer wait(until);
  const detail::event_count::moment end = wait.moment();
  for (;;) {
    const std::uint64_t seen = impl_->released.value();
    if (impl_->try_acquire(seen)) return {};
    if (wait.expired()) return impl_->failed(error(errc::timed_out), operation);
    const result<void> woken = impl_->released.sleep(seen, end, nullptr);
    if (!woken) return impl_->failed(woken.error(), operation);
  }
}

result<void> semaphore::release(std::uint64_t n) {
  constexpr const char* operation = "semaphore::release";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (n == 0) return {};
  std::atomic<std::uint64_t>& released = impl_->released.count();
  std::uint64_t now = released.load(std::memory_order_relaxed);
  for (;;) {
    // Both only grow: `acquired` may have passed what was read before, but not if `released` is still the same after.
    const std::uint64_t available = now - impl_->words().acquired.load();
    if (n <= impl_->maximum && available <= impl_->maximum - n) {
      if (released.compare_exchange_weak(now, now + n)) break;
      continue;
    }
    if (const std::uint64_t later = released.load(); later != now) {
      now = later;
      continue;
    }
    impl_->released.notify(now);  // who was killed in release() may have counted and woken nobody
    return impl_->failed(error(errc::limit_reached)
                             .advise("the maximum is " + std::to_string(impl_->maximum) + ", and " +
                                     std::to_string(available) + " are there already"),
                         operation);
  }
  impl_->released.notify(now + n);
  return {};
}

std::uint64_t semaphore::available() const noexcept {
  if (!is_usable(impl_)) return 0;
  for (std::uint64_t released = impl_->released.value();;) {
    const std::uint64_t acquired = impl_->words().acquired.load();
    const std::uint64_t later = impl_->released.value();
    if (later == released) return released - acquired;  // both at the instant in between
    released = later;
  }
}

std::uint64_t semaphore::maximum() const noexcept { return is_usable(impl_) ? impl_->maximum : 0; }

std::string semaphore::native_name() const { return is_open() ? backend::native_name(*impl_->memory) : std::string(); }

void semaphore::close() noexcept { impl_.reset(); }

bool semaphore::is_open() const noexcept { return is_usable(impl_); }

}  // namespace viaduct
