// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every waiter has a bell: an auto-reset event, which goes with its process. WaitOnAddress cannot replace it, because it
// is not woken by other processes.
#include "windows/event_count.hpp"

#include <array>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include "common/base32.hpp"
#include "windows/overlapped.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::backend {

using windows::unique_handle;
namespace system = windows::system;

namespace {

class event_canceller final : public wait_canceller {
 public:
  [[nodiscard]] result<void> open() { return stop_.open(); }
  void cancel() noexcept override { stop_.raise(); }
  [[nodiscard]] bool is_cancelled() const noexcept override { return stop_.raised(); }
  [[nodiscard]] HANDLE event() const noexcept { return stop_.event(); }

 private:
  windows::interrupt stop_;
};

class event_bell final : public bell {
 public:
  explicit event_bell(unique_handle event) noexcept : event_(std::move(event)) {}

  [[nodiscard]] result<bool> wait(std::optional<std::chrono::steady_clock::time_point> until,
                                  wait_canceller* canceller) override {
    detail::timer clock(until ? deadline(*until) : deadline::never());
    // Who is cancelled leaves the ringing to be taken by another.
    std::array<HANDLE, 2> handles{event_.get(), nullptr};
    std::size_t count = 1;
    if (canceller != nullptr) {
      handles = {static_cast<const event_canceller*>(canceller)->event(), event_.get()};
      count = 2;
    }
    const result<std::optional<std::size_t>> woken = system::wait(std::span(handles).first(count), clock);
    if (!woken) return woken.error();
    if (!*woken) return false;
    if (canceller != nullptr && **woken == 0) return errc::cancelled;
    return true;
  }
  [[nodiscard]] native_view native() const noexcept override { return event_.view(); }

 private:
  unique_handle event_;
};

/// A name that we may not open, or that something else than an event has, is taken too.
bool is_taken(const error& why, const std::wstring& name) {
  if (why == errc::already_exists || why.os_code() == ERROR_INVALID_HANDLE) return true;
  if (why.os_code() != ERROR_ACCESS_DENIED) return false;
  const result<unique_handle> there = system::open_event(name, SYNCHRONIZE);
  return there || there.error() != errc::not_found;
}

}  // namespace

result<std::unique_ptr<wait_canceller>> wait_canceller::make() {
  auto made = std::make_unique<event_canceller>();
  if (const result<void> opened = made->open(); !opened) return opened.error();
  return std::unique_ptr<wait_canceller>(std::move(made));
}

bool has_address_waits() noexcept { return false; }

result<void> wait_on_address(std::atomic<std::uint64_t>& /*count*/, std::uint64_t /*seen*/,
                             std::optional<std::chrono::steady_clock::time_point> /*until*/,
                             wait_canceller* /*canceller*/) {
  return error(errc::not_supported).advise("Windows wakes no other process by an address");
}
void wake_one(std::atomic<std::uint64_t>& /*count*/) noexcept {}
void wake_all(std::atomic<std::uint64_t>& /*count*/) noexcept {}

result<std::unique_ptr<bell>> bell::make(const entry& /*owner*/, const bell_name& called) {
  const result<std::wstring> name = windows::event_name(called);
  if (!name) return name.error();
  const result<windows::security_attributes> security = windows::private_object();
  if (!security) return security.error();
  result<unique_handle> event =
      system::create_event({.manual_reset = false, .name = name->c_str(), .security = security->get()});
  if (event) return std::unique_ptr<bell>(std::make_unique<event_bell>(std::move(*event)));
  if (is_taken(event.error(), *name)) return error(errc::already_exists, event.error().os_code());
  return event.error();
}

bool ring_bell(const entry& /*owner*/, const bell_name& called) noexcept {
  try {
    const result<std::wstring> name = windows::event_name(called);
    if (!name) return false;
    const result<unique_handle> event = system::open_event(*name, EVENT_MODIFY_STATE);
    if (!event) return false;
    system::set_event(event->get());
    return true;
  } catch (const std::exception&) {  // no memory for the name
    return false;
  }
}

void remove_bell(const entry& /*owner*/, const bell_name& /*called*/) noexcept {}

}  // namespace viaduct::backend

namespace viaduct::windows {

result<std::wstring> event_name(const backend::bell_name& of) {
  const std::array<std::uint64_t, 3> parts{of.object, of.cell, of.generation};
  const result<system::sha256_digest> digest = system::sha256(parts);
  if (!digest) return digest.error();
  return L"Global\\viaduct-" + widen_ascii(detail::to_base32(bytes(*digest).first(16)));
}

}  // namespace viaduct::windows
