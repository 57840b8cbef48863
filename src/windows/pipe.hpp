// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The ends of a pipe: an overlapped stream, a blocking one, or the reader of a named pipe.
#pragma once

#include <memory>
#include <optional>

#include "backend/entry.hpp"
#include "backend/pipe.hpp"
#include "windows/blocking_stream.hpp"
#include "windows/overlapped.hpp"
#include "windows/stream.hpp"

namespace viaduct::windows {

/// The reader of a named pipe: one instance, listening from the start and again as soon as a writer has gone and everything
/// it wrote was read.
class fifo_reader {
 public:
  [[nodiscard]] static result<std::unique_ptr<fifo_reader>> create(const name& what, const pipe_options& options);
  fifo_reader(const fifo_reader&) = delete;
  fifo_reader& operator=(const fifo_reader&) = delete;
  ~fifo_reader();

  [[nodiscard]] result<std::size_t> read_some(buffer into, detail::timer& wait);
  void cancel() noexcept { stream_->cancel(); }
  [[nodiscard]] HANDLE get() const noexcept { return stream_->get(); }
  [[nodiscard]] result<unique_handle> release();

 private:
  enum class phase { idle, listening, connected };

  fifo_reader() = default;
  [[nodiscard]] result<void> listen();
  [[nodiscard]] result<void> wait_for_writer(detail::timer& wait);
  [[nodiscard]] result<std::size_t> end_of_writer();

  std::unique_ptr<stream> stream_;
  operation listening_;
  phase phase_ = phase::idle;
  std::optional<backend::entry> owned_;
};

}  // namespace viaduct::windows

namespace viaduct::backend {

// Exactly one of the roads is there.
struct pipe_source {
  std::unique_ptr<windows::stream> overlapped;
  std::unique_ptr<windows::blocking_stream> blocking;
  std::unique_ptr<windows::fifo_reader> named;
};

struct pipe_sink {
  std::unique_ptr<windows::stream> overlapped;
  std::unique_ptr<windows::blocking_stream> blocking;
};

}  // namespace viaduct::backend
