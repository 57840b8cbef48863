// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: what a system provides for pipes. Errors carry code, OS code and hint; operation and object are added by
// src/common/pipe.cpp. Arguments are checked already; buffers are not empty.
#pragma once

#include <memory>
#include <span>

#include "backend/entry.hpp"
#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/name.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/pipe.hpp"
#include "viaduct/result.hpp"

namespace viaduct::backend {

struct pipe_source;  // the reading end; complete in the OS folder
struct pipe_sink;    // the writing end

// Destruction closes the end (in a forked child: only this process's descriptor).
struct pipe_deleter {
  void operator()(pipe_source* end) const noexcept;
  void operator()(pipe_sink* end) const noexcept;
};
using pipe_source_ptr = std::unique_ptr<pipe_source, pipe_deleter>;
using pipe_sink_ptr = std::unique_ptr<pipe_sink, pipe_deleter>;

struct pipe_ends {
  pipe_source_ptr source;
  pipe_sink_ptr sink;
};

[[nodiscard]] result<pipe_ends> make_pipe(const pipe_options& options);
/// A FIFO of ours; its entry (object_kind::pipe, lifetime::owner) lives in the returned object.
[[nodiscard]] result<pipe_source_ptr> create_pipe(const name& what, const pipe_options& options);
[[nodiscard]] result<pipe_source_ptr> open_native_pipe_source(const name& native, detail::timer& wait);
/// Waits for the reader and for the previous writer to leave. Also name::native.
[[nodiscard]] result<pipe_sink_ptr> open_pipe(const name& what, detail::timer& wait);
[[nodiscard]] result<pipe_source_ptr> adopt_pipe_source(native_handle handle);
[[nodiscard]] result<pipe_sink_ptr> adopt_pipe_sink(native_handle handle);
/// The process's standard streams: shared with others, so their mode is never changed and they are not closed.
[[nodiscard]] result<pipe_source_ptr> standard_input_source();
[[nodiscard]] result<pipe_sink_ptr> standard_output_sink();

/// At least one byte; closed at the end of the stream (a named pipe: once for each writer, and only after one was there).
[[nodiscard]] result<std::size_t> read_some(pipe_source& from, buffer into, detail::timer& wait);
/// At least one byte; closed when the reader has gone; raises no signal.
[[nodiscard]] result<std::size_t> write_some(pipe_sink& to, std::span<const bytes> parts, detail::timer& wait);

/// From any thread: a blocked read or write and all later ones return cancelled.
void cancel(pipe_source& end) noexcept;
void cancel(pipe_sink& end) noexcept;

[[nodiscard]] native_view native(const pipe_source& end) noexcept;
[[nodiscard]] native_view native(const pipe_sink& end) noexcept;
/// The end loses its descriptor; a named one gives its name free.
[[nodiscard]] result<native_handle> release(pipe_source& end);
[[nodiscard]] result<native_handle> release(pipe_sink& end);
/// A named reader cannot be handed to a child.
[[nodiscard]] bool is_named(const pipe_source& end) noexcept;

}  // namespace viaduct::backend
