// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Named pipes with framing::messages: boundaries, limits, deadlines and reading ahead. How a connection ends is in
// named_pipe_end_test.cpp, handles are in named_pipe_handles_test.cpp.
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/memory.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t limit = std::size_t{1} << 20;
// Around the sizes at which systems change their behaviour.
constexpr std::size_t sizes[] = {0,    1,    511,  512,   513,   2043,   2044,   2048,      2049, 4091,
                                 4095, 4096, 4097, 65535, 65536, 212960, 212961, limit - 1, limit};

// Sends back every message, until the end mark.
VIADUCT_ROLE(message_echo, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  std::vector<std::byte> into(connection.max_message());
  for (;;) {
    const auto size = connection.receive(into, 8s);
    if (size.has_error()) {
      VIADUCT_INSIST(outcome(size) == errc::closed);
      return 0;
    }
    must(connection.send(buffer(into).first(*size), 8s));
  }
}

// Sends and checks what comes back; several at once, each on a connection of its own.
std::string exchange(named_pipe& connection, std::uint64_t seed) {
  std::vector<std::byte> into(limit);
  for (const std::size_t size : sizes) {
    const auto message = content(size, seed + size);
    must(connection.send(message, 8s));
    const auto got = must(connection.receive(into, 8s));
    if (got != size || checksum(buffer(into).first(got)) != checksum(message))
      return "wrong at size " + std::to_string(size);
  }
  must(connection.shutdown_write(8s));
  return "fine";
}

TEST_CASE("messages of every size keep their boundaries on four connections at once") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  std::vector<peer> echoes;
  std::vector<named_pipe> connections;
  for (int count = 0; count < 4; ++count) echoes.emplace_back("message_echo", arguments{called});
  for (int count = 0; count < 4; ++count) connections.push_back(must(listener.accept(8s)));
  std::array<std::string, 4> reports;
  {
    std::vector<std::unique_ptr<companion>> threads;
    for (std::size_t at = 0; at < 4; ++at) {
      threads.push_back(std::make_unique<companion>([&, at] { reports[at] = exchange(connections[at], at * 1000); }));
    }
  }
  for (const std::string& report : reports) CHECK(report == "fine");
  for (peer& echo : echoes) CHECK(echo.wait() == 0);
}

TEST_CASE("a message above the limit is refused before anything is sent") {
  connected made(framing::messages);
  const auto large = content(limit + 1, 1);
  for (int count = 0; count < 3; ++count) {
    const auto refused = made.client.send(large, deadline::never());
    REQUIRE(outcome(refused) == errc::message_too_large);
    CHECK(refused.error().hint().find(std::to_string(limit)) != std::string::npos);
    const std::array<bytes, 2> parts{bytes(large).first(limit), "x"};
    CHECK(outcome(made.client.send(parts, 1s)) == errc::message_too_large);
  }
  std::string into(10, '\0');
  CHECK(outcome(made.server.receive(into, 5ms)) == errc::timed_out);
  must(made.client.send("fits", 1s));
  CHECK(receive_text(made.server) == "fits");
}

TEST_CASE("messages of both directions cross without mixing") {
  connected made(framing::messages);
  constexpr int count = 2000;
  companion sender([&] {
    generator random(2);
    for (int number = 0; number < count; ++number) {
      const std::size_t size = random.below(5000);
      must(made.client.send(content(size, random.next()), 8s));
    }
  });
  companion other([&] {
    for (int number = 0; number < count; ++number) must(made.server.send(std::to_string(number), 8s));
  });
  companion back([&] {
    for (int number = 0; number < count; ++number) {
      if (receive_text(made.client) != std::to_string(number)) throw std::runtime_error("out of order");
    }
  });
  generator random(2);
  std::vector<std::byte> into(5000);
  for (int number = 0; number < count; ++number) {
    const std::size_t size = random.below(5000);
    const auto message = content(size, random.next());
    REQUIRE(must(made.server.receive(into, 8s)) == size);
    REQUIRE(std::equal(message.begin(), message.end(), into.begin()));
  }
}

