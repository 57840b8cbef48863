// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What comes beside messages, and what a hostile peer may send: the end mark, lengths, control words, handles, acks.
#include "common/framing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/watchdog.hpp"
#include "support/wire.hpp"

namespace viaduct::test {
namespace {

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

}  // namespace
}  // namespace viaduct::test
