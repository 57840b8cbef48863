// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// named_pipe: a duplex connection by name, as a stream of bytes or as whole messages, between processes of one machine.
// Both ends know who the other is. Backed by AF_UNIX stream sockets on POSIX and by named pipes on Windows.
//
// Prefer pipe for one direction between parent and child.
//
// Blocking: every call that may wait takes a deadline and also ends when the peer has gone.
// Ownership: a listener owns the name for as long as it lives; a connection owns its descriptor.
// Threads: a connection takes one reader and one writer thread at a time; a listener any number; cancel() from any.
// Cost (Linux): one system call per operation, waiting or not; no allocation. Messages above 2 KiB are gathered and
// scattered, not copied into a flat buffer.
// Errors of every call: closed (closed or moved-from object), cancelled, forked, os_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "viaduct/bytes.hpp"
#include "viaduct/deadline.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/export.hpp"
#include "viaduct/identity.hpp"
#include "viaduct/name.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/permission.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct named_pipe_impl;
struct named_pipe_listener_impl;
struct named_pipe_access;
}  // namespace detail

/// bytes: nothing is added to the wire, any program can be the other side. messages: whole, in order, with an end mark.
enum class framing : std::uint8_t { bytes = 1, messages = 2 };
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, framing what);

struct named_pipe_options {
  permission who = permission::only_me();
  /// Longest message either side may send; 1 to 1 GiB. Without meaning with framing::bytes.
  std::size_t max_message = std::size_t{1} << 20;
  /// Connections that wait to be accepted; 1 to 4096.
  unsigned backlog = 64;
  /// Bytes the system keeps in each direction; 0: its default. A hint.
  std::size_t buffer = 0;
  /// Messages may carry handles, to this side. Both ends must opt in. Only with framing::messages.
  bool accept_handles = false;
};

struct connect_options {
  /// Who must be at the other end; unset: the owner of the name. Anyone else is wrong_peer and nothing is sent. Everyone is
  /// wrong_peer for user::unknown().
  std::optional<user> server = {};
  /// What the caller expects; unset: what the listener states. A difference is layout_mismatch. Needed for name::native.
  std::optional<viaduct::framing> framing = {};
  /// The limit for name::native with framing::messages; elsewhere the listener's counts.
  std::size_t max_message = std::size_t{1} << 20;
  bool accept_handles = false;
  std::size_t buffer = 0;
};

/// A message that came with handles: its size and what came with it, in order, close-on-exec.
struct received_handles {
  std::size_t size = 0;
  std::vector<native_handle> handles;
};

/// One end of a connection.
class VIADUCT_EXPORT named_pipe {
 public:
  /// Most handles that travel with one message.
  static constexpr std::size_t max_handles = 16;

  named_pipe(named_pipe&& other) noexcept;
  named_pipe& operator=(named_pipe&& other) noexcept;
  /// Does not block. With framing::messages the end mark is sent if there is room: who must be believed calls
  /// shutdown_write.
  ~named_pipe();

  /// Waits for a listener of that name and for room in its backlog. not_found (nothing live is there at the deadline),
  /// timed_out (it is there, but full or busy), wrong_peer, layout_mismatch, access_denied, name_invalid, name_hijacked.
  /// A user whom the listener's permission::users leaves out is turned away at accept on POSIX: then connect succeeds, and
  /// calls on the connection say closed, receive says peer_died.
  [[nodiscard]] static result<named_pipe> connect(const name& what, deadline until,
                                                  const connect_options& options = {});

  /// Takes over a connected socket (POSIX) or pipe instance (Windows). invalid_argument if it is none.
  [[nodiscard]] static result<named_pipe> adopt(native_handle handle, viaduct::framing how,
                                                const named_pipe_options& options = {});

  // Bytes. invalid_argument on a connection with framing::messages.

  /// Waits for at least one byte. 0 at once for an empty buffer. closed at the end, timed_out.
  [[nodiscard]] result<std::size_t> read_some(buffer into, deadline until);
  /// On error, error().size() bytes had arrived and are in the buffer.
  [[nodiscard]] result<void> read_exactly(buffer into, deadline until);
  /// Waits for room. closed when the peer has gone, timed_out.
  [[nodiscard]] result<std::size_t> write_some(bytes from, deadline until);
  /// On error, error().size() bytes went.
  [[nodiscard]] result<void> write_all(bytes from, deadline until);
  /// At most 16 parts, one after the other.
  [[nodiscard]] result<void> write_all(std::span<const bytes> parts, deadline until);

  // Messages. invalid_argument on a connection with framing::bytes.