TEST_CASE("a buffer that is too small keeps the message and says what it needs") {
  connected made(framing::messages);
  for (const std::size_t size : {std::size_t{10}, std::size_t{5000}, std::size_t{300'000}}) {
    const auto message = content(size, size);
    companion sender([&] { must(made.client.send(message, 8s)); });
    std::vector<std::byte> into(size);
    for (const std::size_t room : {std::size_t{0}, std::size_t{1}, size - 1}) {
      const auto refused = made.server.receive(buffer(into).first(room), 8s);
      REQUIRE(outcome(refused) == errc::buffer_too_small);
      REQUIRE(outcome(refused).size() == size);
    }
    REQUIRE(must(made.server.receive(into, 8s)) == size);
    REQUIRE(into == message);
  }
}

TEST_CASE("an empty message is a message, also for an empty buffer") {
  connected made(framing::messages);
  must(made.client.send(bytes(), 1s));
  must(made.client.send(std::span<const bytes>(), 1s));
  must(made.client.send("x", 1s));
  CHECK(must(made.server.receive({}, 1s)) == 0);
  CHECK(must(made.server.receive({}, 1s)) == 0);
  const auto refused = made.server.receive({}, 1s);
  CHECK(outcome(refused) == errc::buffer_too_small);
  CHECK(outcome(refused).size() == 1);
  CHECK(receive_text(made.server) == "x");
}

TEST_CASE("deadlines in the past try once, others are never early") {
  connected made(framing::messages);
  std::string into(10, '\0');
  for (const deadline past : past_deadlines()) {
    CHECK(outcome(made.server.receive(into, past)) == errc::timed_out);
    CHECK(outcome(made.client.send("text", past)) == success);
    CHECK(outcome(made.server.receive(into, past)) == success);
  }
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(made.server.receive(into, span)) == errc::timed_out); }) >= span);
  }
  const auto message = content(1000, 3);
  (void)fill_with_messages(made.client, message);
  for (const deadline past : past_deadlines()) CHECK(outcome(made.client.send(message, past)) == errc::timed_out);
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(made.client.send(message, span)) == errc::timed_out); }) >= span);
  }
}

TEST_CASE("an endless deadline waits for as long as it takes") {
  generator random(4);
  for (const deadline patience : endless_deadlines()) {
    auto pair = must(make_named_pipe_pair(framing::messages));
    std::string into(1000, '\0');
    CHECK(outcome(while_inside([&] { return pair.first.receive(into, patience); },
                               [&] { must(pair.second.send("text", 1s)); }, random)) == success);
    const std::string large(1000, 'x');
    const std::size_t waiting = fill_with_messages(pair.first, large);
    const auto sent = while_inside([&] { return pair.first.send(large, patience); },
                                   [&] {
                                     for (std::size_t at = 0; at < waiting; ++at) must(pair.second.receive(into, 8s));
                                   },
                                   random);
    CHECK(outcome(sent) == success);
    CHECK(receive_text(pair.second) == large);
  }
}

TEST_CASE("a send that times out before anything went leaves all as before") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  const auto message = content(1000, 5);
  const std::size_t waiting = fill_with_messages(pair.first, message);
  REQUIRE(waiting > 0);
  const auto late = pair.first.send(message, 2ms);
  REQUIRE(outcome(late) == errc::timed_out);
  REQUIRE(outcome(late).size() == 0);
  std::vector<std::byte> into(1000);
  for (std::size_t at = 0; at < waiting; ++at) {
    REQUIRE(must(pair.second.receive(into, 8s)) == 1000);
    REQUIRE(into == message);
  }
  CHECK(outcome(pair.second.receive(into, deadline::now())) == errc::timed_out);
  must(pair.first.send("again", 1s));
  CHECK(receive_text(pair.second) == "again");
}

