// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/framing.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace viaduct::detail {

namespace {

void put_word(std::byte* to, std::uint32_t word) noexcept {
  for (unsigned index = 0; index < frame::header_size; ++index) to[index] = static_cast<std::byte>(word >> (8 * index));
}

std::uint32_t get_word(const std::byte* from) noexcept {
  std::uint32_t word = 0;
  for (unsigned index = 0; index < frame::header_size; ++index) {
    word |= std::to_integer<std::uint32_t>(from[index]) << (8 * index);
  }
  return word;
}

void copy(std::byte* to, bytes from) noexcept {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

void outgoing_frame::reset() noexcept { flat_used_ = first_ = count_ = sent_ = 0; }

void outgoing_frame::add(bytes piece) noexcept {
  if (!piece.empty()) pieces_[count_++] = piece;
}

void outgoing_frame::add_flat(bytes piece) noexcept {
  copy(flat_.data() + flat_used_, piece);
  flat_used_ += piece.size();
}

void outgoing_frame::start_message(std::span<const bytes> parts, std::size_t total, bytes prefix) {
  reset();
  std::array<std::byte, frame::header_size> header;
  put_word(header.data(), static_cast<std::uint32_t>(total));
  add(prefix);
  add_flat(header);
  const bool flat = total <= frame::flat_size;
  if (flat) {
    for (const bytes& part : parts) add_flat(part);
  }
  add({flat_.data(), flat_used_});
  if (!flat) {
    for (const bytes& part : parts) add(part);
  }
}

void outgoing_frame::start_end_mark() {
  reset();
  put_word(flat_.data(), frame::end_mark);
  add({flat_.data(), frame::header_size});
}

void outgoing_frame::start_ack(std::uint32_t count) {
  reset();
  put_word(flat_.data(), frame::ack);
  put_word(flat_.data() + frame::header_size, count);
  add({flat_.data(), 2 * frame::header_size});
}

void outgoing_frame::wrote(std::size_t count) noexcept {
  sent_ += count;
  while (first_ != count_ && count >= pieces_[first_].size()) count -= pieces_[first_++].size();
  if (count != 0 && first_ != count_) pieces_[first_] = pieces_[first_].after(count);
}

std::vector<std::byte> outgoing_frame::handle_prefix(std::size_t count, bytes values) {
  std::vector<std::byte> prefix(2 * frame::header_size + values.size());
  put_word(prefix.data(), frame::handles);
  put_word(prefix.data() + frame::header_size, static_cast<std::uint32_t>(count));
  copy(prefix.data() + 2 * frame::header_size, values);
  return prefix;
}

incoming_frames::incoming_frames(const frame_limits& limits) : limits_(limits), spill_(frame::spill_size) {}

step incoming_frames::next(buffer into) {
  switch (phase_) {
    case phase::header:
      return read_header(into);
    case phase::body:
      return continue_body();
    case phase::predicted:
      return step::want_read;  // nothing came since
    case phase::over:
      break;
  }
  return step::failed;
}

std::uint32_t incoming_frames::word_at(std::size_t offset) const noexcept {
  return get_word(spill_.data() + begin_ + offset);
}

void incoming_frames::consume(std::size_t count) noexcept {
  begin_ += count;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  // A message kept for a patient caller may have made the read-ahead large; do not hold on to it.
  if (spill_.size() > 16 * frame::spill_size) shrink();
}

void incoming_frames::shrink() noexcept {
  try {
    std::vector<std::byte>(frame::spill_size).swap(spill_);
  } catch (const std::bad_alloc&) {
    return;  // the large one serves as well, until there is memory for a small one
  }
}

step incoming_frames::read_header(buffer into) {
  while (available() >= frame::header_size) {
    const std::uint32_t word = word_at(0);
    if (word < frame::first_control) return start_body(word, into);
    if (const step outcome = read_control(word); outcome != step::done) return outcome;
  }
  constexpr std::size_t fits = frame::spill_size - frame::header_size;  // in the read-ahead, with its header
  const bool large_expected = last_length_ > fits && available() == 0 && handles_.count == 0;
  return large_expected && into.size() > fits ? want_predicted(into) : want_spill();
}

// done: the control frame was taken in, look at the next one.
step incoming_frames::read_control(std::uint32_t word) {
  if (word == frame::end_mark && handles_.count == 0) return end_with(errc::closed, "");
  if (word == frame::handles && limits_.accept_handles && handles_.count == 0) return read_handle_frame();
  if (word == frame::ack && limits_.accept_acks) {
    if (available() < 2 * frame::header_size) return want_spill();
    acks_ += word_at(frame::header_size);
    consume(2 * frame::header_size);
    return step::done;
  }
  return end_with(errc::peer_corrupt, word == frame::handles ? "the peer sent handles that this end does not accept"
                                                             : "the peer sent an unknown control frame");
}

step incoming_frames::read_handle_frame() {
  if (available() < 2 * frame::header_size) return want_spill();
  const std::size_t count = word_at(frame::header_size);
  if (count == 0 || count > frame::max_handles) {
    return end_with(errc::peer_corrupt, "the peer sent more than 16 handles with a message, or none");
  }
  const std::size_t value_size = limits_.handle_value_size != nullptr ? limits_.handle_value_size(count) : 0;
  if (available() < 2 * frame::header_size + value_size) return want_spill();
  const std::byte* values = spill_.data() + begin_ + 2 * frame::header_size;
  handles_ = {count, std::vector<std::byte>(values, values + value_size)};
  consume(2 * frame::header_size + value_size);
  return step::done;
}

step incoming_frames::start_body(std::uint32_t length, buffer into) {
  if (length > limits_.max_message) {
    return end_with(errc::peer_corrupt, "the peer announced a message above the limit of the connection");
  }
  length_ = length;
  if (length > into.size()) {
    failure_ = error(errc::buffer_too_small).with_size(length);  // the frame stays where it is
    return step::failed;
  }
  consume(frame::header_size);
  into_ = into;
  placed_ = std::min<std::size_t>(available(), length);
  copy(into.data(), {spill_.data() + begin_, placed_});
  consume(placed_);
  phase_ = phase::body;
  return continue_body();
}

step incoming_frames::continue_body() noexcept {
  if (placed_ < length_) return want_body();
  phase_ = phase::header;
  last_length_ = length_;
  return step::done;
}

buffer incoming_frames::room(std::size_t wanted) {
  if (begin_ != 0 && spill_.size() - end_ < wanted) {
    std::memmove(spill_.data(), spill_.data() + begin_, available());
    end_ = available();
    begin_ = 0;
  }
  if (spill_.size() - end_ < wanted) spill_.resize(end_ + wanted);
  return {spill_.data() + end_, spill_.size() - end_};
}

step incoming_frames::want_spill() {
  // At least one control frame with its values fits beside what is there.
  wanted_[0] = room(256).first(frame::spill_size);
  wanted_count_ = 1;
  return step::want_read;
}

step incoming_frames::want_predicted(buffer into) {
  into_ = into;
  wanted_[0] = header_;
  wanted_[1] = into.first(last_length_);
  wanted_[2] = room(frame::spill_size).first(frame::spill_size);
  wanted_count_ = 3;
  phase_ = phase::predicted;
  return step::want_read;
}

step incoming_frames::want_body() noexcept {
  // The read-ahead is empty here: everything in it belonged to this message.
  wanted_[0] = into_.first(length_).after(placed_);
  wanted_[1] = buffer(spill_.data(), spill_.size()).first(frame::spill_size);
  wanted_count_ = 2;
  return step::want_read;
}

void incoming_frames::got(std::size_t count) {
  if (count == 0) return stream_ended();
  switch (phase_) {
    case phase::header:
      end_ += count;
      break;
    case phase::predicted:
      got_predicted(count);
      break;
    case phase::body:
      got_body(count);
      break;
    case phase::over:
      break;
  }
}

void incoming_frames::got_body(std::size_t count) {
  const std::size_t direct = std::min(count, length_ - placed_);
  placed_ += direct;
  end_ = count - direct;
}

void incoming_frames::got_predicted(std::size_t count) {
  const std::size_t expected = wanted_[1].size();
  const std::size_t head = std::min(count, frame::header_size);
  const std::size_t body = std::min(count - head, expected);
  const std::size_t ahead = count - head - body;
  end_ += ahead;
  phase_ = phase::header;
  const std::uint32_t length = get_word(header_.data());
  const bool as_expected = head == frame::header_size && length <= limits_.max_message && length <= into_.size() &&
                           length >= body && (length >= expected || ahead == 0);
  if (!as_expected) {
    const std::array<bytes, 2> pieces{bytes(header_.data(), head), bytes(into_.data(), body)};
    return keep(pieces);
  }
  length_ = length;
  placed_ = body;
  const std::size_t more = std::min(length_ - placed_, available());
  copy(into_.data() + placed_, {spill_.data() + begin_, more});
  placed_ += more;
  consume(more);
  phase_ = phase::body;
}

void incoming_frames::prepend(std::span<const bytes> pieces) {
  std::size_t total = 0;
  for (const bytes& piece : pieces) total += piece.size();
  const std::size_t held = available();
  if (spill_.size() < total + held) spill_.resize(total + held);
  std::memmove(spill_.data() + total, spill_.data() + begin_, held);
  std::byte* to = spill_.data();
  for (const bytes& piece : pieces) {
    copy(to, piece);
    to += piece.size();
  }
  begin_ = 0;
  end_ = total + held;
}

/// Without memory for it the place in the stream is lost: receiving has ended then, and the caller's memory is let go.
void incoming_frames::keep(std::span<const bytes> pieces) {
  fail(error(errc::no_space).advise("there was no memory to keep what had arrived of a message"));
  prepend(pieces);
  phase_ = phase::header;
}

void incoming_frames::suspend() {
  if (phase_ == phase::predicted) phase_ = phase::header;
  if (phase_ != phase::body) return;
  std::array<std::byte, frame::header_size> header;
  put_word(header.data(), static_cast<std::uint32_t>(length_));
  const std::array<bytes, 2> pieces{bytes(header), bytes(into_.data(), placed_)};
  keep(pieces);
}

step incoming_frames::end_with(errc code, const char* hint) noexcept {
  fail(error(code).advise(hint));
  return step::failed;
}

void incoming_frames::fail(error failure) noexcept {
  failure_ = std::move(failure);
  phase_ = phase::over;
}

void incoming_frames::stream_ended() noexcept {
  const bool inside = phase_ == phase::body || available() != 0 || handles_.count != 0;
  fail(error(errc::peer_died)
           .advise(inside ? "the stream ended inside a message" : "the stream ended without an end mark"));
}

std::size_t incoming_frames::buffered() const noexcept {
  std::size_t count = 0;
  std::size_t at = begin_;
  while (end_ - at >= frame::header_size) {
    const std::uint32_t word = get_word(spill_.data() + at);
    if (word == frame::handles || word == frame::ack) {
      const std::size_t fixed = 2 * frame::header_size;
      if (end_ - at < fixed) return count;
      const std::uint32_t handle_count = get_word(spill_.data() + at + frame::header_size);
      if (word == frame::handles && handle_count > frame::max_handles) return count + 1;
      const bool values = word == frame::handles && limits_.handle_value_size != nullptr;
      at += fixed + (values ? limits_.handle_value_size(handle_count) : 0);
      if (at > end_) return count;
      continue;
    }
    if (word >= frame::first_control || word > limits_.max_message) return count + 1;  // the end, or an error to report
    if (end_ - at - frame::header_size < word) return count;
    at += frame::header_size + word;
    ++count;
  }
  return count;
}

}  // namespace viaduct::detail
