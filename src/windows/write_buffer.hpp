// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What was written to a pipe and has not been taken by the system yet. A cancelled WriteFile may have been read in part by
// the peer without telling how much, so a write is given to this buffer, is never cancelled, and counts as written; the
// next one first waits for it under its own deadline.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "windows/overlapped.hpp"

namespace viaduct::windows {

class write_buffer {
 public:
  /// A message of 64 KiB with its frame and sixteen handles fits.
  static constexpr std::size_t capacity = 64 * 1024 + 256;

  [[nodiscard]] result<void> open() { return operation_.open(); }
  /// Nothing was written to this pipe yet: as many bytes as its buffer has will be stored at once.
  void expect_room(std::size_t size) noexcept { unused_ = size; }

  /// Is a write under way?
  [[nodiscard]] bool is_busy() const noexcept { return busy_ && !operation_.has_ended(); }
  [[nodiscard]] HANDLE event() const noexcept { return operation_.event(); }

  /// Waits until the last write has ended. timed_out, cancelled; closed if it did not succeed.
  [[nodiscard]] result<void> wait_until_free(HANDLE file, const interrupt& stop, detail::timer& wait);
  /// When free: takes over what fits, at least one byte, and starts writing it. closed.
  [[nodiscard]] result<std::size_t> submit(HANDLE file, std::span<const bytes> parts);
  /// Ends the last write; the peer may have read a part of it.
  void call_off(HANDLE file) noexcept;

 private:
  [[nodiscard]] std::size_t gather(std::span<const bytes> parts);

  std::unique_ptr<std::byte[]> memory_;
  operation operation_;
  std::size_t unused_ = 0;  // of the pipe's buffer, even if the peer has read nothing so far
  bool busy_ = false;
  DWORD failed_ = ERROR_SUCCESS;  // why the last write did not succeed
};

}  // namespace viaduct::windows
