// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/write_buffer.hpp"

#include <algorithm>
#include <cstring>

#include "windows/lasting_thread.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::windows {

result<void> write_buffer::wait_until_free(HANDLE file, const interrupt& stop, detail::timer& wait) {
  if (busy_) {
    if (!operation_.has_ended()) {
      if (wait.poll_only()) return errc::timed_out;
      if (result<void> waited = wait_for(operation_.event(), stop, wait); !waited) return waited;
    }
    failed_ = operation_.finish(file).code;
    busy_ = false;
  }
  if (failed_ != ERROR_SUCCESS) return error(errc::closed, static_cast<int>(failed_));
  return {};
}

std::size_t write_buffer::gather(std::span<const bytes> parts) {
  if (!memory_) memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  std::size_t used = 0;
  for (const bytes& part : parts) {
    const std::size_t count = std::min(part.size(), capacity - used);
    if (count != 0) std::memcpy(memory_.get() + used, part.data(), count);
    used += count;
  }
  return used;
}

result<std::size_t> write_buffer::submit(HANDLE file, std::span<const bytes> parts) {
  const std::size_t size = gather(parts);
  const bytes content(memory_.get(), size);
  OVERLAPPED& how = operation_.prepare();
  // With room for all of it the write ends at once; any other may outlive this thread.
  const bool at_once = unused_ >= size || system::write_room(file) >= size;
  unused_ -= std::min(unused_, size);
  const system::io started =
      at_once ? system::write(file, content, &how) : write_from_lasting_thread(file, content, how);
  if (started.code == ERROR_IO_PENDING) {
    busy_ = true;
    return size;
  }
  if (started.code != ERROR_SUCCESS) return failure(started.code);
  return size;
}

void write_buffer::call_off(HANDLE file) noexcept {
  if (!busy_) return;
  failed_ = operation_.call_off(file).code;
  busy_ = false;
}

}  // namespace viaduct::windows
