// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Messages on a byte stream, in memory: whatever the sizes of reads and writes.
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
#include "support/wire.hpp"

namespace viaduct::test {
namespace {

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
