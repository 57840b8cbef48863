// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/named_pipe.hpp"

#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::windows {

result<backend::connection_ptr> make_connection(unique_handle& pipe, identity who, bool is_server,
                                                stream::history past) {
  result<std::unique_ptr<stream>> io = stream::make(pipe, stream::direction::both, past);
  if (!io) return io.error();
  backend::connection_ptr made(new backend::connection);
  made->io = std::move(*io);
  made->peer = std::move(who);
  made->is_server = is_server;
  return made;
}

}  // namespace viaduct::windows

namespace viaduct::backend {

using windows::unique_handle;

namespace {

/// A foreign client's user is known once something of it was read. Refusing it is its permission's business, which is in
/// the pipe's descriptor.
void learn_peer(connection& from) {
  if (!from.is_server || !from.peer.user().is_unknown()) return;
  if (result<user> who = windows::client_user(from.io->get())) from.peer = identity(from.peer.process_id(), *who);
}

result<windows::system::pipe_information> check_adopted(HANDLE pipe) {
  const result<DWORD> type = windows::system::file_type(pipe);
  if (!type || *type != FILE_TYPE_PIPE) return error(errc::invalid_argument).advise("the handle is no pipe");
  const result<windows::system::pipe_information> found = windows::system::pipe_info(pipe);
  if (!found) return error(errc::invalid_argument).advise("the handle is no named pipe");
  if ((found->flags & PIPE_TYPE_MESSAGE) != 0) {
    return error(errc::invalid_argument).advise("the pipe is in message mode; both framings need byte mode");
  }
  constexpr ACCESS_MASK both = FILE_READ_DATA | FILE_WRITE_DATA;
  const result<ACCESS_MASK> access = windows::system::granted_access(pipe);
  if (!access) return access.error();
  if ((*access & both) != both) return error(errc::invalid_argument).advise("the pipe goes in one direction only");
  const result<bool> synchronous = windows::system::is_synchronous(pipe);
  if (!synchronous) return synchronous.error();
  if (*synchronous) return error(errc::invalid_argument).advise("the pipe was opened without FILE_FLAG_OVERLAPPED");
  return found;
}

result<identity> identity_of_server(HANDLE pipe) {
  const result<windows::object_security> security = windows::security_of(pipe);
  if (!security) return security.error();
  const result<DWORD> process = windows::system::pipe_server_process(pipe);
  return identity(process ? *process : 0, security->owner);
}

}  // namespace

void named_pipe_deleter::operator()(connection* end) const noexcept {
  if (end == nullptr) return;
  const HANDLE pipe = end->io->get();
  end->in_flight.leave(pipe != nullptr && windows::system::is_abandoned_pipe(pipe));
  delete end;
}

result<opened_connection> adopt_connection(native_handle handle, framing how, const named_pipe_options& options) {
  const HANDLE pipe = windows::to_handle(handle.view());
  const result<windows::system::pipe_information> found = check_adopted(pipe);
  if (!found) return found.error();
  const bool is_server = (found->flags & PIPE_SERVER_END) != 0;
  if (result<void> set = windows::system::set_pipe_mode(pipe, PIPE_READMODE_BYTE | PIPE_WAIT); !set) {
    return error(errc::invalid_argument, set.error().os_code()).advise("the pipe is not connected");
  }
  if (result<void> set = windows::system::set_inheritable(pipe, false); !set) return set.error();
  const result<identity> who = is_server ? windows::client_identity(pipe) : identity_of_server(pipe);
  if (!who) return who.error();
  unique_handle taken(windows::to_handle(native_view(handle.release())));
  result<connection_ptr> made = windows::make_connection(taken, *who, is_server, windows::stream::history::unknown);
  if (!made) return made.error();
  (*made)->accept_handles = options.accept_handles;
  return opened_connection{std::move(*made), *who, {how, options.max_message, options.accept_handles}};
}

result<connection_pair> make_connection_pair(framing how, const named_pipe_options& options) {
  result<windows::instance_pair> pair = windows::make_instance_pair({.buffer = options.buffer});
  if (!pair) return pair.error();
  const identity me(windows::system::own_process_id(), user::current());
  result<connection_ptr> server = windows::make_connection(pair->server, me, true);
  if (!server) return server.error();
  result<connection_ptr> client = windows::make_connection(pair->client, me, false);
  if (!client) return client.error();
  (*server)->accept_handles = (*client)->accept_handles = options.accept_handles;
  const stream_contract contract{how, options.max_message, options.accept_handles};
  return connection_pair{{std::move(*server), me, contract}, {std::move(*client), me, contract}};
}

result<std::size_t> read_some(connection& from, std::span<const buffer> parts, detail::timer& wait) {
  result<std::size_t> count = from.io->read_some(parts, wait);
  if (count && *count != 0) learn_peer(from);
  return count;
}

result<std::size_t> write_some(connection& to, std::span<const bytes> parts, detail::timer& wait) {
  return to.io->write_some(parts, wait);
}

result<void> shutdown_write(connection& /*which*/, detail::timer& /*wait*/) {
  return error(errc::not_supported)
      .advise(
          "a Windows pipe has no half to close: with framing::bytes end the connection, or say the end in the bytes");
}

void abandon_write(connection& which) noexcept { which.io->abandon_write(); }

result<void> drain(connection& which, detail::timer& wait) { return which.io->drain(wait); }

void cancel(connection& which) noexcept { which.io->cancel_and_end(); }

native_view native(const connection& which) noexcept {
  const HANDLE pipe = which.io->get();
  return pipe != nullptr ? native_view(pipe) : native_view();
}

result<native_handle> release(connection& which) {
  result<unique_handle> pipe = which.io->release();
  if (!pipe) return pipe.error();
  return pipe->to_native();
}

const identity& peer(const connection& which) noexcept { return which.peer; }

}  // namespace viaduct::backend
