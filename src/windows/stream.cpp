// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/stream.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "windows/reaper.hpp"

namespace viaduct::windows {

namespace {

// A pending read takes its size from the room that the peer's end reports, so large reads are made in steps.
constexpr std::size_t read_step = 64 * 1024;
// Below this, reading into the first part alone would cost a system call for next to nothing.
constexpr std::size_t worth_a_read = 4096;
constexpr std::size_t most_rescued = std::size_t{1} << 20;

std::size_t total_size(std::span<const buffer> parts) noexcept {
  std::size_t total = 0;
  for (const buffer& part : parts) total += part.size();
  return total;
}

void scatter(bytes from, std::span<const buffer> parts) noexcept {
  for (const buffer& part : parts) {
    const std::size_t count = std::min(part.size(), from.size());
    if (count != 0) std::memcpy(part.data(), from.data(), count);
    from = from.after(count);
  }
}

}  // namespace

bool is_end_of_stream(DWORD code) noexcept {
  return code == ERROR_BROKEN_PIPE || code == ERROR_PIPE_NOT_CONNECTED || code == ERROR_NO_DATA ||
         code == ERROR_HANDLE_EOF;
}

/// A thread inside a call: the pipe is not closed under it.
class stream::presence {
 public:
  presence(stream& where, side which) : stream_(where), side_(which), entered_(where.enter(which)) {}
  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;
  ~presence() {
    if (entered_) stream_.leave(side_);
  }
  [[nodiscard]] const result<void>& entered() const noexcept { return entered_; }

