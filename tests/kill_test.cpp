// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Either end of a transfer dies before each system call that its operation makes, and at random instants. The other end
// gets whole messages and then peer_died; bytes and pipes: what was written, and then closed. Nothing is torn, and the
// next create of a dead listener's name works at once.
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/faults.hpp"
#include "support/interrupt.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t sizes[] = {0, 100, 3'000, 100'000};

/// Dies before its n-th system call; a process that dies here says nothing more, as under SIGKILL.
seam_watch::decision die_at(std::size_t number) {
  return [number](std::size_t at, const char*) {
    if (at == number) std::_Exit(peer::killed);
    return 0;
  };
}

// Sends one message of each size, or as many bytes; exits 0 if it lived through all of it.
VIADUCT_ROLE(dying_sender, args) {
  const bool messages = args.at(2) == "messages";
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  role::say("ready");
  const seam_watch watch(die_at(std::stoul(args.at(1))));
  for (const std::size_t size : sizes) {
    if (messages) must(connection.send(content(size, size), 8s));
    if (!messages && size != 0) must(connection.write_all(content(size, size), 8s));
  }
  must(connection.shutdown_write(8s));
  return 0;
}

VIADUCT_ROLE(dying_receiver, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  role::say("ready");
  const seam_watch watch(die_at(std::stoul(args.at(1))));
  std::vector<std::byte> into(connection.max_message());
  for (std::size_t count = 0; count < 4; ++count) must(connection.receive(into, 8s));
  return 0;
}

VIADUCT_ROLE(dying_pipe_writer, args) {
  auto writer = must(pipe_writer::open(args.at(0), 8s));
  role::say("ready");
  const seam_watch watch(die_at(std::stoul(args.at(1))));
  for (const std::size_t size : sizes) must(writer.write_all(content(size, size), 8s));
  return 0;
}

VIADUCT_ROLE(dying_opener, args) {
  const seam_watch watch(die_at(std::stoul(args.at(1))));
  if (args.at(2) == "listener") must(named_pipe_listener::create(args.at(0), framing::messages));
  if (args.at(2) == "pipe") must(pipe_reader::create(args.at(0)));
  if (args.at(2) == "connect") must(named_pipe::connect(args.at(0), 8s));
  if (args.at(2) == "writer") must(pipe_writer::open(args.at(0), 8s));
  return 0;
}

/// Whole messages in order, each as it was sent, until the stream ends; how many, and how it ended.
std::pair<std::size_t, errc> drain_messages(named_pipe& from) {
  std::vector<std::byte> into(from.max_message());
  for (std::size_t count = 0;; ++count) {
    const auto size = from.receive(into, 8s);
    if (size.has_error()) return {count, size.error().code()};
    REQUIRE(count < std::size(sizes));
    REQUIRE(*size == sizes[count]);
    REQUIRE(checksum({into.data(), *size}) == checksum(content(sizes[count], sizes[count])));
  }
}

TEST_CASE("kill: the sender of messages at every system call") {
  time_limit(60s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  for (std::size_t number = 1;; ++number) {
    CAPTURE(number);
    peer sender("dying_sender", {called, std::to_string(number), "messages"});
    auto server = must(listener.accept(8s));
    const auto [count, ended] = drain_messages(server);
    const int status = sender.wait();
    if (status == 0) {
      CHECK(count == std::size(sizes));
      CHECK(ended == errc::closed);
      return;
    }
    REQUIRE(status == peer::killed);
    CHECK(ended == errc::peer_died);
    CHECK(outcome(server.send("anybody?", 8s)) == errc::closed);
  }
}

TEST_CASE("kill: the sender of bytes at every system call") {
  time_limit(60s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::bytes));
  std::vector<std::byte> sent;
  for (const std::size_t size : sizes) {
    const auto part = content(size, size);
    sent.insert(sent.end(), part.begin(), part.end());
  }
  // Half-close is not everywhere: the sender is killed at its end then too.
  for (std::size_t number = 1, status = peer::killed; status == peer::killed && number < 200; ++number) {
    CAPTURE(number);
    peer sender("dying_sender", {called, std::to_string(number), "bytes"});
    auto server = must(listener.accept(8s));
    std::vector<std::byte> got(sent.size());
    const auto all = server.read_exactly(got, 8s);
    const std::size_t count = all.has_value() ? got.size() : all.error().size();
    if (all.has_error()) CHECK(outcome(all) == errc::closed);
    REQUIRE(std::equal(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(count), sent.begin()));
    status = static_cast<std::size_t>(sender.wait());
    if (status != peer::killed) CHECK(count == sent.size());
  }
}

