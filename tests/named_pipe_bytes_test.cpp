// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Named pipes with framing::bytes.
#include <array>
#include <chrono>
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
#include "viaduct/capabilities.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

// Sends back what it gets, until the end.
VIADUCT_ROLE(bytes_echo, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s));
  role::say("connected");
  std::vector<std::byte> chunk(50'000);
  for (;;) {
    const auto got = connection.read_some(chunk, 8s);
    if (got.has_error()) {
      VIADUCT_INSIST(outcome(got) == errc::closed);
      return 0;
    }
    must(connection.write_all(buffer(chunk).first(*got), 8s));
  }
}

TEST_CASE("bytes go both ways at once between processes, whole and in order") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::bytes));
  peer echo("bytes_echo", {called});
  auto server = must(listener.accept(8s));
  echo.expect("connected");
  const auto sent = content(std::size_t{8} << 20, 1);
  companion sender([&] { must(server.write_all(sent, 8s)); });
  std::vector<std::byte> got(sent.size());
  CHECK(outcome(server.read_exactly(got, 8s)) == success);
  sender.join();
  CHECK(checksum(got) == checksum(sent));
  server.close();
  CHECK(echo.wait() == 0);
}

TEST_CASE("a killed peer is closed, after the bytes it wrote") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::bytes));
  peer echo("bytes_echo", {called});
  auto server = must(listener.accept(8s));
  must(server.write_all("text", 1s));
  std::string into(4, '\0');
  CHECK(outcome(server.read_exactly(into, 8s)) == success);
  companion killer([&] { echo.kill(); });
  CHECK(outcome(server.read_some(into, 8s)) == errc::closed);
  CHECK(outcome(server.read_exactly(into, 8s)) == errc::closed);
  killer.join();
  CHECK(echo.wait() == peer::killed);
  CHECK(outcome(server.write_all(content(std::size_t{4} << 20, 2), 8s)) == errc::closed);
  CHECK(outcome(server.write_some("text", 1s)) == errc::closed);
}

TEST_CASE("writing to a peer that left is closed, never the end of the process") {
  for (int count = 0; count < 300; ++count) {
    auto pair = must(make_named_pipe_pair(framing::bytes));
    pair.second.close();
    CHECK(outcome(pair.first.write_all("text", 1s)) == errc::closed);
    CHECK(outcome(pair.first.write_some("text", deadline::now())) == errc::closed);
  }
}

TEST_CASE("bytes written are not lost by closing") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  const auto sent = content(30'000, 3);
  must(pair.first.write_all(sent, 1s));
  pair.first.close();
  std::vector<std::byte> got(sent.size());
  CHECK(outcome(pair.second.read_exactly(got, 8s)) == success);
  CHECK(got == sent);
  CHECK(outcome(pair.second.read_some(got, 8s)) == errc::closed);
}

TEST_CASE("deadlines in the past try once, others are never early") {
  connected made(framing::bytes);
  std::string into(4, '\0');
  for (const deadline past : past_deadlines()) {
    CHECK(outcome(made.client.read_some(into, past)) == errc::timed_out);
    CHECK(outcome(made.client.read_exactly(into, past)) == errc::timed_out);
    CHECK(outcome(made.server.write_all("text", past)) == success);
    CHECK(outcome(made.client.read_exactly(into, past)) == success);
  }
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(made.client.read_some(into, span)) == errc::timed_out); }) >= span);
  }
  (void)fill_with_bytes(made.client);
  for (const deadline past : past_deadlines()) CHECK(outcome(made.client.write_some("text", past)) == errc::timed_out);
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(made.client.write_all("text", span)) == errc::timed_out); }) >= span);
  }
}

TEST_CASE("an endless deadline waits for as long as it takes") {
  generator random(4);
  for (const deadline patience : endless_deadlines()) {
    auto pair = must(make_named_pipe_pair(framing::bytes));
    std::string into(4, '\0');
    CHECK(outcome(while_inside([&] { return pair.first.read_exactly(into, patience); },
                               [&] { must(pair.second.write_all("text", 1s)); }, random)) == success);
    std::vector<std::byte> all(fill_with_bytes(pair.first));
    CHECK(outcome(while_inside([&] { return pair.first.write_all("text", patience); },
                               [&] { must(pair.second.read_exactly(all, 8s)); }, random)) == success);
  }
}

