// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One end of a pipe opened with FILE_FLAG_OVERLAPPED: reading, writing, cancelling, ending. Both kinds of pipe are built on
// it. One reader and one writer thread at a time; cancel() from any.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/overlapped.hpp"
#include "windows/write_buffer.hpp"

namespace viaduct::windows {

class stream {
 public:
  enum class direction { reading, writing, both };

  enum class history { fresh, unknown };  // fresh: nothing was written to the pipe yet

  /// On failure the pipe stays the caller's.
  [[nodiscard]] static result<std::unique_ptr<stream>> make(unique_handle& pipe, direction which, history past);
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  /// Ends the stream without blocking.
  ~stream();

  /// Fills the parts in order, at least one byte; 0 when the stream has ended. timed_out, cancelled.
  [[nodiscard]] result<std::size_t> read_some(std::span<const buffer> parts, detail::timer& wait);
  /// At least one byte. closed, timed_out, cancelled.
  [[nodiscard]] result<std::size_t> write_some(std::span<const bytes> parts, detail::timer& wait);
  /// Until the system has taken everything written. closed, timed_out, cancelled.
  [[nodiscard]] result<void> drain(detail::timer& wait);

  /// The peer sees the end in the middle of what was written last. There is no half of a Windows pipe to close, so the whole
  /// pipe ends; what had arrived by then can still be read.
  void abandon_write() noexcept;

  /// Blocked and later calls are cancelled.
  void cancel() noexcept;
  /// The same, and the peer sees the end.
  void cancel_and_end() noexcept;

  [[nodiscard]] HANDLE get() const noexcept;
  [[nodiscard]] const interrupt& stop() const noexcept { return stop_; }
  /// What is still being written goes on.
  [[nodiscard]] result<unique_handle> release();

 private:
  stream() = default;
  class presence;
  enum class side { reading, writing };

  [[nodiscard]] result<void> enter(side which);
  void leave(side which) noexcept;
  [[nodiscard]] result<std::size_t> read_parts(std::span<const buffer> parts, detail::timer& wait);
  [[nodiscard]] result<std::size_t> read_into(buffer target, detail::timer& wait);
  [[nodiscard]] result<std::size_t> read_rescued(std::span<const buffer> parts);
  void rescue() noexcept;
  void end() noexcept;

  mutable std::mutex guard_;  // of the members down to rescued_
  unique_handle pipe_;
  std::unique_ptr<write_buffer> outgoing_;
  bool reading_inside_ = false;
  bool writing_inside_ = false;
  bool end_on_cancel_ = false;
  bool abandoned_ = false;
  std::vector<std::byte> rescued_;  // what had arrived when the stream was abandoned
  std::size_t rescued_read_ = 0;

  interrupt stop_;
  operation reading_;
  std::unique_ptr<std::byte[]> bounce_;  // where a read into several parts lands first
};

/// Errors of reading that mean "the peer has gone and everything was read".
[[nodiscard]] bool is_end_of_stream(DWORD code) noexcept;

}  // namespace viaduct::windows