 private:
  stream& stream_;
  side side_;
  result<void> entered_;
};

result<std::unique_ptr<stream>> stream::make(unique_handle& pipe, direction which, history past) {
  std::unique_ptr<stream> made(new stream);
  if (result<void> opened = made->stop_.open(); !opened) return opened.error();
  if (which != direction::writing) {
    if (result<void> opened = made->reading_.open(); !opened) return opened.error();
  }
  if (which != direction::reading) {
    made->outgoing_ = std::make_unique<write_buffer>();
    if (result<void> opened = made->outgoing_->open(); !opened) return opened.error();
    if (past == history::fresh) {
      // Our pipes have the same buffer in both directions.
      const result<system::pipe_information> info = system::pipe_info(pipe.get());
      if (info) made->outgoing_->expect_room(std::min(info->in_buffer, info->out_buffer));
    }
  }
  made->pipe_ = std::move(pipe);
  return made;
}

stream::~stream() { end(); }

result<void> stream::enter(side which) {
  const std::lock_guard lock(guard_);
  if (stop_.raised()) return errc::cancelled;
  if (!pipe_ && which == side::writing) return errc::closed;
  (which == side::reading ? reading_inside_ : writing_inside_) = true;
  return {};
}

void stream::leave(side which) noexcept {
  const std::lock_guard lock(guard_);
  (which == side::reading ? reading_inside_ : writing_inside_) = false;
  if (reading_inside_ || writing_inside_) return;
  if (stop_.raised() && end_on_cancel_) {
    end();
  } else if (abandoned_ && pipe_) {
    rescue();
    end();
  }
}

void stream::end() noexcept { close_when_written(std::move(pipe_), std::move(outgoing_)); }

result<std::size_t> stream::read_some(std::span<const buffer> parts, detail::timer& wait) {
  if (total_size(parts) == 0) return std::size_t{0};
  result<std::size_t> count = errc::closed;
  {
    const presence inside(*this, side::reading);
    if (!inside.entered()) return inside.entered().error();
    if (!pipe_) return read_rescued(parts);
    count = read_parts(parts, wait);
  }
  // Abandoned by the writing thread meanwhile: what had arrived was put aside.
  if (!count && count.error() == errc::cancelled && !stop_.raised()) return read_rescued(parts);
  return count;
}

result<std::size_t> stream::read_parts(std::span<const buffer> parts, detail::timer& wait) {
  while (parts.front().empty()) parts = parts.subspan(1);
  const buffer first = parts.front();
  if (parts.size() == 1 || first.size() >= worth_a_read) return read_into(first, wait);
  if (!bounce_) bounce_ = std::make_unique_for_overwrite<std::byte[]>(read_step);
  const buffer whole(bounce_.get(), std::min(read_step, total_size(parts)));
  result<std::size_t> count = read_into(whole, wait);
  if (count) scatter(bytes(whole.first(*count)), parts);
  return count;
}

result<std::size_t> stream::read_into(buffer target, detail::timer& wait) {
  for (;;) {
    OVERLAPPED& how = reading_.prepare();
    const system::io started = system::read(pipe_.get(), target.first(read_step), &how);
    const result<system::io> outcome = reading_.complete(pipe_.get(), started, stop_, wait);
    if (!outcome) return outcome.error();
    if (is_end_of_stream(outcome->code)) return std::size_t{0};
    if (outcome->code != ERROR_SUCCESS && outcome->code != ERROR_MORE_DATA) return failure(outcome->code);
    if (outcome->count != 0) return std::size_t{outcome->count};
    // The peer wrote nothing, in so many words.
    if (wait.poll_only() || wait.expired()) return errc::timed_out;
  }
}

result<std::size_t> stream::write_some(std::span<const bytes> parts, detail::timer& wait) {
  const presence inside(*this, side::writing);
  if (!inside.entered()) return inside.entered().error();
  if (abandoned_ || !outgoing_) return errc::closed;
  if (result<void> room = outgoing_->wait_until_free(pipe_.get(), stop_, wait); !room) return room.error();
  return outgoing_->submit(pipe_.get(), parts);
}

result<void> stream::drain(detail::timer& wait) {
  const presence inside(*this, side::writing);
  if (!inside.entered()) return inside.entered();
  if (abandoned_ || !outgoing_) return errc::closed;
  return outgoing_->wait_until_free(pipe_.get(), stop_, wait);
}

void stream::abandon_write() noexcept {
  const std::lock_guard lock(guard_);
  if (!pipe_ || !outgoing_ || abandoned_ || stop_.raised()) return;
  abandoned_ = true;
  outgoing_->call_off(pipe_.get());
  if (reading_inside_) return stop_.ring();  // the reader ends the stream when it leaves
  rescue();
  end();
}

/// Puts aside what the peer has sent. Nobody is reading.
void stream::rescue() noexcept {
  try {
    detail::timer at_once(deadline::now());
    const auto room = std::make_unique_for_overwrite<std::byte[]>(read_step);
    while (rescued_.size() < most_rescued) {
      OVERLAPPED& how = reading_.prepare();
      const system::io started = system::read(pipe_.get(), buffer(room.get(), read_step), &how);
      const result<system::io> outcome = reading_.complete(pipe_.get(), started, stop_, at_once);
      if (!outcome || outcome->code != ERROR_SUCCESS || outcome->count == 0) return;
      rescued_.insert(rescued_.end(), room.get(), room.get() + outcome->count);
    }
  } catch (const std::bad_alloc&) {
    // Then the end comes a little earlier for this side.
  }
}

result<std::size_t> stream::read_rescued(std::span<const buffer> parts) {
  const std::lock_guard lock(guard_);
  const bytes left = bytes(rescued_).after(rescued_read_);
  const std::size_t count = std::min(left.size(), total_size(parts));
  scatter(left.first(count), parts);
  rescued_read_ += count;
  return count;
}

void stream::cancel() noexcept { stop_.raise(); }

void stream::cancel_and_end() noexcept {
  const std::lock_guard lock(guard_);
  end_on_cancel_ = true;
  stop_.raise();
  if (!reading_inside_ && !writing_inside_) end();
}

HANDLE stream::get() const noexcept {
  const std::lock_guard lock(guard_);
  return pipe_.get();
}

result<unique_handle> stream::release() {
  const std::lock_guard lock(guard_);
  if (!pipe_) return errc::closed;
  if (outgoing_ && outgoing_->is_busy()) {
    result<unique_handle> copy = system::duplicate(pipe_.get());
    if (!copy) return copy.error();
    close_when_written(std::move(*copy), std::move(outgoing_));
  }
  return std::move(pipe_);
}

}  // namespace viaduct::windows