TEST_CASE("read_exactly and write_all say where to go on") {
  connected made(framing::bytes);
  std::string into(6, '-');
  must(made.client.write_all("abc", 1s));
  const auto got = made.server.read_exactly(into, 5ms);
  CHECK(outcome(got) == errc::timed_out);
  CHECK(outcome(got).size() == 3);
  CHECK(into == "abc---");
  const auto sent = content(std::size_t{4} << 20, 5);
  const auto went = made.server.write_all(sent, 5ms);
  CHECK(outcome(went) == errc::timed_out);
  const std::size_t size = outcome(went).size();
  REQUIRE(size > 0);
  REQUIRE(size < sent.size());
  companion rest([&] { must(made.server.write_all(bytes(sent).after(size), 8s)); });
  std::vector<std::byte> all(sent.size());
  CHECK(outcome(made.client.read_exactly(all, 8s)) == success);
  CHECK(all == sent);
}

TEST_CASE("empty memory is done at once") {
  connected made(framing::bytes);
  CHECK(must(made.client.read_some({}, deadline::never())) == 0);
  CHECK(outcome(made.client.read_exactly({}, deadline::never())) == success);
  (void)fill_with_bytes(made.client);
  CHECK(must(made.client.write_some({}, deadline::never())) == 0);
  CHECK(outcome(made.client.write_all(bytes(), deadline::never())) == success);
}

