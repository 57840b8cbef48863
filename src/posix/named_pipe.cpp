// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/named_pipe.hpp"

#include <array>
#include <cerrno>

#include "posix/error.hpp"

namespace viaduct::posix {

namespace {

// Shorter waits are left to poll(): the kernel rounds socket time-outs to its timer tick, up to 10 ms.
constexpr detail::timer::nanoseconds shortest_kernel_wait = std::chrono::milliseconds(100);

}  // namespace

namespace {

/// The time left, with the clock running. A long span is started by the rough clock: it ends late by 0.5 % at most.
detail::timer::nanoseconds start_and_ask(detail::timer& wait) noexcept {
  const detail::timer::nanoseconds span = wait.pending_span();
  if (span < shortest_kernel_wait) return wait.remaining();
  const system::rough_moment now = system::rough_now();
  if (200 * now.late > span) return wait.remaining();
  wait.start_at(now.moment);
  return span;
}

}  // namespace

system::io direction::prepare_span(int socket, detail::timer& wait, system::patience& how) {
  how = system::patience::now;
  if (blocks_ == system::patience::now || wait.poll_only()) return 0;
  detail::timer::nanoseconds wanted{0};
  if (!wait.forever()) {
    const detail::timer::nanoseconds left = start_and_ask(wait);
    if (left < shortest_kernel_wait) return 0;
    how = system::patience::socket;
    if (set_ <= left && left - set_ <= set_) return 0;  // between half and all of it
    wanted = left / 4 * 3;
  }
  how = system::patience::socket;
  if (result<void> set = system::set_socket_timeout(socket, option_, wanted); !set) return -set.error().os_code();
  set_ = wanted;
  return 0;
}

result<backend::connection_ptr> make_connection(descriptor socket, bool accept_handles, std::size_t buffer) {
  backend::connection_ptr made(new backend::connection);
  if (!system::sockets_block()) {
    if (result<void> bell = made->cancel.make_bell(); !bell) return bell.error();
  }
  const result<system::credentials> peer = system::peer_credentials(socket.get());
  if (!peer) return peer.error();
  if (peer->user_id) made->peer = identity(peer->process_id, user::from_id(std::to_string(*peer->user_id)));
  if (buffer != 0) {
    // Of a socket whose peer has left already a system may take no options: there is nothing to buffer any more.
    const result<void> set = system::set_socket_buffers(socket.get(), buffer);
    if (!set && set.error().os_code() != EINVAL) return set.error();
  }
  if (!accept_handles) system::refuse_descriptors(socket.get());
  made->accept_handles = accept_handles;
  made->socket = std::move(socket);
  return made;
}

}  // namespace viaduct::posix

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

constexpr std::size_t most_parts = 20;  // 16 of a message, its header, a handle frame, read-ahead
using vector = std::array<iovec, most_parts>;

template <class Part>
std::span<const iovec> to_iovec(vector& pieces, std::span<const Part> parts) noexcept {
  std::size_t count = 0;
  for (const Part& part : parts) {
    pieces[count++] = {const_cast<std::byte*>(part.data()), part.size()};
  }
  return {pieces.data(), count};
}

struct attempt {
  connection& which;
  posix::direction& way;
  short events;
  detail::timer& wait;
};

/// After an attempt without bytes: again until the call gives a count, waiting between attempts as the deadline allows.
template <class Call>
[[gnu::noinline]] result<std::size_t> persist(const attempt& making, system::io count, Call&& call) {
  connection& which = making.which;
  detail::timer& wait = making.wait;
  for (bool waited = false;;) {
    if (which.cancel.is_cancelled()) return errc::cancelled;
    if (count >= 0) return static_cast<std::size_t>(count);
    if (count == -EAGAIN) {
      if (wait.poll_only() || (waited && wait.expired())) return errc::timed_out;
      const result<short> ready = which.cancel.wait(which.socket.get(), making.events, wait);
      if (!ready) return ready.error();
      waited = true;
    } else if (count != -EINTR) {
      return posix::failure(static_cast<int>(-count));
    } else if (wait.expired()) {
      return errc::timed_out;
    }
    system::patience how = system::patience::now;
    if (!waited) {
      if (const system::io set = making.way.prepare(which.socket.get(), wait, how); set < 0) {
        return posix::failure(static_cast<int>(-set));
      }
    }
    count = which.cancel.is_cancelled() ? 0 : call(how);
  }
}

/// Makes the call until it gives a count. 0 is a count: the end. What happens always is here, and nothing else.
template <class Call>
result<std::size_t> transfer(const attempt& making, Call&& call) {
  connection& which = making.which;
  if (which.cancel.is_cancelled()) [[unlikely]]
    return errc::cancelled;
  system::patience how = system::patience::now;
  if (const system::io set = making.way.prepare(which.socket.get(), making.wait, how); set < 0) [[unlikely]] {
    return posix::failure(static_cast<int>(-set));
  }
  const system::io count = call(how);
  if (count > 0) [[likely]]
    return static_cast<std::size_t>(count);
  return persist(making, count, call);
}

}  // namespace

void named_pipe_deleter::operator()(connection* end) const noexcept { delete end; }

