// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The duplicates a sender keeps of handles in flight, and that they go neither too early nor too late.
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/handle_acks.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

// Its owner counts; a duplicate that was let go is one that nobody shares any more.
using token = std::shared_ptr<int>;
using acks = detail::handle_acks<token>;

std::vector<token> some(const token& original, std::size_t count) { return std::vector<token>(count, original); }

TEST_CASE("duplicates are kept until their message is acknowledged") {
  const token first = std::make_shared<int>(1);
  const token second = std::make_shared<int>(2);
  acks flight;
  REQUIRE(flight.add(2, some(first, 2)));
  REQUIRE(flight.add(1, some(second, 1)));
  CHECK(flight.kept() == 3);
  CHECK(flight.acknowledge(2));
  CHECK(first.use_count() == 1);
  CHECK(second.use_count() == 2);
  CHECK(flight.acknowledge(1));
  CHECK(second.use_count() == 1);
  CHECK(flight.kept() == 0);
}

TEST_CASE("an acknowledgement of part of a message lets nothing go") {
  const token one = std::make_shared<int>(1);
  acks flight;
  REQUIRE(flight.add(3, some(one, 3)));
  CHECK(flight.acknowledge(2));
  CHECK(one.use_count() == 4);
  CHECK(flight.acknowledge(1));
  CHECK(one.use_count() == 1);
}

TEST_CASE("one acknowledgement may speak for several messages") {
  const token one = std::make_shared<int>(1);
  acks flight;
  for (int message = 0; message < 5; ++message) REQUIRE(flight.add(4, some(one, 1)));
  CHECK(flight.acknowledge(12));
  CHECK(one.use_count() == 3);
  CHECK(flight.acknowledge(8));
  CHECK(one.use_count() == 1);
}

TEST_CASE("handles without a duplicate are counted all the same") {
  const token socket = std::make_shared<int>(1);
  acks flight;
  REQUIRE(flight.add(2, {}));
  REQUIRE(flight.add(3, some(socket, 1)));
  REQUIRE(flight.add(4, {}));
  CHECK(flight.acknowledge(4));
  CHECK(socket.use_count() == 2);
  CHECK(flight.acknowledge(1));
  CHECK(socket.use_count() == 1);
  CHECK(flight.acknowledge(4));
}

TEST_CASE("who acknowledges what was never sent is found out, and gains nothing for later messages") {
  const token one = std::make_shared<int>(1);
  acks flight;
  CHECK_FALSE(flight.acknowledge(1));
  REQUIRE(flight.add(1, some(one, 1)));
  CHECK(one.use_count() == 2);
  CHECK_FALSE(flight.acknowledge(~std::uint64_t{0}));
  CHECK(one.use_count() == 1);
  REQUIRE(flight.add(1, some(one, 1)));
  CHECK(one.use_count() == 2);
}

TEST_CASE("a message that did not go takes its duplicates back, and no others") {
  const token sent = std::make_shared<int>(1);
  const token failed = std::make_shared<int>(2);
  acks flight;
  REQUIRE(flight.add(1, some(sent, 1)));
  REQUIRE(flight.add(2, some(failed, 1)));
  flight.take_back(2);
  CHECK(failed.use_count() == 1);
  CHECK(sent.use_count() == 2);
  REQUIRE(flight.add(3, {}));  // without duplicates
  flight.take_back(3);
  CHECK(sent.use_count() == 2);
  CHECK(flight.acknowledge(1));
  CHECK(sent.use_count() == 1);
  CHECK_FALSE(flight.acknowledge(1));
}

TEST_CASE("a peer that never acknowledges uses up no more than the limit") {
  const token one = std::make_shared<int>(1);
  acks flight;
  for (std::size_t kept = 0; kept < acks::limit; kept += 16) REQUIRE(flight.add(16, some(one, 16)));
  CHECK_FALSE(flight.add(1, some(one, 1)));
  CHECK(flight.add(16, {}));  // what needs no duplicate goes on
  CHECK(flight.acknowledge(16));
  CHECK(flight.add(16, some(one, 16)));
  CHECK(flight.kept() == acks::limit);
}

TEST_CASE("a socket that its sender closes at once arrives usable, and no copy of it stays") {
  named_pipe_options with_handles;
  with_handles.accept_handles = true;
  auto road = must(make_named_pipe_pair(framing::messages, with_handles));
  auto sent = must(make_named_pipe_pair(framing::bytes));
  const std::array<native_view, 1> handles{sent.first.native()};
  must(road.first.send("a socket", handles, 1s));
  sent.first.close();
  std::string into(8, '\0');
  auto got = must(road.second.receive_with_handles(into, 8s));
  REQUIRE(got.handles.size() == 1);
  auto arrived = must(named_pipe::adopt(std::move(got.handles[0]), framing::bytes));
  must(arrived.write_all("text", 1s));
  std::string text(4, '\0');
  must(sent.second.read_exactly(text, 8s));
  CHECK(text == "text");
  arrived.close();
  // Where sockets are acknowledged, the sender takes that in with the next message.
  must(road.second.send("done", 1s));
  CHECK(receive_text(road.first) == "done");
  CHECK(outcome(sent.second.read_some(text, 8s)) == errc::closed);
}

TEST_CASE("the end lets everything go") {
  const token one = std::make_shared<int>(1);
  {
    acks flight;
    REQUIRE(flight.add(5, some(one, 5)));
  }
  CHECK(one.use_count() == 1);
}

}  // namespace
}  // namespace viaduct::test