TEST_CASE("several parts go in one call") {
  connected made(framing::bytes);
  const std::array<bytes, 3> parts{"head-", bytes(), "body"};
  CHECK(outcome(made.client.write_all(parts, 1s)) == success);
  std::string into(9, '\0');
  CHECK(outcome(made.server.read_exactly(into, 1s)) == success);
  CHECK(into == "head-body");
  const std::vector<bytes> too_many(17, bytes("y"));
  CHECK(outcome(made.client.write_all(too_many, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.server.read_some(into, deadline::now())) == errc::timed_out);
}

TEST_CASE("messages and handles are not for bytes") {
  connected made(framing::bytes);
  std::string into(9, '\0');
  CHECK(outcome(made.client.send("text", 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.receive(into, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.receive_with_handles(into, 1s)) == errc::invalid_argument);
  const std::array<native_view, 1> handles{made.client.native()};
  CHECK(outcome(made.client.send("text", handles, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.server.read_some(into, deadline::now())) == errc::timed_out);
  CHECK(made.client.buffered() == 0);
}

TEST_CASE("one direction can end while the other goes on") {
  VIADUCT_NEEDS(capabilities().named_pipe.half_close, "named_pipe.half_close");
  connected made(framing::bytes);
  must(made.client.write_all("last", 1s));
  CHECK(outcome(made.client.shutdown_write(1s)) == success);
  CHECK(outcome(made.client.shutdown_write(1s)) == success);
  CHECK(outcome(made.client.write_all("more", 1s)) == errc::closed);
  std::string into(4, '\0');
  CHECK(outcome(made.server.read_exactly(into, 1s)) == success);
  CHECK(outcome(made.server.read_some(into, 1s)) == errc::closed);
  must(made.server.write_all("back", 1s));
  CHECK(outcome(made.client.read_exactly(into, 1s)) == success);
  CHECK(into == "back");
}

TEST_CASE("cancel ends a blocked read or write at any instant, and the peer sees the end") {
  time_limit(60s);
  generator random(6);
  const auto sent = content(2'000'000, 7);
  std::vector<std::byte> into(sent.size());
  for (int count = 0; count < rounds(200, 10'000); ++count) {
    auto pair = must(make_named_pipe_pair(framing::bytes));
    const auto went =
        while_inside([&] { return pair.first.write_all(sent, 8s); }, [&] { pair.first.cancel(); }, random);
    REQUIRE(outcome(went) == errc::cancelled);
    const auto got = pair.second.read_exactly(into, 8s);
    REQUIRE(outcome(got) == errc::closed);
    REQUIRE(outcome(got).size() == outcome(went).size());
    REQUIRE(std::equal(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(outcome(got).size()), sent.begin()));
    auto other = must(make_named_pipe_pair(framing::bytes));
    REQUIRE(outcome(while_inside([&] { return other.first.read_some(into, deadline::never()); },
                                 [&] { other.first.cancel(); }, random)) == errc::cancelled);
    REQUIRE(outcome(other.first.write_all("text", 1s)) == errc::cancelled);
    REQUIRE(outcome(other.first.read_exactly(into, 1s)) == errc::cancelled);
    REQUIRE(outcome(other.second.read_some(into, 8s)) == errc::closed);
  }
}

TEST_CASE("a reader and a writer thread use one connection at once, and cancel ends both") {
  generator random(8);
  const std::vector<std::byte> sent(2'000'000);
  for (int count = 0; count < 50; ++count) {
    auto pair = must(make_named_pipe_pair(framing::bytes));
    std::string into(4, '\0');
    outcome wrote{result<void>()};
    companion writer([&] { wrote = outcome(pair.first.write_all(sent, 8s)); });
    CHECK(outcome(while_inside([&] { return pair.first.read_exactly(into, 8s); }, [&] { pair.first.cancel(); },
                               random)) == errc::cancelled);
    writer.join();
    CHECK(wrote == errc::cancelled);
  }
}

TEST_CASE("after close, and after a move, every call says closed") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  named_pipe moved = std::move(pair.first);
  std::string into(4, '\0');
  const auto check = [&](named_pipe& gone) {
    CHECK_FALSE(gone.is_open());
    CHECK_FALSE(gone.native().is_valid());
    CHECK(gone.buffered() == 0);
    CHECK(outcome(gone.read_some(into, 1s)) == errc::closed);
    CHECK(outcome(gone.read_exactly(into, 1s)) == errc::closed);
    CHECK(outcome(gone.write_some("x", 1s)) == errc::closed);
    CHECK(outcome(gone.write_all("x", 1s)) == errc::closed);
    CHECK(outcome(gone.send("x", 1s)) == errc::closed);
    CHECK(outcome(gone.receive(into, 1s)) == errc::closed);
    CHECK(outcome(gone.shutdown_write(1s)) == errc::closed);
    CHECK(outcome(gone.release()) == errc::closed);
    gone.cancel();
    gone.close();
  };
  check(pair.first);  // NOLINT(bugprone-use-after-move): that is the promise
  CHECK(moved.is_open());
  moved.close();
  check(moved);
  CHECK(outcome(pair.second.read_some(into, 8s)) == errc::closed);
}

TEST_CASE("a connection can be given away and taken over again") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  native_handle handle = must(pair.first.release());
  CHECK_FALSE(pair.first.is_open());
  auto again = must(named_pipe::adopt(std::move(handle), framing::bytes));
  must(again.write_all("text", 1s));
  std::string into(4, '\0');
  CHECK(outcome(pair.second.read_exactly(into, 8s)) == success);
  CHECK(outcome(again.read_some(into, 2ms)) == errc::timed_out);
  CHECK(outcome(named_pipe::adopt(native_handle(), framing::bytes)) == errc::invalid_argument);
}

TEST_CASE("reading and writing allocate nothing") {
  connected made(framing::bytes);
  const auto data = content(4096, 9);
  std::vector<std::byte> into(4096);
  std::size_t failures = 0;
  const auto round = [&] {
    failures += made.client.write_all(data, 1s).has_error();
    failures += made.server.read_exactly(into, 1s).has_error();
    failures += made.server.write_some(data, 1s).has_error();
    failures += made.client.read_some(into, deadline::now()).has_error();
    failures += !(outcome(made.client.read_some(into, 10us)) == errc::timed_out);
  };
  const auto rounds = [&] {
    for (int count = 0; count < 100; ++count) round();
  };
  rounds();  // makes what a process makes once
  CHECK(allocations_during(rounds) == 0);
  CHECK(failures == 0);
}

}  // namespace
}  // namespace viaduct::test
