// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: what a system provides for named pipes: a duplex byte stream with identity, on which src/common/framing.hpp
// builds messages. Errors carry code, OS code and hint; operation and object are added by src/common/named_pipe.cpp.
// Arguments are checked already.
//
// Handles travel in the stream's order: write_handles() hands them over together with the first bytes it writes; the
// receiving backend keeps what arrived until take_handles() collects it, and closes what is never collected.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/identity.hpp"
#include "viaduct/name.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"

namespace viaduct::backend {

struct connection;  // complete in the OS folder
struct listener;
struct named_pipe_deleter {
  void operator()(connection* end) const noexcept;
  void operator()(listener* end) const noexcept;
};
using connection_ptr = std::unique_ptr<connection, named_pipe_deleter>;
using listener_ptr = std::unique_ptr<listener, named_pipe_deleter>;

/// What both ends of a connection agree on; stored in the entry's contract.
struct stream_contract {
  framing how = framing::bytes;
  std::size_t max_message = 0;
  bool accept_handles = false;
};

struct opened_connection {
  connection_ptr stream;
  identity peer = identity::unknown();
  stream_contract contract;
};

// --- listening
[[nodiscard]] result<listener_ptr> listen(const name& what, framing how, const named_pipe_options& options);
[[nodiscard]] result<listener_ptr> adopt_listener(native_handle handle, framing how, const named_pipe_options& options);
/// A peer that `who` does not allow is closed and the wait goes on.
[[nodiscard]] result<opened_connection> accept(listener& from, detail::timer& wait);
void cancel(listener& which) noexcept;
[[nodiscard]] native_view native(const listener& which) noexcept;
[[nodiscard]] std::string native_name(const listener& which);
[[nodiscard]] result<native_handle> release(listener& which);

// --- connecting
/// Finds the entry (waiting for it), connects, verifies that the server is the user asked for (wrong_peer) and that the
/// contract is what the options expect (layout_mismatch). For name::native the options state the contract.
[[nodiscard]] result<opened_connection> connect(const name& what, const connect_options& options, detail::timer& wait);
[[nodiscard]] result<opened_connection> adopt_connection(native_handle handle, framing how,
                                                         const named_pipe_options& options);
struct connection_pair {
  opened_connection first;
  opened_connection second;
};
[[nodiscard]] result<connection_pair> make_connection_pair(framing how, const named_pipe_options& options);

// --- streaming. One reader and one writer thread at a time.
/// Fills the parts in order with what is there, at least one byte; 0 when the stream has ended, in whatever way.
/// timed_out, cancelled.
[[nodiscard]] result<std::size_t> read_some(connection& from, std::span<const buffer> parts, detail::timer& wait);
/// Writes from the parts in order, at least one byte. closed when the peer has gone; timed_out, cancelled. Never a signal.
/// What it counts as written is never lost by closing, except that a backend which buffers may lose it when the process exits.
[[nodiscard]] result<std::size_t> write_some(connection& to, std::span<const bytes> parts, detail::timer& wait);
/// The same, and the handles go with the first byte. The caller keeps its own handles. The parts begin with a handle frame
/// whose values the backend fills in where the system needs them (handle_frame_values).
[[nodiscard]] result<std::size_t> write_handles(connection& to, std::span<const bytes> parts,
                                                std::span<const native_view> handles, detail::timer& wait);
/// Bytes of a handle frame that follow {0xFFFFFFFE, count}: empty on POSIX, values of the sender's handle table on Windows.
[[nodiscard]] result<std::vector<std::byte>> handle_frame_values(connection& to, std::span<const native_view> handles);
[[nodiscard]] std::size_t handle_frame_value_size(std::size_t count) noexcept;
/// The `count` handles that came with the stream up to here (POSIX), or named by `values` (Windows): checked, ours, not
/// inheritable. peer_corrupt if there are fewer, more or bad ones; all are closed then.
[[nodiscard]] result<std::vector<native_handle>> take_handles(connection& from, std::size_t count, bytes values);
/// The system may tear down handles in flight whose sender has closed them (macOS): the receiver then acknowledges them in
/// a control frame and the sending backend keeps duplicates until handles_acknowledged() or the end.
[[nodiscard]] bool handles_need_ack() noexcept;
void handles_acknowledged(connection& to, std::size_t count) noexcept;
/// The peer has been told nothing yet: no further bytes from us. not_supported without half_close. The backend first waits
/// until what it buffers was handed to the system.
[[nodiscard]] result<void> shutdown_write(connection& which, detail::timer& wait);
/// Ends our sending abruptly, after a message that went only in part: the peer sees the stream end.
void abandon_write(connection& which) noexcept;
/// Waits until everything written was handed over to the system or read (Windows: FlushFileBuffers-like); POSIX: nothing.
[[nodiscard]] result<void> drain(connection& which, detail::timer& wait);

void cancel(connection& which) noexcept;
[[nodiscard]] native_view native(const connection& which) noexcept;
[[nodiscard]] result<native_handle> release(connection& which);
/// The other end's user and process as known now: Windows learns a foreign client's user at the first read.
[[nodiscard]] const identity& peer(const connection& which) noexcept;

}  // namespace viaduct::backend