  /// Sends one whole message; an empty one is legal. message_too_large (before anything is sent), closed (the peer has
  /// gone, however it went), timed_out: with error().size() == 0 nothing went and all is as before; otherwise part of it
  /// went, this side can no longer send (closed), receiving goes on (without the capability half_close: with
  /// what had arrived by then), and the peer will see peer_died.
  [[nodiscard]] result<void> send(bytes message, deadline until);
  /// The parts make one message; at most 16.
  [[nodiscard]] result<void> send(std::span<const bytes> parts, deadline until);
  /// With handles, at most 16, duplicated for the peer. invalid_argument if this end did not opt in with accept_handles.
  /// If only the peer did not: access_denied and nothing went where the system says so, else the peer sees peer_corrupt.
  [[nodiscard]] result<void> send(bytes message, std::span<const native_view> handles, deadline until);

  /// Receives one whole message. buffer_too_small: error().size() is what it needs, the message is kept. timed_out loses
  /// nothing. closed: the peer ended with its end mark. peer_died: the stream ended without it or inside a message.
  /// peer_corrupt: a frame above the limit or out of order; receiving has ended.
  [[nodiscard]] result<std::size_t> receive(buffer into, deadline until);
  /// Also takes the handles of the message; plain receive() closes them. limit_reached: this process had no descriptors
  /// left for them; receiving has ended.
  [[nodiscard]] result<received_handles> receive_with_handles(buffer into, deadline until);

  /// Whole messages, or bytes, already taken from the system: ask before waiting on native() in a foreign event loop.
  [[nodiscard]] std::size_t buffered() const noexcept;

  /// Ends this direction: waits for room for the end mark (messages); the peer drains and then sees closed. Receiving
  /// goes on. Bytes on Windows: not_supported (capability half_close).
  [[nodiscard]] result<void> shutdown_write(deadline until);

  /// Who is at the other end.
  [[nodiscard]] const identity& peer() const noexcept;
  [[nodiscard]] viaduct::framing framing() const noexcept;
  [[nodiscard]] std::size_t max_message() const noexcept;

  /// Ends waits in other threads and all later calls with cancelled, within 100 ms; the peer sees the end. Final.
  void cancel() noexcept;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] native_view native() const noexcept;
  /// Gives the descriptor away, without an end mark. invalid_argument while buffered() is not 0.
  [[nodiscard]] result<native_handle> release();
  [[nodiscard]] class endpoint endpoint() const noexcept;

 private:
  friend struct detail::named_pipe_access;
  explicit named_pipe(std::unique_ptr<detail::named_pipe_impl> impl) noexcept;
  std::unique_ptr<detail::named_pipe_impl> impl_;
};

/// Waits for connections under a name, which it owns for as long as it lives (lifetime::owner).
class VIADUCT_EXPORT named_pipe_listener {
 public:
  named_pipe_listener(named_pipe_listener&& other) noexcept;
  named_pipe_listener& operator=(named_pipe_listener&& other) noexcept;
  ~named_pipe_listener();

  /// Does not block. already_exists (the hint names the owner's process), name_invalid, name_hijacked, no_space,
  /// limit_reached, invalid_argument (options, such as permission::users with user::unknown()), not_supported (name::native).
  [[nodiscard]] static result<named_pipe_listener> create(const name& what, viaduct::framing how,
                                                          const named_pipe_options& options = {});

  /// Takes over a listening socket, for example from socket activation (POSIX). invalid_argument if it is none.
  [[nodiscard]] static result<named_pipe_listener> adopt(native_handle handle, viaduct::framing how,
                                                         const named_pipe_options& options = {});

  /// Waits for a connection. Peers that options.who does not allow are turned away without ending the wait. timed_out,
  /// limit_reached (descriptors; the peer stays in the backlog and the listener is as before).
  [[nodiscard]] result<named_pipe> accept(deadline until);

  void cancel() noexcept;
  /// Gives the name free; peers that were not accepted yet see the end.
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] native_view native() const noexcept;
  /// The operating system's name of it: a socket path, a \\.\pipe\ name. For programs that do not use this library.
  [[nodiscard]] std::string native_name() const;
  /// Gives the listening descriptor away; the name ends here. Windows: not_supported.
  [[nodiscard]] result<native_handle> release();

 private:
  friend struct detail::named_pipe_access;
  explicit named_pipe_listener(std::unique_ptr<detail::named_pipe_listener_impl> impl) noexcept;
  std::unique_ptr<detail::named_pipe_listener_impl> impl_;
};

struct named_pipe_pair {
  named_pipe first;
  named_pipe second;
};

/// Two connected ends without a name: a duplex line to a child, or between threads. limit_reached.
[[nodiscard]] VIADUCT_EXPORT result<named_pipe_pair> make_named_pipe_pair(framing how,
                                                                          const named_pipe_options& options = {});

}  // namespace viaduct
