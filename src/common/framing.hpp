// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Messages on a byte stream, the same on every operating system. A frame is a 4-byte little-endian length and the payload.
// Lengths from 0xFFFFFF00 on are control words:
//   0xFFFFFFFF                          the end mark: the sender has said everything
//   0xFFFFFFFE {count u32, values}      handles that belong to the next message, directly before it
//   0xFFFFFFFD {count u32}              so many handles arrived (only where backend::handles_need_ack())
// Any other is a broken protocol.
//
// Both directions are resumable steps: next() says what is missing, the driver (synchronous or asynchronous) moves bytes
// and reports them. No system call, no allocation except where it says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "viaduct/bytes.hpp"
#include "viaduct/error.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

enum class step : std::uint8_t { done, want_read, want_write, failed };

namespace frame {
constexpr std::uint32_t first_control = 0xFFFFFF00;
constexpr std::uint32_t end_mark = 0xFFFFFFFF;
constexpr std::uint32_t handles = 0xFFFFFFFE;
constexpr std::uint32_t ack = 0xFFFFFFFD;
constexpr std::size_t header_size = 4;
constexpr std::size_t max_handles = 16;
constexpr std::size_t max_parts = 16;
constexpr std::size_t flat_size = 2048;   // up to here copying into one piece is cheaper than gathering
constexpr std::size_t spill_size = 4096;  // read ahead
}  // namespace frame

/// One frame on its way out. The message's memory is borrowed until done.
class outgoing_frame {
 public:
  outgoing_frame() = default;
  outgoing_frame(const outgoing_frame&) = delete;
  outgoing_frame& operator=(const outgoing_frame&) = delete;

  /// `prefix` is a handle frame or empty; it goes first.
  void start_message(std::span<const bytes> parts, std::size_t total, bytes prefix = {});
  /// The end mark, or an ack of `count` handles.
  void start_end_mark();
  void start_ack(std::uint32_t count);

  /// want_write: write from pieces(), then wrote(). done: everything went.
  [[nodiscard]] step next() const noexcept { return first_ == count_ ? step::done : step::want_write; }
  [[nodiscard]] std::span<const bytes> pieces() const noexcept { return {pieces_.data() + first_, count_ - first_}; }
  void wrote(std::size_t count) noexcept;

  /// Bytes of this frame that went.
  [[nodiscard]] std::size_t sent() const noexcept { return sent_; }

  /// {0xFFFFFFFE, count}; the backend's values follow.
  [[nodiscard]] static std::vector<std::byte> handle_prefix(std::size_t count, bytes values);

 private:
  void reset() noexcept;
  void add(bytes piece) noexcept;
  void add_flat(bytes piece) noexcept;

  std::array<std::byte, frame::flat_size + 2 * frame::header_size> flat_;
  std::size_t flat_used_ = 0;
  std::array<bytes, frame::max_parts + 2> pieces_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t sent_ = 0;
};

/// Handles announced by the stream for the message just received.
struct announced_handles {
  std::size_t count = 0;
  std::vector<std::byte> values;
};

/// What the receiving side is told about the connection.
struct frame_limits {
  std::size_t max_message = 0;
  bool accept_handles = false;
  bool accept_acks = false;
  std::size_t (*handle_value_size)(std::size_t count) noexcept = nullptr;
};

/// The stream of frames coming in, with its read-ahead.
class incoming_frames {
 public:
  explicit incoming_frames(const frame_limits& limits);
  incoming_frames(const incoming_frames&) = delete;
  incoming_frames& operator=(const incoming_frames&) = delete;

  /// Towards one message in `into`, which must be the same memory until the outcome is done or failed, or suspend().
  /// want_read: read into wanted(), then got(). done: size() and handles(). failed: failure(); buffer_too_small and
  /// nothing else may be followed by another attempt.
  [[nodiscard]] step next(buffer into);
  [[nodiscard]] std::span<const buffer> wanted() const noexcept { return {wanted_.data(), wanted_count_}; }
  /// 0: the stream has ended.
  void got(std::size_t count);

  /// The driver gives up waiting (timed_out): what already lies in the caller's memory is kept for the next attempt.
  /// May allocate; if that throws, receiving has ended with no_space.
  void suspend();

  [[nodiscard]] std::size_t size() const noexcept { return length_; }
  [[nodiscard]] announced_handles take_handles() noexcept { return std::exchange(handles_, {}); }
  [[nodiscard]] const error& failure() const noexcept { return failure_; }
  /// Acks that came since the last call.
  [[nodiscard]] std::uint64_t take_acks() noexcept { return std::exchange(acks_, 0); }

  /// Whole messages (and the end) that next() would give without reading.
  [[nodiscard]] std::size_t buffered() const noexcept;
  /// Nothing read ahead, no message begun.
  [[nodiscard]] bool is_idle() const noexcept {
    return begin_ == end_ && phase_ == phase::header && handles_.count == 0;
  }

  /// Ends receiving for good, for example when handles turn out bad.
  void fail(error failure) noexcept;

 private:
  enum class phase : std::uint8_t { header, predicted, body, over };

  [[nodiscard]] std::size_t available() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::uint32_t word_at(std::size_t offset) const noexcept;
  [[nodiscard]] step read_header(buffer into);
  [[nodiscard]] step read_control(std::uint32_t word);
  [[nodiscard]] step read_handle_frame();
  [[nodiscard]] step start_body(std::uint32_t length, buffer into);
  [[nodiscard]] step continue_body() noexcept;
  [[nodiscard]] step want_spill();
  [[nodiscard]] step want_predicted(buffer into);
  [[nodiscard]] step want_body() noexcept;
  [[nodiscard]] step end_with(errc code, const char* hint) noexcept;
  void got_predicted(std::size_t count);
  void got_body(std::size_t count);
  void stream_ended() noexcept;
  void consume(std::size_t count) noexcept;
  void shrink() noexcept;
  void prepend(std::span<const bytes> pieces);
  void keep(std::span<const bytes> pieces);
  [[nodiscard]] buffer room(std::size_t wanted);

  frame_limits limits_;
  std::vector<std::byte> spill_;  // [begin_, end_) holds what was read ahead
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  phase phase_ = phase::header;
  buffer into_;             // the caller's memory while a body is under way
  std::size_t length_ = 0;  // of the current message
  std::size_t placed_ = 0;  // bytes of it in the caller's memory
  std::size_t last_length_ = 0;
  std::array<std::byte, frame::header_size> header_{};  // where a predicted read puts the length
  std::array<buffer, 3> wanted_;
  std::size_t wanted_count_ = 0;
  announced_handles handles_;
  std::uint64_t acks_ = 0;
  error failure_{errc::closed};
};

}  // namespace viaduct::detail