TEST_CASE("a receive that times out loses nothing, wherever in a message") {
  connected made(framing::messages);
  generator random(6);
  std::vector<std::vector<std::byte>> sent;
  for (std::uint64_t number = 0; number < 40; ++number) {
    sent.push_back(content(number % 2 == 0 ? random.below(900'000) : 3, number));
  }
  companion sender([&] {
    for (const auto& message : sent) must(made.client.send(message, 8s));
  });
  for (const auto& message : sent) {
    std::vector<std::byte> into(limit);
    auto got = made.server.receive(into, deadline::now());
    while (got.has_error()) {
      REQUIRE(outcome(got) == errc::timed_out);
      std::vector<std::byte>(limit).swap(into);  // other memory each time
      got = made.server.receive(into, std::chrono::microseconds(random.below(50)));
    }
    REQUIRE(*got == message.size());
    REQUIRE(std::equal(message.begin(), message.end(), into.begin()));
  }
}

TEST_CASE("parts make one message") {
  connected made(framing::messages);
  const std::array<bytes, 4> parts{"head", bytes(), "-", "body"};
  must(made.client.send(parts, 1s));
  CHECK(receive_text(made.server) == "head-body");
  const auto large = content(16 * 5000, 7);
  std::vector<bytes> sixteen;
  for (std::size_t at = 0; at < 16; ++at) sixteen.push_back(bytes(large).after(at * 5000).first(5000));
  must(made.client.send(sixteen, 1s));
  std::vector<std::byte> into(large.size());
  CHECK(must(made.server.receive(into, 1s)) == large.size());
  CHECK(into == large);
  sixteen.emplace_back("one more");
  CHECK(outcome(made.client.send(sixteen, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.server.receive(into, deadline::now())) == errc::timed_out);
}

TEST_CASE("byte calls are not for messages") {
  connected made(framing::messages);
  std::string into(9, '\0');
  CHECK(outcome(made.client.read_some(into, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.read_exactly(into, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.write_some("x", 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.write_all("x", 1s)) == errc::invalid_argument);
  CHECK(outcome(made.server.receive(into, deadline::now())) == errc::timed_out);
}

TEST_CASE("buffered tells what was read ahead, and forbids release") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  CHECK(pair.second.buffered() == 0);
  for (const char* text : {"one", "two", "three"}) must(pair.first.send(text, 1s));
  CHECK(receive_text(pair.second) == "one");
  CHECK(pair.second.buffered() == 2);
  CHECK(outcome(pair.second.release()) == errc::invalid_argument);
  CHECK(pair.second.is_open());
  CHECK(receive_text(pair.second) == "two");
  CHECK(pair.second.buffered() == 1);
  CHECK(receive_text(pair.second) == "three");
  CHECK(pair.second.buffered() == 0);
  auto again = must(named_pipe::adopt(must(pair.second.release()), framing::messages));
  must(again.send("released", 1s));
  CHECK(receive_text(pair.first) == "released");
  must(pair.first.send("adopted", 1s));
  CHECK(receive_text(again) == "adopted");
}

TEST_CASE("what was read ahead is delivered although the deadline is past") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  for (int number = 0; number < 100; ++number) must(pair.first.send(std::to_string(number), 1s));
  std::string into(10, '\0');
  for (int number = 0; number < 100; ++number) {
    const auto size = pair.second.receive(into, deadline::now());
    REQUIRE(outcome(size) == success);
    REQUIRE(into.substr(0, *size) == std::to_string(number));
  }
}

TEST_CASE("sending and receiving allocate nothing") {
  connected made(framing::messages);
  const auto small = content(64, 8);
  const auto large = content(65536, 9);
  std::vector<std::byte> into(70'000);
  std::size_t failures = 0;
  const auto round = [&] {
    for (const auto* message : {&small, &large}) {
      failures += made.client.send(*message, 1s).has_error();
      failures += made.server.receive(into, 1s).has_error();
    }
    failures += !(outcome(made.server.receive(into, deadline::now())) == errc::timed_out);
    failures += !(outcome(made.server.receive(into, 10us)) == errc::timed_out);
  };
  round();
  round();
  CHECK(allocations_during([&] {
          for (int count = 0; count < 100; ++count) round();
        }) == 0);
  CHECK(failures == 0);
}

TEST_CASE("cancel ends a blocked receive at any instant, for good") {
  generator random(10);
  std::string into(10, '\0');
  for (int count = 0; count < rounds(300, 10'000); ++count) {
    auto pair = must(make_named_pipe_pair(framing::messages));
    REQUIRE(outcome(while_inside([&] { return pair.first.receive(into, 8s); }, [&] { pair.first.cancel(); }, random)) ==
            errc::cancelled);
    REQUIRE(outcome(pair.first.receive(into, deadline::now())) == errc::cancelled);
    REQUIRE(outcome(pair.first.receive_with_handles(into, 1s)) == errc::cancelled);
    REQUIRE(outcome(pair.first.send("text", deadline::now())) == errc::cancelled);
    REQUIRE(outcome(pair.first.shutdown_write(1s)) == errc::cancelled);
    REQUIRE(outcome(pair.second.receive(into, 8s)) == errc::peer_died);  // the end, without the end mark
    pair.first.close();
    REQUIRE(outcome(pair.first.receive(into, 1s)) == errc::closed);
  }
}

TEST_CASE("cancel ends a blocked send at any instant, and whole messages are not lost") {
  time_limit(60s);
  generator random(11);
  const auto message = content(30'000, 12);
  std::vector<std::byte> into(limit);
  for (int count = 0; count < rounds(200, 10'000); ++count) {
    auto pair = must(make_named_pipe_pair(framing::messages));
    std::size_t sent = 0;
    const auto end = while_inside(
        [&] {
          for (;; ++sent) {
            auto one = pair.first.send(message, 8s);
            if (one.has_error()) return one;
          }
        },
        [&] { pair.first.cancel(); }, random);
    REQUIRE(outcome(end) == errc::cancelled);
    for (std::size_t at = 0; at < sent; ++at) {
      REQUIRE(must(pair.second.receive(into, 8s)) == message.size());
      REQUIRE(std::equal(message.begin(), message.end(), into.begin()));
    }
    REQUIRE(outcome(pair.second.receive(into, 8s)) == errc::peer_died);
  }
}

TEST_CASE("cancel ends a blocked shutdown_write at any instant") {
  generator random(13);
  const auto large = content(30'000, 14);
  for (int count = 0; count < rounds(100, 10'000); ++count) {
    auto pair = must(make_named_pipe_pair(framing::messages));
    (void)fill_with_messages(pair.first, large);
    (void)fill_with_messages(pair.first, "x");
    const auto ended =
        while_inside([&] { return pair.first.shutdown_write(8s); }, [&] { pair.first.cancel(); }, random);
    REQUIRE((outcome(ended) == errc::cancelled || outcome(ended) == success));  // a mark is small: it may fit
    REQUIRE(outcome(pair.first.send("x", 1s)) == errc::cancelled);
  }
}

}  // namespace
}  // namespace viaduct::test