TEST_CASE("kill: the receiver at every system call") {
  time_limit(60s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  for (std::size_t number = 1;; ++number) {
    CAPTURE(number);
    peer receiver("dying_receiver", {called, std::to_string(number)});
    auto server = must(listener.accept(8s));
    outcome last{result<void>()};
    // Until the death is felt: what was under way may have been taken by the system.
    for (std::size_t count = 0; last == success && count < 200; ++count) {
      const std::size_t size = count < std::size(sizes) ? sizes[count] : 100'000;
      last = outcome(server.send(content(size, size), 8s));
    }
    CHECK(last == errc::closed);
    const int status = receiver.wait();
    if (status == 0) return;
    REQUIRE(status == peer::killed);
    std::vector<std::byte> into(100);
    CHECK(outcome(server.receive(into, 8s)) == errc::peer_died);
  }
}

TEST_CASE("kill: the writer of a named pipe at every system call, the next writer comes through") {
  time_limit(60s);
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  for (std::size_t number = 1;; ++number) {
    CAPTURE(number);
    peer writer("dying_pipe_writer", {called, std::to_string(number)});
    std::vector<std::byte> into(100'000);
    for (outcome last{result<void>()}; !(last == errc::closed);) {
      last = outcome(reader.read_some(into, 8s));
      const bool expected = last == success || last == errc::closed;
      CAPTURE(last);
      REQUIRE(expected);
    }
    const int status = writer.wait();
    if (status == 0) return;
    REQUIRE(status == peer::killed);
  }
}

void die_while_making(const std::string& what) {
  for (std::size_t number = 1;; ++number) {
    CAPTURE(what, number);
    const std::string called = unique_name();
    peer maker("dying_opener", {called, std::to_string(number), what});
    const int status = maker.wait();
    if (what == "listener") {
      CHECK(outcome(named_pipe_listener::create(called, framing::messages)) == success);
    } else {
      CHECK(outcome(pipe_reader::create(called)) == success);
    }
    CHECK(runtime_files(called).empty());
    if (status == 0) return;
    REQUIRE(status == peer::killed);
  }
}

TEST_CASE("kill: the creator of a name at every system call, the next create succeeds and leaves nothing") {
  time_limit(60s);
  die_while_making("listener");
  die_while_making("pipe");
}

TEST_CASE("kill: who connects or opens, at every system call, the next one gets through") {
  time_limit(60s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  auto reader = must(pipe_reader::create(called));
  for (const std::string what : {"connect", "writer"}) {
    for (std::size_t number = 1, status = peer::killed; status == peer::killed; ++number) {
      CAPTURE(what, number);
      peer opener("dying_opener", {called, std::to_string(number), what});
      status = static_cast<std::size_t>(opener.wait());
      std::string into(1, '\0');
      const outcome seen(reader.read_some(into, deadline::now()));
      const bool expected = seen == errc::closed || seen == errc::timed_out;
      CHECK(expected);
      CHECK(outcome(named_pipe::connect(called, 8s)) == success);
      CHECK(outcome(pipe_writer::open(called, 8s)) == success);
      CHECK(outcome(reader.read_some(into, 8s)) == errc::closed);
      while (listener.accept(deadline::now()).has_value()) {
      }
    }
  }
}

// Floods until it is killed.
VIADUCT_ROLE(flooding_sender, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  role::say("ready");
  for (std::uint64_t number = 0;; ++number) must(connection.send(content(number * 7919 % 100'000, number), 8s));
}

TEST_CASE("kill: the sender at random instants: whole messages, then peer_died") {
  time_limit(full_form() ? 280s : 60s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  generator random(3);
  for (int count = 0; count < rounds(25, 1'000); ++count) {
    peer sender("flooding_sender", {called});
    auto server = must(listener.accept(8s));
    std::vector<std::byte> into(100'000);
    companion killer([&, wait = random.below(3'000)] {
      const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(wait);
      while (std::chrono::steady_clock::now() < instant) {
      }
      sender.kill();
    });
    for (std::uint64_t number = 0;; ++number) {
      const auto size = server.receive(into, 8s);
      if (size.has_error()) {
        REQUIRE(outcome(size) == errc::peer_died);
        break;
      }
      REQUIRE(*size == number * 7919 % 100'000);
      REQUIRE(checksum({into.data(), *size}) == checksum(content(*size, number)));
    }
  }
}

}  // namespace
}  // namespace viaduct::test
