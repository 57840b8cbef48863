// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/overlapped.hpp"

#include <array>
#include <optional>

namespace viaduct::windows {

namespace {

constexpr ULONG_PTR still_pending = 0x103;  // STATUS_PENDING

}  // namespace

result<void> interrupt::open() {
  result<unique_handle> made = system::create_event();
  if (!made) return made.error();
  event_ = std::move(*made);
  return {};
}

void interrupt::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  ring();
}

void interrupt::ring() noexcept {
  if (event_) system::set_event(event_.get());
}

result<void> wait_for(HANDLE event, const interrupt& stop, detail::timer& wait) {
  // The operation's event first: what has happened wins over the wish to stop.
  const std::array<HANDLE, 2> events{event, stop.event()};
  const result<std::optional<std::size_t>> woken = system::wait(events, wait);
  if (!woken) return woken.error();
  if (!*woken) return errc::timed_out;
  if (**woken == 1) return errc::cancelled;
  return {};
}

result<void> operation::open() {
  result<unique_handle> made = system::create_event();
  if (!made) return made.error();
  event_ = std::move(*made);
  return {};
}

OVERLAPPED& operation::prepare() noexcept {
  overlapped_ = {};
  // The lowest bit keeps the completion out of a port that other code may have attached to the handle.
  overlapped_.hEvent = reinterpret_cast<HANDLE>(reinterpret_cast<ULONG_PTR>(event_.get()) | 1);
  return overlapped_;
}

bool operation::has_ended() const noexcept {
  const volatile ULONG_PTR& status = overlapped_.Internal;
  return status != still_pending;
}

system::io operation::finish(HANDLE file) noexcept {
  for (;;) {
    const system::io outcome = system::finish(file, overlapped_, true);
    // Whatever was answered: while the system may still write to our memory, we do not leave.
    if (has_ended()) return outcome;
    system::pause(1);
  }
}

system::io operation::call_off(HANDLE file) noexcept {
  (void)system::cancel_io(file, &overlapped_);
  return finish(file);
}

result<system::io> operation::complete(HANDLE file, system::io started, const interrupt& stop, detail::timer& wait) {
  if (started.code != ERROR_IO_PENDING) return started;
  const result<void> waited = wait.poll_only() ? result<void>(errc::timed_out) : wait_for(event(), stop, wait);
  if (waited) return finish(file);
  const system::io outcome = call_off(file);
  if (outcome.code != ERROR_OPERATION_ABORTED) return outcome;
  return waited.error();
}

}  // namespace viaduct::windows
