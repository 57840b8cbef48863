// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A byte stream in memory for the framing tests: what one side wrote the other reads, in pieces as small as the test likes.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <span>
#include <vector>

#include "common/framing.hpp"
#include "support/data.hpp"

namespace viaduct::test {

using detail::frame_limits;
using detail::incoming_frames;
using detail::outgoing_frame;
using detail::step;
namespace frame = detail::frame;

inline constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();
inline constexpr frame_limits plain{.max_message = std::size_t{1} << 20};

inline std::vector<std::byte> words(std::initializer_list<std::uint32_t> values) {
  std::vector<std::byte> made;
  for (const std::uint32_t value : values) {
    for (unsigned shift = 0; shift < 32; shift += 8) made.push_back(static_cast<std::byte>(value >> shift));
  }
  return made;
}

// What one side wrote and the other reads, in pieces as small as the test likes.
class wire {
 public:
  void send(outgoing_frame& out, generator* shorts = nullptr) {
    while (out.next() == step::want_write) {
      std::size_t most = shorts != nullptr ? shorts->below(9000) + 1 : whole;
      std::size_t went = 0;
      for (const bytes& piece : out.pieces()) {
        const bytes part = piece.first(most - went);
        data_.insert(data_.end(), part.begin(), part.end());
        went += part.size();
      }
      out.wrote(went);
    }
  }
  void send(bytes message, generator* shorts = nullptr) {
    outgoing_frame out;
    out.start_message(std::span(&message, 1), message.size());
    send(out, shorts);
  }
  void send_raw(bytes raw) { data_.insert(data_.end(), raw.begin(), raw.end()); }

  // One read of at most `most` bytes, scattered as the step wants it.
  std::size_t read(std::span<const buffer> parts, std::size_t most) {
    std::size_t got = 0;
    for (const buffer& part : parts) {
      const std::size_t count = std::min({part.size(), most - got, data_.size() - at_});
      if (count != 0) std::memcpy(part.data(), data_.data() + at_, count);
      at_ += count;
      got += count;
    }
    return got;
  }
  // Forgets what was read, so that an endless test needs no endless memory.
  void forget() {
    data_.erase(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }
  [[nodiscard]] bool drained() const { return at_ == data_.size(); }

 private:
  std::vector<std::byte> data_;
  std::size_t at_ = 0;
};

// One message, or how it failed.
inline step receive(incoming_frames& in, wire& from, buffer into, std::size_t most = whole) {
  for (;;) {
    const step outcome = in.next(into);
    if (outcome != step::want_read) return outcome;
    in.got(from.read(in.wanted(), most));
  }
}

inline step receive_in_shorts(incoming_frames& in, wire& from, buffer into, generator& shorts) {
  for (;;) {
    const step outcome = in.next(into);
    if (outcome != step::want_read) return outcome;
    if (shorts.below(8) == 0) in.suspend();
    if (in.next(into) == step::want_read) in.got(from.read(in.wanted(), shorts.below(9000) + 1));
  }
}

// Feeds raw bytes, in reads of `most`, and says how the stream failed.
inline errc failure_of(bytes raw, const frame_limits& limits = plain, std::size_t most = whole) {
  wire from;
  from.send_raw(raw);
  incoming_frames in(limits);
  std::vector<std::byte> into(limits.max_message);
  while (receive(in, from, into, most) == step::done) {
  }
  return in.failure().code();
}

}  // namespace viaduct::test
