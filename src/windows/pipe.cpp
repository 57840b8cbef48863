// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Anonymous pipes are one-instance named pipes under a random name: those of CreatePipe know neither deadlines nor cancel.
#include "windows/pipe.hpp"

#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::backend {

using windows::stream;
using windows::unique_handle;

namespace {

constexpr const char* no_native_names = "on Windows only pipes of this library can be opened by name";

result<pipe_source_ptr> source_on(unique_handle& pipe) {
  result<std::unique_ptr<stream>> made = stream::make(pipe, stream::direction::reading, stream::history::unknown);
  if (!made) return made.error();
  pipe_source_ptr end(new pipe_source);
  end->overlapped = std::move(*made);
  return end;
}

result<pipe_sink_ptr> sink_on(unique_handle& pipe, stream::history past = stream::history::unknown) {
  result<std::unique_ptr<stream>> made = stream::make(pipe, stream::direction::writing, past);
  if (!made) return made.error();
  pipe_sink_ptr end(new pipe_sink);
  end->overlapped = std::move(*made);
  return end;
}

result<pipe_source_ptr> blocking_source_on(unique_handle& file) {
  result<std::unique_ptr<windows::blocking_stream>> made = windows::blocking_stream::make(file, false);
  if (!made) return made.error();
  pipe_source_ptr end(new pipe_source);
  end->blocking = std::move(*made);
  return end;
}

result<pipe_sink_ptr> blocking_sink_on(unique_handle& file) {
  result<std::unique_ptr<windows::blocking_stream>> made = windows::blocking_stream::make(file, true);
  if (!made) return made.error();
  pipe_sink_ptr end(new pipe_sink);
  end->blocking = std::move(*made);
  return end;
}

/// True: synchronous. invalid_argument unless it is a pipe whose handle carries the right.
result<bool> check_adopted(HANDLE file, ACCESS_MASK right) {
  const result<DWORD> type = windows::system::file_type(file);
  if (!type || *type != FILE_TYPE_PIPE) return error(errc::invalid_argument).advise("the handle is no pipe");
  const result<ACCESS_MASK> access = windows::system::granted_access(file);
  if (!access) return access.error();
  if ((*access & right) == 0) return error(errc::invalid_argument).advise("that is the other end of the pipe");
  return windows::system::is_synchronous(file);
}

/// A duplicate of a standard stream: closing it leaves the stream alone.
result<unique_handle> standard_stream_copy(DWORD which) {
  const HANDLE stream = windows::system::standard_handle(which);
  if (stream == nullptr) return error(errc::closed).advise("this process has no such standard stream");
  return windows::system::duplicate(stream);
}

template <class End>
native_view view_of(const End& end) noexcept {
  const HANDLE file = end.overlapped ? end.overlapped->get() : end.blocking->get();
  return file != nullptr ? native_view(file) : native_view();
}

result<native_handle> give_away(result<unique_handle> handle) {
  if (!handle) return handle.error();
  return handle->to_native();
}

}  // namespace

void pipe_deleter::operator()(pipe_source* end) const noexcept { delete end; }
void pipe_deleter::operator()(pipe_sink* end) const noexcept { delete end; }

result<pipe_ends> make_pipe(const pipe_options& options) {
  result<windows::instance_pair> pair = windows::make_instance_pair(
      {.direction = PIPE_ACCESS_INBOUND, .client_access = windows::pipe_writer_access, .buffer = options.capacity});
  if (!pair) return pair.error();
  result<pipe_source_ptr> source = source_on(pair->server);
  if (!source) return source.error();
  result<pipe_sink_ptr> sink = sink_on(pair->client, stream::history::fresh);
  if (!sink) return sink.error();
  return pipe_ends{std::move(*source), std::move(*sink)};
}

result<pipe_source_ptr> create_pipe(const name& what, const pipe_options& options) {
  result<std::unique_ptr<windows::fifo_reader>> made = windows::fifo_reader::create(what, options);
  if (!made) return made.error();
  pipe_source_ptr end(new pipe_source);
  end->named = std::move(*made);
  return end;
}

