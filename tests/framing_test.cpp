// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Messages on a byte stream, in memory: whatever the sizes of reads and writes, whatever a hostile peer sends.
#include "common/framing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/memory.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {
namespace {

using detail::frame_limits;
using detail::incoming_frames;
using detail::outgoing_frame;
using detail::step;
namespace frame = detail::frame;

constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();
constexpr frame_limits plain{.max_message = std::size_t{1} << 20};

std::vector<std::byte> words(std::initializer_list<std::uint32_t> values) {
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
step receive(incoming_frames& in, wire& from, buffer into, std::size_t most = whole) {
  for (;;) {
    const step outcome = in.next(into);
    if (outcome != step::want_read) return outcome;
    in.got(from.read(in.wanted(), most));
  }
}

step receive_in_shorts(incoming_frames& in, wire& from, buffer into, generator& shorts) {
  for (;;) {
    const step outcome = in.next(into);
    if (outcome != step::want_read) return outcome;
    if (shorts.below(8) == 0) in.suspend();
    if (in.next(into) == step::want_read) in.got(from.read(in.wanted(), shorts.below(9000) + 1));
  }
}

// Feeds raw bytes, in reads of `most`, and says how the stream failed.
errc failure_of(bytes raw, const frame_limits& limits = plain, std::size_t most = whole) {
  wire from;
  from.send_raw(raw);
  incoming_frames in(limits);
  std::vector<std::byte> into(limits.max_message);
  while (receive(in, from, into, most) == step::done) {
  }
  return in.failure().code();
}

TEST_CASE("a message of any size arrives as it was sent") {
  const std::size_t sizes[] = {0, 1, 2043, 2044, 2047, 2048, 2049, 4091, 4092, 4093, 4096, 4097, 65535, 65536, 1 << 20};
  wire line;
  incoming_frames in(plain);
  std::vector<std::byte> into(plain.max_message);
  for (const std::size_t size : sizes) {
    line.send(content(size, size));
    REQUIRE(receive(in, line, into) == step::done);
    REQUIRE(in.size() == size);
    CHECK(checksum(buffer(into).first(size)) == checksum(content(size, size)));
  }
}

TEST_CASE("small messages survive a stream that gives one byte at a time") {
  time_limit(std::chrono::seconds(120));
  const int count = rounds(5'000, 100'000);
  generator sizes(1);
  wire line;
  incoming_frames in(plain);
  std::vector<std::byte> into(4096);
  for (int number = 0; number < count; ++number) {
    const auto message = content(sizes.below(4097), static_cast<std::uint64_t>(number));
    line.send(message);
    REQUIRE(receive(in, line, into, 1) == step::done);
    REQUIRE(in.size() == message.size());
    REQUIRE(std::equal(message.begin(), message.end(), into.begin()));
    line.forget();
  }
}

TEST_CASE("a mixture of large and small messages survives short reads, short writes and time-outs") {
  time_limit(std::chrono::seconds(60));
  const int count = rounds(30, 100);
  generator random(2);
  wire line;
  incoming_frames in(plain);
  std::vector<std::byte> into(plain.max_message);
  for (int number = 0; number < count; ++number) {
    const std::size_t size = number % 3 == 2 ? random.below(9000) : plain.max_message;
    const auto message = content(size, random.next());
    line.send(message, &random);
    line.send("follows at once");
    REQUIRE(receive_in_shorts(in, line, into, random) == step::done);
    REQUIRE(in.size() == message.size());
    REQUIRE(std::equal(message.begin(), message.end(), into.begin()));
    REQUIRE(receive_in_shorts(in, line, into, random) == step::done);
    REQUIRE(bytes(into).first(in.size()).text() == "follows at once");
    line.forget();
  }
}

TEST_CASE("parts make one message") {
  for (const std::size_t part_size : {1U, 128U, 5000U}) {
    std::vector<std::byte> all = content(16 * part_size, part_size);
    std::vector<bytes> parts;
    for (std::size_t at = 0; at < 16; ++at) parts.emplace_back(all.data() + at * part_size, part_size);
    outgoing_frame out;
    out.start_message(parts, all.size());
    wire line;
    line.send(out);
    CHECK(out.sent() == all.size() + frame::header_size);
    incoming_frames in(plain);
    std::vector<std::byte> into(all.size());
    REQUIRE(receive(in, line, into) == step::done);
    CHECK(in.size() == all.size());
    CHECK(into == all);
  }
}

TEST_CASE("a buffer that is too small keeps the message, and says what it needs") {
  wire line;
  const auto message = content(10'000, 3);
  line.send(message);
  line.send("next");
  incoming_frames in(plain);
  std::vector<std::byte> into(10'000);
  for (const std::size_t size : {0U, 1U, 9'999U}) {
    REQUIRE(receive(in, line, buffer(into).first(size)) == step::failed);
    CHECK(in.failure() == errc::buffer_too_small);
    CHECK(in.failure().size() == 10'000);
  }
  REQUIRE(receive(in, line, into) == step::done);
  CHECK(into == message);
  REQUIRE(receive(in, line, into) == step::done);
  CHECK(in.size() == 4);
}

TEST_CASE("a wait that is given up loses nothing, and the next attempt may bring other memory") {
  const auto message = content(50'000, 4);
  for (std::size_t stop = 1; stop < 50'004; stop += 977) {
    wire line;
    line.send(message);
    incoming_frames in(plain);
    std::vector<std::byte> first(60'000), second(50'000);
    for (std::size_t got = 0; got < stop;) {
      REQUIRE(in.next(first) == step::want_read);
      const std::size_t count = line.read(in.wanted(), stop - got);
      in.got(count);
      got += count;
    }
    REQUIRE(in.next(first) == step::want_read);
    in.suspend();
    std::fill(first.begin(), first.end(), std::byte{0});
    REQUIRE(receive(in, line, second) == step::done);
    REQUIRE(second == message);
  }
}

TEST_CASE("without memory to keep what came of a message, receiving ends and the caller's memory is left alone") {
  wire line;
  line.send(content(50'000, 4));
  incoming_frames in(plain);
  std::vector<std::byte> first(60'000), second(60'000);
  for (std::size_t got = 0; got < 40'000;) {
    REQUIRE(in.next(first) == step::want_read);
    const std::size_t count = line.read(in.wanted(), 40'000 - got);
    in.got(count);
    got += count;
  }
  {
    const scarce_memory none(20'000);
    CHECK_THROWS_AS(in.suspend(), std::bad_alloc);
  }
  CHECK(in.next(second) == step::failed);
  CHECK(in.failure() == errc::no_space);
}

TEST_CASE("without memory for a smaller read-ahead the large one is kept") {
  wire line;
  const std::vector<std::byte> message = content(200'000, 6);
  line.send(message);
  line.send("next");
  incoming_frames in(plain);
  std::vector<std::byte> first(200'000), second(200'000);
  for (std::size_t got = 0; got < 150'000;) {
    REQUIRE(in.next(first) == step::want_read);
    const std::size_t count = line.read(in.wanted(), 150'000 - got);
    in.got(count);
    got += count;
  }
  in.suspend();  // the read-ahead holds most of it now
  {
    const scarce_memory none(1);
    REQUIRE(in.next(second) == step::want_read);
  }
  REQUIRE(receive(in, line, second) == step::done);
  CHECK(second == message);
  REQUIRE(receive(in, line, second) == step::done);
  CHECK(in.size() == 4);
}

TEST_CASE("the end mark is closed, now and ever after, whatever follows it") {
  wire line;
  line.send("last");
  outgoing_frame out;
  out.start_end_mark();
  line.send(out);
  line.send("never delivered");
  incoming_frames in(plain);
  std::vector<std::byte> into(64);
  REQUIRE(receive(in, line, into) == step::done);
  for (int again = 0; again < 3; ++again) {
    REQUIRE(receive(in, line, into) == step::failed);
    CHECK(in.failure() == errc::closed);
  }
}

TEST_CASE("a stream that ends without the end mark, at any byte, is peer_died") {
  wire source;
  source.send(content(20, 5));
  std::vector<std::byte> raw(24);
  source.read(std::array{buffer(raw)}, whole);
  for (std::size_t length = 0; length <= raw.size(); ++length) {
    for (const std::size_t most : {std::size_t{1}, whole}) {
      CHECK(failure_of(bytes(raw).first(length), plain, most) == errc::peer_died);
    }
  }
}

TEST_CASE("a length above the limit is peer_corrupt, up to the last that is no control word") {
  for (const std::uint32_t length : {101U, 102U, 65'536U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFEFFU}) {
    for (const std::size_t most : {std::size_t{1}, whole}) {
      CHECK(failure_of(words({length, 0, 0}), {.max_message = 100}, most) == errc::peer_corrupt);
    }
  }
}

TEST_CASE("every unknown control word is peer_corrupt") {
  for (std::uint32_t word = frame::first_control; word < frame::ack; ++word) {
    CHECK(failure_of(words({word, 1, 0})) == errc::peer_corrupt);
  }
  CHECK(failure_of(words({frame::ack, 1})) == errc::peer_corrupt);         // where no acks are due
  CHECK(failure_of(words({frame::handles, 1, 0})) == errc::peer_corrupt);  // where none are accepted
}

TEST_CASE("handle frames out of order or of a wrong count are peer_corrupt") {
  const frame_limits open{.max_message = 100, .accept_handles = true};
  for (const std::size_t most : {std::size_t{1}, whole}) {
    CHECK(failure_of(words({frame::handles, 0, 0}), open, most) == errc::peer_corrupt);
    CHECK(failure_of(words({frame::handles, 17, 0}), open, most) == errc::peer_corrupt);
    CHECK(failure_of(words({frame::handles, 0xFFFFFFFF, 0}), open, most) == errc::peer_corrupt);
    CHECK(failure_of(words({frame::handles, 1, frame::handles, 1, 0}), open, most) == errc::peer_corrupt);
    CHECK(failure_of(words({frame::handles, 1, frame::end_mark}), open, most) == errc::peer_corrupt);
    CHECK(failure_of(words({frame::handles, 1}), open, most) == errc::peer_died);
  }
}

TEST_CASE("handles are announced with the message they precede, with their values") {
  const frame_limits open{.max_message = 100,
                          .accept_handles = true,
                          .handle_value_size = [](std::size_t count) noexcept { return count * 8; }};
  const auto values = content(24, 6);
  const auto prefix = outgoing_frame::handle_prefix(3, values);
  const bytes message = "with three";
  for (const std::size_t most : {std::size_t{1}, whole}) {
    wire line;
    outgoing_frame out;
    out.start_message(std::span(&message, 1), message.size(), prefix);
    line.send(out);
    line.send("with none");
    incoming_frames in(open);
    std::vector<std::byte> into(100);
    REQUIRE(receive(in, line, into, most) == step::done);
    const auto handles = in.take_handles();
    CHECK(handles.count == 3);
    CHECK(handles.values == values);
    REQUIRE(receive(in, line, into, most) == step::done);
    CHECK(in.take_handles().count == 0);
  }
}

TEST_CASE("acks are counted where they are due") {
  wire line;
  outgoing_frame out;
  out.start_ack(2);
  line.send(out);
  out.start_ack(16);
  line.send(out);
  line.send("message");
  incoming_frames in({.max_message = 100, .accept_acks = true});
  std::vector<std::byte> into(100);
  REQUIRE(receive(in, line, into, 1) == step::done);
  CHECK(in.size() == 7);
  CHECK(in.take_acks() == 18);
  CHECK(in.take_acks() == 0);
}

TEST_CASE("buffered counts the whole messages that were read ahead, and the end") {
  wire line;
  for (int number = 0; number < 5; ++number) line.send("message");
  outgoing_frame out;
  out.start_end_mark();
  line.send(out);
  incoming_frames in(plain);
  CHECK(in.is_idle());
  CHECK(in.buffered() == 0);
  std::vector<std::byte> into(100);
  for (std::size_t left = 5; left > 0; --left) {
    REQUIRE(receive(in, line, into) == step::done);
    CHECK(in.buffered() == left);  // the messages after this one, and the end mark
    CHECK_FALSE(in.is_idle());
  }
}

TEST_CASE("a message that came only in part is not counted as buffered") {
  wire line;
  line.send("first");
  line.send("second");
  incoming_frames in(plain);
  std::vector<std::byte> into(100);
  REQUIRE(in.next(into) == step::want_read);
  in.got(line.read(in.wanted(), 4 + 5 + 4 + 3));
  REQUIRE(in.next(into) == step::done);
  CHECK(in.buffered() == 0);
  CHECK_FALSE(in.is_idle());
}

TEST_CASE("random bytes never do more than fail") {
  time_limit(std::chrono::seconds(60));
  const int count = rounds(20'000, 300'000);
  generator random(7);
  std::vector<std::byte> into(3000);
  for (int number = 0; number < count; ++number) {
    wire line;
    std::vector<std::byte> raw = content(random.below(600), random.next());
    for (std::size_t at = 1; at < raw.size(); at += 7) raw[at] = std::byte{0};  // so that some lengths are plausible
    if (number % 2 == 0 && raw.size() > 3) raw[2] = raw[3] = std::byte{0};
    line.send_raw(raw);
    incoming_frames in({.max_message = 5000, .accept_handles = number % 3 == 0, .accept_acks = number % 5 == 0});
    std::size_t delivered = 0;
    while (receive(in, line, into, random.below(90) + 1) == step::done) {
      delivered += in.size() + frame::header_size;
      (void)in.take_handles();
      (void)in.buffered();
    }
    REQUIRE(delivered <= raw.size());
    const errc code = in.failure().code();
    REQUIRE((code == errc::peer_corrupt || code == errc::peer_died || code == errc::closed ||
             code == errc::buffer_too_small));
  }
}

TEST_CASE("messages cost no allocation, small or large") {
  const auto small = content(64, 8);
  const auto large = content(100'000, 9);
  incoming_frames in(plain);
  std::vector<std::byte> into(plain.max_message);
  wire line;
  for (int number = 0; number < 100; ++number) {
    line.send(small);
    line.send(large);
  }
  for (int number = 0; number < 20; ++number) REQUIRE(receive(in, line, into) == step::done);
  std::uint64_t allocated = 0;
  for (int number = 0; number < 100; ++number) {
    step outcome = step::failed;
    allocated += allocations_during([&] { outcome = receive(in, line, into); });
    REQUIRE(outcome == step::done);
  }
  CHECK(allocated == 0);
}

}  // namespace
}  // namespace viaduct::test
