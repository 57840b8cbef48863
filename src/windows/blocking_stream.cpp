// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/blocking_stream.hpp"

#include <algorithm>
#include <cstring>

#include "windows/blocking_worker.hpp"
#include "windows/stream.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

result<std::unique_ptr<blocking_stream>> blocking_stream::make(unique_handle& file, bool for_writing) {
  std::unique_ptr<blocking_stream> made(new blocking_stream);
  if (result<void> opened = made->stop_.open(); !opened) return opened.error();
  const result<DWORD> type = system::file_type(file.get());
  if (!type) return type.error();
  made->type_ = *type;
  made->file_ = std::move(file);
  made->for_writing_ = for_writing;
  return made;
}

blocking_stream::~blocking_stream() {
  if (worker_) worker_->dismiss();
}

result<void> blocking_stream::start_worker() {
  if (worker_) return {};
  result<unique_handle> copy = system::duplicate(file_.get());
  if (!copy) return copy.error();
  result<std::shared_ptr<worker>> started = worker::start(std::move(*copy), for_writing_);
  if (!started) return started.error();
  worker_ = std::move(*started);
  file_.reset();
  return {};
}

HANDLE blocking_stream::get() const noexcept { return worker_ ? worker_->file() : file_.get(); }

result<unique_handle> blocking_stream::release() {
  if (!worker_) return std::move(file_);
  return system::duplicate(worker_->file());
}

result<std::size_t> blocking_stream::read_some(buffer into, detail::timer& wait) {
  if (stop_.raised()) return errc::cancelled;
  if (type_ == FILE_TYPE_DISK) return read_disk(into);
  if (result<void> started = start_worker(); !started) return started.error();
  for (;;) {
    if (worker_->is_idle() && !worker_->has_outcome) worker_->begin(std::min(into.size(), worker::capacity));
    const result<void> waited =
        wait.poll_only() ? result<void>(errc::timed_out) : wait_for(worker_->idle_event(), stop_, wait);
    if (!waited) worker_->call_off();
    if (!worker_->is_idle()) return waited.error();
    const result<std::size_t> count = take_read(into);
    if (!count || *count != 0) return count;
    if (!waited) return waited.error();
    if (wait.expired()) return errc::timed_out;
  }
}

/// What the last read brought; 0 if that was nothing.
result<std::size_t> blocking_stream::take_read(buffer into) {
  const system::io last = worker_->outcome();
  if (last.code == ERROR_OPERATION_ABORTED) {
    worker_->has_outcome = false;
    return std::size_t{0};
  }
  if (last.code != ERROR_SUCCESS && last.code != ERROR_MORE_DATA) {
    worker_->has_outcome = false;
    return is_end_of_stream(last.code) ? error(errc::closed, static_cast<int>(last.code)) : failure(last.code);
  }
  // A console's end of input is a read of nothing; on a pipe somebody wrote nothing.
  if (last.count == 0 && type_ != FILE_TYPE_PIPE) {
    worker_->has_outcome = false;
    return errc::closed;
  }
  const std::size_t left = last.count - worker_->unread_at;
  const std::size_t count = std::min(left, into.size());
  if (count != 0) std::memcpy(into.data(), worker_->memory().data() + worker_->unread_at, count);
  worker_->unread_at += count;
  worker_->has_outcome = count < left;
  return count;
}

result<std::size_t> blocking_stream::read_disk(buffer into) {
  const system::io done = system::read(file_.get(), into, nullptr);
  if (done.code != ERROR_SUCCESS && !is_end_of_stream(done.code)) return failure(done.code);
  if (done.code != ERROR_SUCCESS || done.count == 0) return errc::closed;
  return std::size_t{done.count};
}

result<std::size_t> blocking_stream::write_disk(bytes from) {
  const system::io done = system::write(file_.get(), from, nullptr);
  if (done.code != ERROR_SUCCESS) return failure(done.code);
  return std::size_t{done.count};
}

result<std::size_t> blocking_stream::write_some(std::span<const bytes> parts, detail::timer& wait) {
  if (stop_.raised()) return errc::cancelled;
  while (!parts.empty() && parts.front().empty()) parts = parts.subspan(1);
  if (parts.empty()) return std::size_t{0};
  if (type_ == FILE_TYPE_DISK) return write_disk(parts.front());
  if (result<void> started = start_worker(); !started) return started.error();
  if (!worker_->is_idle()) {
    if (wait.poll_only()) return errc::timed_out;
    if (result<void> waited = wait_for(worker_->idle_event(), stop_, wait); !waited) return waited.error();
  }
  if (worker_->has_outcome && worker_->outcome().code != ERROR_SUCCESS) return failure(worker_->outcome().code);
  std::size_t size = 0;
  for (const bytes& part : parts) {
    const bytes fits = part.first(worker::capacity - size);
    if (!fits.empty()) std::memcpy(worker_->memory().data() + size, fits.data(), fits.size());
    size += fits.size();
  }
  worker_->begin(size);
  // Usually it ends at once: then its error is this call's. Otherwise it goes on and is the next call's business.
  if (wait.poll_only()) return size;
  const result<void> waited = wait_for(worker_->idle_event(), stop_, wait);
  if (!waited || worker_->outcome().code == ERROR_SUCCESS) return size;
  return failure(worker_->outcome().code);
}

}  // namespace viaduct::windows