result<pipe_source_ptr> open_native_pipe_source(const name& /*native*/, detail::timer& /*wait*/) {
  return error(errc::not_supported).advise(no_native_names);
}

result<pipe_sink_ptr> open_pipe(const name& what, detail::timer& wait) {
  if (what.is_native()) return error(errc::not_supported).advise(no_native_names);
  const result<windows::token_identity> me = windows::own_identity();
  if (!me) return me.error();
  result<windows::dialled> found =
      windows::dial({.kind = object_kind::pipe, .what = what, .access = windows::pipe_writer_access}, wait);
  if (!found) return found.error();
  // Named pipes of this kind are for the same user at the same level.
  const result<identity> server = windows::verify_server(found->pipe.get(), what.owner(), me->level);
  if (!server) return server.error();
  return sink_on(found->pipe, stream::history::fresh);
}

result<pipe_source_ptr> adopt_pipe_source(native_handle handle) {
  const HANDLE file = windows::to_handle(handle.view());
  const result<bool> synchronous = check_adopted(file, FILE_READ_DATA);
  if (!synchronous) return synchronous.error();
  if (result<void> set = windows::system::set_inheritable(file, false); !set) return set.error();
  unique_handle taken(windows::to_handle(native_view(handle.release())));
  return *synchronous ? blocking_source_on(taken) : source_on(taken);
}

result<pipe_sink_ptr> adopt_pipe_sink(native_handle handle) {
  const HANDLE file = windows::to_handle(handle.view());
  const result<bool> synchronous = check_adopted(file, FILE_WRITE_DATA);
  if (!synchronous) return synchronous.error();
  if (result<void> set = windows::system::set_inheritable(file, false); !set) return set.error();
  unique_handle taken(windows::to_handle(native_view(handle.release())));
  return *synchronous ? blocking_sink_on(taken) : sink_on(taken);
}

result<pipe_source_ptr> standard_input_source() {
  result<unique_handle> copy = standard_stream_copy(STD_INPUT_HANDLE);
  if (!copy) return copy.error();
  const result<bool> synchronous = windows::system::is_synchronous(copy->get());
  return synchronous && !*synchronous ? source_on(*copy) : blocking_source_on(*copy);
}

result<pipe_sink_ptr> standard_output_sink() {
  result<unique_handle> copy = standard_stream_copy(STD_OUTPUT_HANDLE);
  if (!copy) return copy.error();
  const result<bool> synchronous = windows::system::is_synchronous(copy->get());
  return synchronous && !*synchronous ? sink_on(*copy) : blocking_sink_on(*copy);
}

result<std::size_t> read_some(pipe_source& from, buffer into, detail::timer& wait) {
  if (from.named) return from.named->read_some(into, wait);
  if (from.blocking) return from.blocking->read_some(into, wait);
  result<std::size_t> count = from.overlapped->read_some({&into, 1}, wait);
  if (count && *count == 0) return errc::closed;
  return count;
}

result<std::size_t> write_some(pipe_sink& to, std::span<const bytes> parts, detail::timer& wait) {
  return to.blocking ? to.blocking->write_some(parts, wait) : to.overlapped->write_some(parts, wait);
}

void cancel(pipe_source& end) noexcept {
  if (end.named) return end.named->cancel();
  end.blocking ? end.blocking->cancel() : end.overlapped->cancel();
}

void cancel(pipe_sink& end) noexcept { end.blocking ? end.blocking->cancel() : end.overlapped->cancel(); }

native_view native(const pipe_source& end) noexcept { return end.named ? native_view(end.named->get()) : view_of(end); }
native_view native(const pipe_sink& end) noexcept { return view_of(end); }

result<native_handle> release(pipe_source& end) {
  if (end.named) return give_away(end.named->release());
  return give_away(end.blocking ? end.blocking->release() : end.overlapped->release());
}

result<native_handle> release(pipe_sink& end) {
  return give_away(end.blocking ? end.blocking->release() : end.overlapped->release());
}

bool is_named(const pipe_source& end) noexcept { return end.named != nullptr; }

}  // namespace viaduct::backend