namespace {

[[gnu::noinline]] system::io receive_with_handles(connection& from, std::span<const iovec> into, system::patience how) {
  from.arrived.make_room();
  return from.arrived.receive(from.socket.get(), into, how);
}

/// What a failed read means to the reader.
[[gnu::noinline]] result<std::size_t> end_of_reading(error&& failure) {
  if (failure.os_code() == EPROTO) {
    return error(errc::peer_corrupt).advise("the peer sent more than 16 handles with a message");
  }
  // The peer left with bytes of ours unread; what it sent before that has been read.
  if (failure.os_code() != 0 && failure == errc::closed) return std::size_t{0};
  return std::move(failure);
}

}  // namespace

result<std::size_t> read_some(connection& from, std::span<const buffer> parts, detail::timer& wait) {
  vector pieces;
  const std::span<const iovec> into = to_iovec(pieces, parts);
  result<std::size_t> count = transfer({from, from.receiving, POLLIN, wait}, [&](system::patience how) {
    return from.accept_handles ? receive_with_handles(from, into, how) : system::receive(from.socket.get(), into, how);
  });
  if (count) [[likely]]
    return *count;
  return end_of_reading(std::move(count.error()));
}

result<std::size_t> write_some(connection& to, std::span<const bytes> parts, detail::timer& wait) {
  vector pieces;
  const std::span<const iovec> from = to_iovec(pieces, parts);
  return transfer({to, to.sending, POLLOUT, wait},
                  [&](system::patience how) { return system::send(to.socket.get(), from, how); });
}

}  // namespace viaduct::backend

namespace viaduct::posix {

result<std::size_t> send_with_descriptors(backend::connection& to, std::span<const bytes> parts,
                                          std::span<const int> descriptors, detail::timer& wait) {
  backend::vector pieces;
  const std::span<const iovec> from = backend::to_iovec(pieces, parts);
  return backend::transfer({to, to.sending, POLLOUT, wait}, [&](system::patience how) {
    return system::send_descriptors(to.socket.get(), from, descriptors, how);
  });
}

}  // namespace viaduct::posix

namespace viaduct::backend {

result<void> shutdown_write(connection& which, detail::timer& /*wait*/) {
  system::shutdown(which.socket.get(), SHUT_WR);
  return {};
}

void abandon_write(connection& which) noexcept { system::shutdown(which.socket.get(), SHUT_WR); }

// What was sent lies in the peer's queue; nothing of it is ours.
result<void> drain(connection& /*which*/, detail::timer& /*wait*/) { return {}; }

void cancel(connection& which) noexcept {
  which.cancel.cancel();
  // Ends calls that wait inside the kernel, and tells the peer.
  system::shutdown(which.socket.get(), SHUT_RDWR);
}

native_view native(const connection& which) noexcept { return native_view(which.socket.get()); }
result<native_handle> release(connection& which) { return native_handle(which.socket.release()); }
const identity& peer(const connection& which) noexcept { return which.peer; }

result<opened_connection> adopt_connection(native_handle handle, framing how, const named_pipe_options& options) {
  const int value = static_cast<int>(handle.value());
  const result<bool> local = system::is_local_socket(value);
  const result<int> type = system::socket_option(value, SO_TYPE);
  const result<int> listening = system::socket_option(value, SO_ACCEPTCONN);
  if (!local || !*local || !type || *type != SOCK_STREAM || !listening || *listening != 0) {
    return error(errc::invalid_argument).advise("the handle is not a connected AF_UNIX stream socket");
  }
  if (result<void> set = system::set_close_on_exec(value, true); !set) return set.error();
  if (result<void> set = system::set_signal_free(value, true); !set) return set.error();
  if (!system::sockets_block()) {
    if (result<void> set = system::set_nonblocking(value, true); !set) return set.error();
  } else {
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
      if (result<void> set = system::set_socket_timeout(value, option, detail::timer::nanoseconds(0)); !set)
        return set.error();
    }
  }
  descriptor socket(static_cast<int>(handle.release()));
  result<connection_ptr> made = posix::make_connection(std::move(socket), options.accept_handles, options.buffer);
  if (!made && made.error().os_code() == ENOTCONN) {
    return error(errc::invalid_argument, ENOTCONN).advise("the socket was never connected");
  }
  if (!made) return made.error();
  const identity peer = (*made)->peer;
  return opened_connection{std::move(*made), peer, {how, options.max_message, options.accept_handles}};
}

result<connection_pair> make_connection_pair(framing how, const named_pipe_options& options) {
  result<std::pair<descriptor, descriptor>> made = system::make_socket_pair();
  if (!made) return made.error();
  const stream_contract contract{how, options.max_message, options.accept_handles};
  result<connection_ptr> first = posix::make_connection(std::move(made->first), options.accept_handles, options.buffer);
  if (!first) return first.error();
  result<connection_ptr> second =
      posix::make_connection(std::move(made->second), options.accept_handles, options.buffer);
  if (!second) return second.error();
  const identity first_peer = (*first)->peer;
  const identity second_peer = (*second)->peer;
  return connection_pair{{std::move(*first), first_peer, contract}, {std::move(*second), second_peer, contract}};
}

}  // namespace viaduct::backend
