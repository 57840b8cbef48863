// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The reader of a named pipe. One instance admits one writer at a time: others meet PIPE_BUSY and wait for it.
#include "windows/pipe.hpp"
#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

result<std::unique_ptr<fifo_reader>> fifo_reader::create(const name& what, const pipe_options& options) {
  std::unique_ptr<fifo_reader> made(new fifo_reader);
  if (result<void> opened = made->listening_.open(); !opened) return opened.error();
  const result<security_attributes> security = private_object();
  if (!security) return security.error();
  const auto build = [&](const backend::entry_description& description) -> result<void> {
    const std::wstring path = pipe_path(description.native_name);
    result<unique_handle> pipe = make_instance(
        {.path = path, .direction = PIPE_ACCESS_INBOUND, .buffer = options.capacity, .security = *security});
    if (!pipe) return pipe.error();
    result<std::unique_ptr<stream>> end = stream::make(*pipe, stream::direction::reading, stream::history::unknown);
    if (!end) return end.error();
    made->stream_ = std::move(*end);
    return made->listen();
  };
  result<backend::entry> owned = backend::entry::create({.kind = backend::object_kind::pipe, .what = what}, build);
  if (!owned) return owned.error();
  made->owned_.emplace(std::move(*owned));
  return made;
}

fifo_reader::~fifo_reader() {
  // The system writes to the operation until it has ended.
  if (stream_ && phase_ == phase::listening) (void)listening_.call_off(stream_->get());
  stream_.reset();
}

result<void> fifo_reader::listen() {
  const DWORD code = system::connect_pipe(stream_->get(), listening_.prepare());
  switch (code) {
    case ERROR_IO_PENDING:
      phase_ = phase::listening;
      return {};
    // A writer came before we listened, and may have gone again: what it wrote is there.
    case ERROR_SUCCESS:
    case ERROR_PIPE_CONNECTED:
    case ERROR_NO_DATA:
      phase_ = phase::connected;
      return {};
    default:
      phase_ = phase::idle;
      return failure(code);
  }
}

result<void> fifo_reader::wait_for_writer(detail::timer& wait) {
  while (phase_ != phase::connected) {
    if (phase_ == phase::idle) {
      if (result<void> listened = listen(); !listened) return listened;
      continue;
    }
    if (!listening_.has_ended()) {
      if (wait.poll_only()) return errc::timed_out;
      if (result<void> waited = wait_for(listening_.event(), stream_->stop(), wait); !waited) return waited;
    }
    const system::io outcome = listening_.finish(stream_->get());
    // Aborted: the thread that began to listen has ended, and Windows ended its operations with it.
    phase_ = outcome.code == ERROR_OPERATION_ABORTED ? phase::idle : phase::connected;
  }
  return {};
}

/// Everything of this writer was read.
result<std::size_t> fifo_reader::end_of_writer() {
  (void)system::disconnect_pipe(stream_->get());
  phase_ = phase::idle;
  // If listening fails now, the next read tries again and reports it.
  (void)listen().has_value();
  return errc::closed;
}

result<std::size_t> fifo_reader::read_some(buffer into, detail::timer& wait) {
  if (stream_->stop().raised()) return errc::cancelled;
  if (result<void> connected = wait_for_writer(wait); !connected) return connected.error();
  result<std::size_t> count = stream_->read_some({&into, 1}, wait);
  if (!count || *count != 0) return count;
  return end_of_writer();
}

result<unique_handle> fifo_reader::release() {
  if (phase_ == phase::listening) {
    (void)listening_.call_off(stream_->get());
    phase_ = phase::idle;
  }
  owned_.reset();
  return stream_->release();
}

}  // namespace viaduct::windows
