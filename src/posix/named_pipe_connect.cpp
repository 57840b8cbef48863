// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Connecting: find the entry, check the contract, connect, and know who is there before a byte is sent.
#include <filesystem>

#include "common/stream_contract.hpp"
#include "posix/backoff.hpp"
#include "posix/entry.hpp"
#include "posix/error.hpp"
#include "posix/named_pipe.hpp"
#include "posix/socket_address.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

/// Where to connect to.
struct destination {
  std::shared_ptr<const posix::directory> where;  // none: `path` is a native name that fits into an address
  std::string path;                               // in `where`, if there is one
  bool is_ours = false;                           // the entry says that its listener lives
  stream_contract contract;
};

error busy() { return error(errc::timed_out).advise("the listener is there, but its backlog is full"); }

result<destination> find_ours(const name& what, const connect_options& options) {
  result<posix::found_entry> found = posix::find_entry(object_kind::named_pipe, what);
  if (!found) return found.error();
  const result<stream_contract> theirs = detail::read_contract(found->description.contract);
  if (!theirs) return theirs.error();
  const result<stream_contract> agreed = detail::agree(*theirs, options);
  if (!agreed) return agreed.error();
  return destination{std::move(found->where), std::move(found->description.native_name), true, *agreed};
}

/// A long path is reached through a descriptor of its directory.
result<destination> find_native(const name& what, const connect_options& options) {
  destination made{nullptr, what.text(), false, {*options.framing, options.max_message, options.accept_handles}};
  if (posix::address_of(made.path)) return made;
  const std::filesystem::path path(what.text());
  result<descriptor> folder = system::open_at(AT_FDCWD, path.parent_path().string(), O_RDONLY | O_DIRECTORY);
  if (!folder) return folder.error();
  made.where = std::make_shared<posix::directory>(posix::directory{std::move(*folder), path.parent_path().string()});
  made.path = path.filename().string();
  return made;
}

system::io connect_to(int socket, const posix::socket_address& address) noexcept {
  return system::connect(socket, address.value, address.size);
}

/// The call itself: a count or -errno, in `outcome`.
result<void> call_connect(int socket, const destination& target, system::io& outcome) {
  if (target.where) {
    const result<posix::address_in> address = posix::address_in::make(*target.where, target.path);
    if (!address) return address.error();
    outcome = connect_to(socket, address->get());
  } else {
    const result<posix::socket_address> address = posix::address_of(target.path);
    if (!address) return address.error();
    outcome = connect_to(socket, *address);
  }
  // Whoever lives and refuses has no room left.
  if (outcome == -ECONNREFUSED && target.is_ours && system::refuses_when_full()) outcome = -EAGAIN;
  return {};
}

/// One attempt, which may wait for room in the backlog. not_found: nobody listens. timed_out: no room.
result<descriptor> connect_once(const destination& target, detail::timer& wait) {
  result<descriptor> socket = system::make_socket();
  if (!socket) return socket.error();
  posix::direction sending(SO_SNDTIMEO);
  for (;;) {
    system::patience how = system::patience::now;
    if (const system::io set = sending.prepare(socket->get(), wait, how); set < 0)
      return posix::failure(static_cast<int>(-set));
    const bool at_once = how == system::patience::now;
    if (result<void> set = system::set_nonblocking(socket->get(), at_once); !set) return set.error();
    system::io outcome = 0;
    if (result<void> called = call_connect(socket->get(), target, outcome); !called) return called.error();
    if (outcome == -EAGAIN) return busy();
    if (outcome == -EINTR && !wait.expired()) continue;
    if (outcome == -EINTR) return busy();
    if (outcome < 0) return posix::failure(static_cast<int>(-outcome));
    break;
  }
  if (result<void> set = system::set_nonblocking(socket->get(), !system::sockets_block()); !set) return set.error();
  if (!system::sockets_block()) return socket;
  if (result<void> set = system::set_socket_timeout(socket->get(), SO_SNDTIMEO, detail::timer::nanoseconds(0)); !set) {
    return set.error();
  }
  return socket;
}

result<opened_connection> verify(descriptor socket, const destination& target, const user& server,
                                 const connect_options& options) {
  result<connection_ptr> made =
      posix::make_connection(std::move(socket), target.contract.accept_handles, options.buffer);
  if (!made) return made.error();
  const identity peer = (*made)->peer;
  if (!(peer.user() == server)) {
    return error(errc::wrong_peer)
        .advise("the server runs as user " + (peer.user().is_unknown() ? "unknown" : peer.user().id()) +
                ", expected was " + server.id());
  }
  return opened_connection{std::move(*made), peer, target.contract};
}

/// Ends with not_found or timed_out where another attempt makes sense.
result<opened_connection> try_connect(const name& what, const connect_options& options, detail::timer& wait) {
  const result<destination> target = what.is_native() ? find_native(what, options) : find_ours(what, options);
  if (!target) return target.error();
  result<descriptor> socket = connect_once(*target, wait);
  if (!socket) return socket.error();
  return verify(std::move(*socket), *target, options.server ? *options.server : what.owner(), options);
}

bool may_come(const error& failure) { return failure == errc::not_found || failure == errc::timed_out; }

/// Nobody will ever listen where something else is.
result<void> check_socket(const std::string& path) {
  const result<struct stat> found = system::status_at(AT_FDCWD, path);
  if (!found || S_ISSOCK(found->st_mode) || S_ISLNK(found->st_mode)) return {};
  return error(errc::invalid_argument).advise("what has this name is not a socket");
}

/// A native name cannot be watched, nor can room in a backlog.
result<opened_connection> connect_by_looking(const name& what, const connect_options& options, detail::timer& wait) {
  posix::backoff pauses;
  for (;;) {
    result<opened_connection> made = try_connect(what, options, wait);
    if (made || !may_come(made.error())) return made;
    if (made.error().os_code() == ECONNREFUSED) {
      if (result<void> fits = check_socket(what.text()); !fits) return fits.error();
    }
    if (result<void> paused = pauses.pause(wait); !paused) {
      return paused.error() == errc::timed_out ? std::move(made) : result<opened_connection>(paused.error());
    }
  }
}

result<opened_connection> connect_by_watching(const name& what, const connect_options& options, detail::timer& wait) {
  result<name_watch> watch = name_watch::start(object_kind::named_pipe, what);
  if (!watch) return watch.error();
  posix::backoff pauses;
  for (;;) {
    result<opened_connection> made = try_connect(what, options, wait);
    if (made || !may_come(made.error())) return made;
    const bool there = made.error() == errc::timed_out || made.error().os_code() == ECONNREFUSED;
    const result<void> waited = there ? pauses.pause(wait) : watch->wait(wait);
    if (!waited) return waited.error() == errc::timed_out ? std::move(made) : result<opened_connection>(waited.error());
  }
}

}  // namespace

result<opened_connection> connect(const name& what, const connect_options& options, detail::timer& wait) {
  if (what.is_native()) return connect_by_looking(what, options, wait);
  result<opened_connection> made = try_connect(what, options, wait);
  if (made || !may_come(made.error()) || !wait.may_wait()) return made;
  return connect_by_watching(what, options, wait);
}

}  // namespace viaduct::backend
