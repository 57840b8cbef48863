// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/notification.hpp"

#include "common/event_count.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

struct notification_impl : shared_object<event_words> {
  notification_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)), posts(words(), members()) {}
  event_count posts;
};

struct notification_watcher_impl : object_base {
  notification_watcher_impl(std::shared_ptr<notification_impl> watched, std::unique_ptr<backend::wait_canceller> ends)
      : object_base(watched->called), of(std::move(watched)), canceller(std::move(ends)), seen(of->posts.value()) {}
  [[nodiscard]] bool is_open() const noexcept { return of != nullptr; }

  std::shared_ptr<notification_impl> of;
  std::unique_ptr<backend::wait_canceller> canceller;
  std::uint64_t seen;  // posts that the watcher knows of
};

struct notification_access {
  using object = notification;
  using impl = notification_impl;
  [[nodiscard]] static notification make(std::shared_ptr<notification_impl> impl) noexcept {
    return notification(std::move(impl));
  }
  [[nodiscard]] static notification_watcher make(std::unique_ptr<notification_watcher_impl> impl) noexcept {
    return notification_watcher(std::move(impl));
  }
};

}  // namespace detail

namespace {

using detail::notification_access;
using detail::notification_impl;
using detail::notification_watcher_impl;

detail::object_request request_of(const name& what) {
  detail::object_request request = detail::request_for<notification_impl>(backend::object_kind::notification, what);
  request.initialise = [](void* words) -> result<void> {
    return detail::event_count::initialise(*static_cast<detail::event_words*>(words));
  };
  return request;
}

}  // namespace

// ---- notification

notification::notification(std::shared_ptr<notification_impl> impl) noexcept : impl_(std::move(impl)) {}
notification::notification(notification&& other) noexcept = default;
notification& notification::operator=(notification&& other) noexcept = default;
notification::~notification() = default;

result<notification> notification::create(const name& what) {
  return detail::finish_object<notification_access>(what, detail::create_object(request_of(what)),
                                                    "notification::create");
}

result<notification> notification::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<notification_access>(what, detail::open_object(request_of(what), wait),
                                                    "notification::open");
}

result<notification> notification::open_or_create(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<notification_access>(what, detail::open_or_create_object(request_of(what), wait),
                                                    "notification::open_or_create");
}

result<void> notification::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::notification, what, "notification::remove");
}

result<void> notification::post() {
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, "notification::post");
  impl_->posts.post();
  return {};
}

result<notification_watcher> notification::watch() const {
  constexpr const char* operation = "notification::watch";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  result<std::unique_ptr<backend::wait_canceller>> ends = backend::wait_canceller::make();
  if (!ends) return impl_->failed(ends.error(), operation);
  return notification_access::make(std::make_unique<notification_watcher_impl>(impl_, std::move(*ends)));
}

std::string notification::native_name() const {
  return is_open() ? backend::native_name(*impl_->memory) : std::string();
}

void notification::close() noexcept { impl_.reset(); }

bool notification::is_open() const noexcept { return is_usable(impl_); }

// ---- notification_watcher

notification_watcher::notification_watcher(std::unique_ptr<notification_watcher_impl> impl) noexcept
    : impl_(std::move(impl)) {}
notification_watcher::notification_watcher(notification_watcher&& other) noexcept = default;
notification_watcher& notification_watcher::operator=(notification_watcher&& other) noexcept = default;
notification_watcher::~notification_watcher() = default;

result<std::uint64_t> notification_watcher::wait(deadline until) {
  constexpr const char* operation = "notification_watcher::wait";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  detail::event_count& posts = impl_->of->posts;
  timer wait(until);
  std::optional<detail::event_count::moment> end;
  for (;;) {
    if (impl_->canceller->is_cancelled()) return impl_->failed(error(errc::cancelled), operation);
    const std::uint64_t now = posts.value();
    if (now != impl_->seen) return now - std::exchange(impl_->seen, now);
    if (wait.expired()) return impl_->failed(error(errc::timed_out), operation);
    if (!end) end = wait.moment();
    const result<void> woken = posts.sleep(now, *end, impl_->canceller.get());
    if (!woken) return impl_->failed(woken.error(), operation);
  }
}

void notification_watcher::cancel() noexcept {
  if (is_usable(impl_)) impl_->canceller->cancel();
}

void notification_watcher::close() noexcept {
  if (impl_) impl_->of.reset();
}

bool notification_watcher::is_open() const noexcept { return is_usable(impl_); }

}  // namespace viaduct
