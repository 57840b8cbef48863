// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// pipe: a one-way byte stream, between related processes (make_pipe) or by name (a FIFO).
//
// Prefer named_pipe when both sides talk, when whole messages matter, or when the peer must be known; a pipe has neither
// message boundaries nor an identity. A named pipe of this kind has one writer at a time.
//
// Blocking: every call that may wait takes a deadline and also ends when the other side has gone.
// Ownership: an end owns its descriptor; closing or destroying it is what the other side sees as the end.
// Threads: one thread at a time uses an end; cancel() may come from any. Destroying an object another thread is inside
// is the caller's error.
// Cost: one system call per read or write when it need not wait, three when it must. No allocation.
// Errors of every call: closed (closed or moved-from object), cancelled, forked (in a child after fork()), os_error.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "viaduct/bytes.hpp"
#include "viaduct/deadline.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/export.hpp"
#include "viaduct/name.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct pipe_reader_impl;
struct pipe_writer_impl;
struct pipe_access;
}  // namespace detail

struct pipe_options {
  /// Bytes the system keeps between the ends; 0: its default. A hint: it may round up. limit_reached above the limit.
  std::size_t capacity = 0;
};

/// The receiving end.
class VIADUCT_EXPORT pipe_reader {
 public:
  pipe_reader(pipe_reader&& other) noexcept;
  pipe_reader& operator=(pipe_reader&& other) noexcept;
  ~pipe_reader();

  /// A named pipe (FIFO): the reader owns the name for as long as it lives. Does not block; writers may come and go, one
  /// at a time. already_exists (the hint names the owner's process), name_invalid, name_hijacked, no_space, limit_reached.
  [[nodiscard]] static result<pipe_reader> create(const name& what, const pipe_options& options = {});

  /// A FIFO that another program made: name::native only. not_found, access_denied, invalid_argument (not a FIFO).
  /// Windows: not_supported.
  [[nodiscard]] static result<pipe_reader> open(const name& native, deadline until);

  /// Takes over the reading end of a pipe. invalid_argument if it is none. POSIX: it becomes non-blocking.
  [[nodiscard]] static result<pipe_reader> adopt(native_handle handle);

  /// Waits for at least one byte and takes what is there, up to the buffer's size. 0 at once for an empty buffer.
  /// closed: all writers have gone and everything was read; a named pipe says so once per writer and then waits for the
  /// next. timed_out.
  [[nodiscard]] result<std::size_t> read_some(buffer into, deadline until);

  /// Fills the buffer. On error, error().size() bytes had arrived and are in it: go on from there.
  [[nodiscard]] result<void> read_exactly(buffer into, deadline until);

  /// Ends a wait in another thread and every later call with cancelled, within 100 ms. Final: only close() remains.
  void cancel() noexcept;

  /// Idempotent; never blocks.
  void close() noexcept;

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] native_view native() const noexcept;
  /// Gives the descriptor away (it stays non-blocking on POSIX). For a named pipe the name ends here.
  [[nodiscard]] result<native_handle> release();
  /// For child_process::spawn. A named pipe's reader cannot be handed over: spawn says not_supported.
  [[nodiscard]] class endpoint endpoint() const noexcept;

 private:
  friend struct detail::pipe_access;
  explicit pipe_reader(std::unique_ptr<detail::pipe_reader_impl> impl) noexcept;
  std::unique_ptr<detail::pipe_reader_impl> impl_;
};

/// The sending end. Writing to a pipe whose reader has gone is the error closed, never SIGPIPE.
class VIADUCT_EXPORT pipe_writer {
 public:
  pipe_writer(pipe_writer&& other) noexcept;
  pipe_writer& operator=(pipe_writer&& other) noexcept;
  ~pipe_writer();

  /// Connects to a named pipe: waits for the reader, while another writer is connected, and then until the reader has
  /// seen that one's end (its read reported closed). not_found (nothing live is there at the deadline), timed_out (another
  /// writer is, or the reader has not read to its end; the hint tells), name_invalid, name_hijacked, access_denied,
  /// limit_reached.
  /// name::native opens a FIFO that another program made (POSIX).
  [[nodiscard]] static result<pipe_writer> open(const name& what, deadline until);

  /// Takes over the writing end of a pipe. invalid_argument if it is none.
  [[nodiscard]] static result<pipe_writer> adopt(native_handle handle);

  /// Waits for room and writes what fits, at least one byte. 0 at once for empty memory. closed, timed_out.
  [[nodiscard]] result<std::size_t> write_some(bytes from, deadline until);

  /// Writes everything. On error, error().size() bytes went: go on from there.
  [[nodiscard]] result<void> write_all(bytes from, deadline until);
  /// Header and body, one call; at most 16 parts.
  [[nodiscard]] result<void> write_all(std::span<const bytes> parts, deadline until);

  void cancel() noexcept;
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] native_view native() const noexcept;
  [[nodiscard]] result<native_handle> release();
  [[nodiscard]] class endpoint endpoint() const noexcept;

 private:
  friend struct detail::pipe_access;
  explicit pipe_writer(std::unique_ptr<detail::pipe_writer_impl> impl) noexcept;
  std::unique_ptr<detail::pipe_writer_impl> impl_;
};

struct pipe_pair {
  pipe_reader reader;
  pipe_writer writer;
};

/// An anonymous pipe: both ends, close-on-exec / not inheritable. limit_reached (descriptors, pipe pages).
[[nodiscard]] VIADUCT_EXPORT result<pipe_pair> make_pipe(const pipe_options& options = {});

/// The process's standard input and output as pipe ends. They may be files or terminals, are shared with other processes
/// and therefore stay blocking; closing the end does not close the stream. closed if the process has none.
[[nodiscard]] VIADUCT_EXPORT result<pipe_reader> standard_input();
[[nodiscard]] VIADUCT_EXPORT result<pipe_writer> standard_output();

}  // namespace viaduct
