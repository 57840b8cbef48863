// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A listener is several instances of one pipe, each with a ConnectNamedPipe pending from its creation: a client finds a free
// one at once, without anybody being inside accept(). Further clients wait in connect().
#include <algorithm>
#include <array>

#include "common/stream_contract.hpp"
#include "windows/named_pipe.hpp"
#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

// Each costs a pipe and an event from the start, so a longer backlog waits in connect(), where the system wakes it.
constexpr unsigned most_places = 8;

result<unique_handle> new_instance(const backend::listener& of, bool first) {
  return make_instance({.path = of.path, .first = first, .only = false, .buffer = of.buffer, .security = of.security});
}

result<void> listen_on(backend::listener& of, backlog_place& place) {
  const DWORD code = system::connect_pipe(place.pipe.get(), place.listening.prepare());
  place.turn = ++of.next_turn;
  switch (code) {
    case ERROR_IO_PENDING:
      place.connected = false;
      return {};
    // A client came at once, and may have gone again: what it wrote is there.
    case ERROR_SUCCESS:
    case ERROR_PIPE_CONNECTED:
    case ERROR_NO_DATA:
      place.connected = true;
      system::set_event(place.listening.event());  // another thread may be waiting for it
      return {};
    default:
      place.pipe.reset();
      return failure(code);
  }
}

result<void> fill(backend::listener& of, backlog_place& place, bool first = false) {
  result<unique_handle> pipe = new_instance(of, first);
  if (!pipe) return pipe.error();
  place.pipe = std::move(*pipe);
  return listen_on(of, place);
}

/// Places without a pipe get one, as far as possible. Only a backlog without any place is an error.
result<void> fill_all(backend::listener& of) {
  result<void> worst;
  bool any = false;
  for (const std::unique_ptr<backlog_place>& place : of.places) {
    if (!place->pipe) {
      if (result<void> filled = fill(of, *place); !filled) worst = filled;
    }
    any = any || place->pipe;
  }
  return any ? result<void>() : worst;
}

/// Has a client arrived? A thread that ended took its pending calls with it: they are made again.
bool has_client(backend::listener& of, backlog_place& place) {
  if (!place.pipe || place.connected) return place.connected;
  if (!place.listening.has_ended()) return false;
  const system::io outcome = place.listening.finish(place.pipe.get());
  if (outcome.code != ERROR_OPERATION_ABORTED) {
    place.connected = true;
    return true;
  }
  return listen_on(of, place) && place.connected;
}

backlog_place* next_client(backend::listener& of) {
  backlog_place* first = nullptr;
  for (const std::unique_ptr<backlog_place>& place : of.places) {
    if (has_client(of, *place) && (first == nullptr || place->turn < first->turn)) first = place.get();
  }
  return first;
}

/// The pipe's descriptor decides; this is the second line, as far as the client is known.
bool is_allowed(const permission& who, const user& client) {
  if (client.is_unknown() || client == user::current()) return true;
  if (who.kind() == permission::scope::only_me) return false;
  const std::vector<user>& allowed = who.allowed_users();
  return who.kind() != permission::scope::users || std::find(allowed.begin(), allowed.end(), client) != allowed.end();
}

/// The client's connection, and the place listens again. nullopt: it was turned away.
result<std::optional<backend::opened_connection>> take(backend::listener& of, backlog_place& place) {
  const result<identity> client = client_identity(place.pipe.get());
  const bool anonymous = !client && client.error() == errc::access_denied;
  if (!client && !anonymous) return client.error();
  std::optional<backend::opened_connection> taken;
  if (client && is_allowed(of.who, client->user())) {
    result<backend::connection_ptr> made = make_connection(place.pipe, *client, true);
    if (!made) return made.error();
    (*made)->accept_handles = of.contract.accept_handles;
    taken.emplace(backend::opened_connection{std::move(*made), *client, of.contract});
  }
  place.pipe.reset();
  place.connected = false;
  // If that fails now, the next accept() tries again.
  (void)fill(of, place).has_value();
  return taken;
}

}  // namespace

}  // namespace viaduct::windows

namespace viaduct::backend {

using windows::unique_handle;

void named_pipe_deleter::operator()(listener* end) const noexcept {
  if (end == nullptr) return;
  for (const std::unique_ptr<windows::backlog_place>& place : end->places) {
    // The system writes to the operation until it has ended.
    if (place->pipe && !place->connected) (void)place->listening.call_off(place->pipe.get());
  }
  end->places.clear();  // before the name is given free
  delete end;
}

result<listener_ptr> listen(const name& what, framing how, const named_pipe_options& options) {
  const result<windows::token_identity> me = windows::own_identity();
  if (!me) return me.error();
  result<windows::security_attributes> security = windows::pipe_object(options.who);
  if (!security) return security.error();
  listener_ptr made(new listener(std::wstring(), std::move(*security)));
  if (result<void> opened = made->stop.open(); !opened) return opened.error();
  made->contract = {how, options.max_message, options.accept_handles};
  made->who = options.who;
  made->buffer = options.buffer;
  for (unsigned index = 0; index < std::min(options.backlog, windows::most_places); ++index) {
    auto place = std::make_unique<windows::backlog_place>();
    if (result<void> opened = place->listening.open(); !opened) return opened.error();
    made->places.push_back(std::move(place));
  }
  entry_request request{.kind = object_kind::named_pipe, .what = what, .who = options.who};
  request.contract = detail::state_contract(made->contract);
  request.contract.values[windows::level_index] = windows::pipe_level(options.who, me->level);
  const auto build = [&](const entry_description& description) -> result<void> {
    made->path = windows::pipe_path(description.native_name);
    if (result<void> first = windows::fill(*made, *made->places.front(), true); !first) return first;
    return windows::fill_all(*made);
  };
  result<entry> owned = entry::create(request, build);
  if (!owned) return owned.error();
  made->owned.emplace(std::move(*owned));
  return made;
}

result<listener_ptr> adopt_listener(native_handle /*handle*/, framing /*how*/, const named_pipe_options& /*options*/) {
  return error(errc::not_supported).advise("a Windows listener is many pipe instances, not one handle");
}

result<opened_connection> accept(listener& from, detail::timer& wait) {
  std::unique_lock lock(from.guard);
  for (;;) {
    if (from.stop.raised()) return errc::cancelled;
    if (result<void> filled = windows::fill_all(from); !filled) return filled.error();
    if (windows::backlog_place* place = windows::next_client(from)) {
      result<std::optional<opened_connection>> taken = windows::take(from, *place);
      if (!taken) return taken.error();
      if (*taken) return std::move(**taken);
      continue;
    }
    if (wait.poll_only()) return errc::timed_out;
    std::vector<HANDLE> events;
    for (const auto& place : from.places) {
      if (place->pipe) events.push_back(place->listening.event());
    }
    events.push_back(from.stop.event());
    lock.unlock();
    const result<std::optional<std::size_t>> woken = windows::system::wait(events, wait);
    lock.lock();
    if (!woken) return woken.error();
    if (!*woken) return errc::timed_out;
  }
}

void cancel(listener& which) noexcept { which.stop.raise(); }

native_view native(const listener& /*which*/) noexcept { return {}; }

std::string native_name(const listener& which) { return windows::to_utf8(which.path); }

result<native_handle> release(listener& /*which*/) {
  return error(errc::not_supported).advise("a Windows listener is many pipe instances, not one handle");
}

}  // namespace viaduct::backend
