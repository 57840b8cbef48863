// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// How a connection with messages ends: end mark, closing, death, a message given up in the middle, a corrupt peer.
#include <chrono>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/capabilities.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

// Connects and does what it is told.
VIADUCT_ROLE(obedient, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  std::vector<std::byte> into(connection.max_message());
  std::string word;
  while (role::hear(word)) {
    if (word == "send") must(connection.send("a message", 8s));
    if (word == "shutdown") must(connection.shutdown_write(8s));
    if (word == "close") connection.close();
    if (word == "flood") {
      role::say("done");
      for (std::uint64_t number = 0;; ++number) must(connection.send(content(number * 7919 % 400'000, number), 8s));
    }
    role::say("done");
  }
  return 0;
}

struct with_role {
  with_role()
      : called(unique_name()),
        listener(must(named_pipe_listener::create(called, framing::messages))),
        other("obedient", {called}),
        server(must(listener.accept(8s))) {}
  void tell(const char* word) {
    other.say(word);
    other.expect("done");
  }
  std::string called;
  named_pipe_listener listener;
  peer other;
  named_pipe server;
};

TEST_CASE("after the end mark the peer drains and then sees closed, and the other direction goes on") {
  with_role made;
  made.tell("send");
  made.tell("send");
  made.tell("shutdown");
  CHECK(receive_text(made.server) == "a message");
  CHECK(receive_text(made.server) == "a message");
  std::string into(100, '\0');
  CHECK(outcome(made.server.receive(into, 8s)) == errc::closed);
  CHECK(outcome(made.server.receive(into, 8s)) == errc::closed);
  CHECK(outcome(made.server.send("still open this way", 1s)) == success);
}

TEST_CASE("who ended its direction can still receive, but not send") {
  connected made(framing::messages);
  CHECK(outcome(made.client.shutdown_write(1s)) == success);
  CHECK(outcome(made.client.shutdown_write(deadline::now())) == success);
  CHECK(outcome(made.client.send("x", 1s)) == errc::closed);
  must(made.server.send("back", 1s));
  CHECK(receive_text(made.client) == "back");
}

TEST_CASE("an orderly close is closed for the peer") {
  with_role made;
  made.tell("send");
  made.tell("close");
  CHECK(receive_text(made.server) == "a message");
  std::string into(100, '\0');
  CHECK(outcome(made.server.receive(into, 8s)) == errc::closed);
}

TEST_CASE("a killed peer is peer_died for receive and closed for send") {
  for (int count = 0; count < 10; ++count) {
    with_role made;
    made.tell("send");
    CHECK(receive_text(made.server) == "a message");
    companion killer([&] { made.other.kill(); });
    std::string into(100, '\0');
    REQUIRE(outcome(made.server.receive(into, 8s)) == errc::peer_died);
    REQUIRE(outcome(made.server.receive(into, 8s)) == errc::peer_died);
    killer.join();
    CHECK(made.other.wait() == peer::killed);
    REQUIRE(outcome(made.server.send("anybody?", 8s)) == errc::closed);
    REQUIRE(outcome(made.server.send("anybody?", 8s)) == errc::closed);
  }
}

TEST_CASE("messages sent before the kill are received, then peer_died") {
  with_role made;
  made.tell("send");
  made.tell("send");
  made.other.kill();
  CHECK(made.other.wait() == peer::killed);
  CHECK(receive_text(made.server) == "a message");
  CHECK(receive_text(made.server) == "a message");
  std::string into(100, '\0');
  CHECK(outcome(made.server.receive(into, 8s)) == errc::peer_died);
}

TEST_CASE("a peer killed while it sends, at any instant, tears no message") {
  time_limit(60s);
  generator random(1);
  for (int count = 0; count < rounds(20, 100); ++count) {
    with_role made;
    made.tell("flood");
    const std::size_t kill_at = random.below(60);
    std::vector<std::byte> into(std::size_t{1} << 20);
    for (std::uint64_t number = 0;; ++number) {
      if (number == kill_at) made.other.kill();
      const auto got = made.server.receive(into, 8s);
      if (got.has_error()) {
        REQUIRE(outcome(got) == errc::peer_died);
        break;
      }
      const auto expected = content(number * 7919 % 400'000, number);
      REQUIRE(*got == expected.size());
      REQUIRE(std::equal(expected.begin(), expected.end(), into.begin()));
    }
  }
}

TEST_CASE("a sender blocked by a peer that does not read sees its death as closed") {
  with_role made;
  const auto message = content(30'000, 2);
  companion killer([&] { made.other.kill(); });
  for (;;) {
    const auto sent = made.server.send(message, 8s);
    if (sent.has_value()) continue;
    CHECK(outcome(sent) == errc::closed);
    break;
  }
}

TEST_CASE("a message given up in the middle ends sending, and what had arrived is received") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  must(pair.first.send("whole", 1s));
  must(pair.second.send("other way", 1s));
  const auto message = content(std::size_t{1} << 20, 3);
  const auto torn = pair.first.send(message, 5ms);
  REQUIRE(outcome(torn) == errc::timed_out);
  REQUIRE(outcome(torn).size() > 0);
  CHECK(outcome(pair.first.send("next", 1s)) == errc::closed);
  CHECK(outcome(pair.first.shutdown_write(1s)) == errc::closed);
  CHECK(receive_text(pair.first) == "other way");
  CHECK(receive_text(pair.second) == "whole");
  std::vector<std::byte> into(message.size());
  CHECK(outcome(pair.second.receive(into, 8s)) == errc::peer_died);
}

TEST_CASE("a message given up in the middle ends this direction alone") {
  VIADUCT_NEEDS(capabilities().named_pipe.half_close, "named_pipe.half_close");
  auto pair = must(make_named_pipe_pair(framing::messages));
  must(pair.first.send("whole", 1s));
  const auto message = content(std::size_t{1} << 20, 3);
  const auto torn = pair.first.send(message, 5ms);
  REQUIRE(outcome(torn) == errc::timed_out);
  REQUIRE(outcome(torn).size() > 0);
  REQUIRE(outcome(torn).size() < message.size() + 4);
  CHECK(outcome(pair.first.send("next", 1s)) == errc::closed);
  CHECK(outcome(pair.first.shutdown_write(1s)) == errc::closed);
  must(pair.second.send("other way", 1s));
  CHECK(receive_text(pair.first) == "other way");
  CHECK(receive_text(pair.second) == "whole");
  std::vector<std::byte> into(message.size());
  CHECK(outcome(pair.second.receive(into, 8s)) == errc::peer_died);
  must(pair.second.send("still", 1s));
  CHECK(receive_text(pair.first) == "still");
}

TEST_CASE("shutdown_write waits for room, and times out without harm") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  const std::string text(400, 'x');
  const std::size_t waiting = fill_with_messages(pair.first, text) + fill_with_messages(pair.first, bytes());
  const auto ended = pair.first.shutdown_write(deadline::now());
  if (ended.has_error()) {
    REQUIRE(outcome(ended) == errc::timed_out);
    REQUIRE(outcome(ended).size() == 0);
  }
  std::string into(text.size(), '\0');
  for (std::size_t at = 0; at < waiting; ++at) REQUIRE(outcome(pair.second.receive(into, 8s)) == success);
  CHECK(outcome(pair.first.shutdown_write(1s)) == success);
  CHECK(outcome(pair.second.receive(into, 8s)) == errc::closed);
}

// What a peer that writes anything it likes makes of `receive`.
errc after_raw(bytes raw, bool then_close) {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  named_pipe_options options;
  options.max_message = 100;
  auto victim = must(named_pipe::adopt(must(pair.first.release()), framing::messages, options));
  must(pair.second.write_all(raw, 8s));
  if (then_close) pair.second.close();
  std::vector<std::byte> into(100);
  auto got = victim.receive(into, 8s);
  while (got.has_value()) got = victim.receive(into, 8s);
  const errc first = outcome_code(got);
  CHECK(outcome(victim.receive(into, 1s)) == first);  // and it stays so
  return first;
}

std::string frame(std::uint32_t word, std::string_view payload = {}) {
  std::string made;
  for (unsigned shift = 0; shift < 32; shift += 8) made += static_cast<char>(word >> shift);
  return made + std::string(payload);
}

TEST_CASE("a peer that breaks the protocol is peer_corrupt, and receiving has ended") {
  for (const std::uint32_t word : {101U, 65'536U, 0x7FFFFFFFU, 0xFFFFFEFFU, 0xFFFFFF00U, 0xFFFFFFFCU, 0xFFFFFFFDU}) {
    CHECK(after_raw(frame(word), false) == errc::peer_corrupt);
    CHECK(after_raw(frame(5, "fine!") + frame(word), false) == errc::peer_corrupt);
  }
  CHECK(after_raw(frame(0xFFFFFFFE) + frame(1) + frame(0), false) == errc::peer_corrupt);  // handles nobody accepts
}

TEST_CASE("a stream that ends inside a message or without the end mark is peer_died") {
  const std::string message = frame(5, "fine!");
  for (std::size_t length = 0; length <= message.size(); ++length) {
    CHECK(after_raw(std::string_view(message).substr(0, length), true) == errc::peer_died);
  }
}

TEST_CASE("nothing counts after the end mark") {
  CHECK(after_raw(frame(5, "fine!") + frame(0xFFFFFFFF) + frame(5, "more!") + frame(0xFFFFFF00), false) ==
        errc::closed);
}

TEST_CASE("a message that comes byte by byte comes whole") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  auto victim = must(named_pipe::adopt(must(pair.first.release()), framing::messages));
  const std::string raw = frame(11, "slow friend");
  std::string into(20, '\0');
  for (std::size_t at = 0; at + 1 < raw.size(); ++at) {
    must(pair.second.write_all(std::string_view(raw).substr(at, 1), 1s));
    REQUIRE(outcome(victim.receive(into, deadline::now())) == errc::timed_out);
  }
  must(pair.second.write_all(std::string_view(raw).substr(raw.size() - 1), 1s));
  CHECK(must(victim.receive(into, 1s)) == 11);
  CHECK(into.substr(0, 11) == "slow friend");
}

TEST_CASE("the deadline holds against a peer that sends a byte now and then", "[serial]") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  auto victim = must(named_pipe::adopt(must(pair.first.release()), framing::messages));
  std::vector<std::byte> into(1000);
  must(pair.second.write_all(frame(1000), 1s));
  bool over = false;
  companion dripper([&, end = std::chrono::steady_clock::now() + 150ms] {
    while (std::chrono::steady_clock::now() < end) {
      must(pair.second.write_all("x", 1s));
      std::byte none{};
      (void)pair.second.read_some({&none, 1}, 1ms).has_value();  // a pause that the library bounds
    }
  });
  const auto taken = time_of([&] { over = outcome(victim.receive(into, 60ms)) == errc::timed_out; });
  CHECK(over);
  CHECK(taken >= 60ms);
  CHECK(taken < 140ms);  // it did not start over with every byte
}

}  // namespace
}  // namespace viaduct::test
