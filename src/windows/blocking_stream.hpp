// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Ends of pipes, files and consoles opened without FILE_FLAG_OVERLAPPED: the standard streams, and what other programs
// hand over. Windows offers no deadline for them. A thread of the stream's own therefore makes the calls, and is called
// back with CancelSynchronousIo; it is started by the first call that may have to wait. Files on a disk never wait.
//
// Reading: at the deadline the read is called off, so that nothing is taken from a stream shared with others after the call
// has returned; what came nevertheless is kept for the next call. Writing: a write that was called off does not tell how
// much of it went, so one that outlasts its deadline goes on, counts as written, and the next write waits for it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/overlapped.hpp"

namespace viaduct::windows {

class worker;

class blocking_stream {
 public:
  /// On failure the file stays the caller's. `for_writing`: write_some() alone is used, else read_some() alone.
  [[nodiscard]] static result<std::unique_ptr<blocking_stream>> make(unique_handle& file, bool for_writing);
  blocking_stream(const blocking_stream&) = delete;
  blocking_stream& operator=(const blocking_stream&) = delete;
  ~blocking_stream();

  /// At least one byte; closed at the end.
  [[nodiscard]] result<std::size_t> read_some(buffer into, detail::timer& wait);
  [[nodiscard]] result<std::size_t> write_some(std::span<const bytes> parts, detail::timer& wait);
  void cancel() noexcept { stop_.raise(); }

  [[nodiscard]] HANDLE get() const noexcept;
  [[nodiscard]] result<unique_handle> release();

 private:
  blocking_stream() = default;
  [[nodiscard]] result<void> start_worker();
  [[nodiscard]] result<std::size_t> take_read(buffer into);
  [[nodiscard]] result<std::size_t> read_disk(buffer into);
  [[nodiscard]] result<std::size_t> write_disk(bytes from);

  unique_handle file_;              // until the worker takes it over
  std::shared_ptr<worker> worker_;  // shared with its thread, which may outlive this object by one call
  DWORD type_ = FILE_TYPE_UNKNOWN;
  bool for_writing_ = false;
  interrupt stop_;
};

}  // namespace viaduct::windows
