// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include <grp.h>

#include <algorithm>
#include <charconv>

#include "common/stream_contract.hpp"
#include "posix/backoff.hpp"
#include "posix/entry.hpp"
#include "posix/error.hpp"
#include "posix/named_pipe.hpp"
#include "posix/socket_address.hpp"

namespace viaduct::posix {

bool is_allowed(const permission& who, const user& peer) {
  if (peer.is_unknown()) return false;
  if (peer == user::current()) return true;
  switch (who.kind()) {
    case permission::scope::only_me:
      return false;
    case permission::scope::group:
    case permission::scope::everyone:
      return true;
    case permission::scope::users:
      break;
  }
  const std::vector<user>& allowed = who.allowed_users();
  return std::find(allowed.begin(), allowed.end(), peer) != allowed.end();
}

}  // namespace viaduct::posix

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

result<gid_t> find_group(const std::string& name_or_id) {
  gid_t number = 0;
  const auto [stop, failure] = std::from_chars(name_or_id.data(), name_or_id.data() + name_or_id.size(), number);
  if (failure == std::errc() && stop == name_or_id.data() + name_or_id.size()) return number;
  if (const struct group* found = ::getgrnam(name_or_id.c_str())) return found->gr_gid;
  return error(errc::not_found).advise("there is no group " + name_or_id);
}

/// Before anybody can connect: bind() made the file with what the umask left.
result<void> set_permission(int directory, const std::string& file, const permission& who) {
  mode_t mode = 0600;
  if (who.kind() == permission::scope::group) {
    const result<gid_t> group = find_group(who.group_name());
    if (!group) return group.error();
    if (result<void> given = system::change_group_at(directory, file, *group); !given) return given;
    mode = 0660;
  } else if (!who.is_private()) {
    mode = 0666;  // who is not in options.who is turned away by accept()
  }
  return system::change_mode_at(directory, file, mode);
}

result<void> bind_and_listen(int socket, const entry_description& made, const named_pipe_options& options) {
  const result<std::shared_ptr<const posix::directory>> where = posix::own_directory();
  if (!where) return where.error();
  {
    const result<posix::address_in> address = posix::address_in::make(**where, made.native_name);
    if (!address) return address.error();
    if (result<void> bound = system::bind(socket, address->get().value, address->get().size); !bound) return bound;
  }
  if (result<void> set = set_permission((*where)->handle.get(), made.native_name, options.who); !set) return set;
  return system::listen(socket, static_cast<int>(options.backlog));
}

result<listener_ptr> make_listener(descriptor socket, framing how, const named_pipe_options& options) {
  listener_ptr made(new listener);
  if (result<void> bell = made->cancel.make_bell(); !bell) return bell.error();
  // accept() must never wait where cancel() cannot reach it.
  if (result<void> set = system::set_nonblocking(socket.get(), true); !set) return set.error();
  if (result<void> set = system::set_signal_free(socket.get(), true); !set) return set.error();
  made->socket = std::move(socket);
  made->contract = {how, options.max_message, options.accept_handles};
  made->who = options.who;
  made->buffer = options.buffer;
  return made;
}

/// One attempt; nullopt: nobody waits, or who waited was turned away or has left.
result<std::optional<opened_connection>> try_accept(listener& from) {
  descriptor socket;
  const system::io got = system::accept(from.socket.get(), socket);
  if (got == -EAGAIN || got == -ECONNABORTED || got == -EINTR) return std::optional<opened_connection>();
  if (got < 0) return posix::failure(static_cast<int>(-got));
  result<connection_ptr> made = posix::make_connection(std::move(socket), from.contract.accept_handles, from.buffer);
  // A peer that has left already may make its socket unusable; that is its loss alone.
  if (!made && made.error() != errc::limit_reached) return std::optional<opened_connection>();
  if (!made) return made.error();
  if (!posix::is_allowed(from.who, (*made)->peer.user())) return std::optional<opened_connection>();
  const identity peer = (*made)->peer;
  return std::optional<opened_connection>(opened_connection{std::move(*made), peer, from.contract});
}

/// After a failure for want of descriptors: the peer is still in the backlog and poll() would return at once.
result<void> pause_if_exhausted(listener& from, detail::timer& wait) {
  if (!from.exhausted.exchange(false, std::memory_order_relaxed)) return {};
  using namespace std::chrono_literals;
  detail::timer pause(std::min<detail::timer::nanoseconds>(50ms, wait.remaining()));
  const result<short> waited = from.cancel.wait(-1, 0, pause);
  if (!waited && waited.error() != errc::timed_out) return waited.error();
  return {};
}

}  // namespace

void named_pipe_deleter::operator()(listener* end) const noexcept { delete end; }

result<listener_ptr> listen(const name& what, framing how, const named_pipe_options& options) {
  result<descriptor> socket = system::make_socket();
  if (!socket) return socket.error();
  const entry_request request{.kind = object_kind::named_pipe,
                              .what = what,
                              .life = lifetime::owner,
                              .who = options.who,
                              .contract = detail::state_contract({how, options.max_message, options.accept_handles})};
  result<entry> owned = entry::create(
      request, [&](const entry_description& made) { return bind_and_listen(socket->get(), made, options); });
  if (!owned) return owned.error();
  result<listener_ptr> made = make_listener(std::move(*socket), how, options);
  if (made) (*made)->owned.emplace(std::move(*owned));
  return made;
}

result<listener_ptr> adopt_listener(native_handle handle, framing how, const named_pipe_options& options) {
  const int value = static_cast<int>(handle.value());
  const result<bool> local = system::is_local_socket(value);
  const result<int> listening = system::socket_option(value, SO_ACCEPTCONN);
  if (!local || !*local || !listening || *listening == 0) {
    return error(errc::invalid_argument).advise("the handle is not a listening AF_UNIX stream socket");
  }
  if (result<void> set = system::set_close_on_exec(value, true); !set) return set.error();
  return make_listener(descriptor(static_cast<int>(handle.release())), how, options);
}

result<opened_connection> accept(listener& from, detail::timer& wait) {
  if (result<void> paused = pause_if_exhausted(from, wait); !paused) return paused.error();
  for (bool waited = false;; waited = true) {
    if (from.cancel.is_cancelled()) return errc::cancelled;
    result<std::optional<opened_connection>> accepted = try_accept(from);
    if (!accepted) {
      if (accepted.error() == errc::limit_reached) from.exhausted.store(true, std::memory_order_relaxed);
      return accepted.error();
    }
    if (*accepted) return std::move(**accepted);
    // Peers that are turned away must not hold us beyond the deadline.
    if (waited && wait.expired()) return errc::timed_out;
    const result<short> ready = from.cancel.wait(from.socket.get(), POLLIN, wait);
    if (!ready) return ready.error();
  }
}

void cancel(listener& which) noexcept { which.cancel.cancel(); }
native_view native(const listener& which) noexcept { return native_view(which.socket.get()); }

std::string native_name(const listener& which) {
  if (!which.owned) return {};
  return posix::entry_directory(*which.owned).path + "/" + which.owned->description().native_name;
}

result<native_handle> release(listener& which) {
  which.owned.reset();
  return native_handle(which.socket.release());
}

}  // namespace viaduct::backend
