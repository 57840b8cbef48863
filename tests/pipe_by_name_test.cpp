// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Pipes by name, between processes: who owns the name, one writer at a time, the end of each, and death.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/streams.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

// Writes so many bytes of a known content.
VIADUCT_ROLE(fifo_writer, args) {
  auto writer = must(pipe_writer::open(args.at(0), 8s));
  role::say("connected");
  role::expect("go");
  must(writer.write_all(content(std::stoul(args.at(1)), std::stoul(args.at(2))), 8s));
  role::say("written");
  role::expect("leave");
  return 0;
}

// Owns a name until it is told to leave, or killed.
VIADUCT_ROLE(fifo_reader, args) {
  auto reader = must(pipe_reader::create(args.at(0)));
  role::say("created");
  std::string into(4, '\0');
  if (args.size() > 1) must(reader.read_exactly(into, 8s));
  role::expect("leave");
  return 0;
}

TEST_CASE("a stream goes by name between processes, and its end is told once") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  peer writer("fifo_writer", {called, "4000000", "1"});
  writer.expect("connected");
  writer.say("go");
  const auto sent = content(4'000'000, 1);
  std::vector<std::byte> got(sent.size());
  CHECK(outcome(reader.read_exactly(got, 8s)) == success);
  CHECK(checksum(got) == checksum(sent));
  writer.expect("written");
  writer.say("leave");
  CHECK(writer.wait() == 0);
  std::byte one{};
  CHECK(outcome(reader.read_some({&one, 1}, 8s)) == errc::closed);
  CHECK(outcome(reader.read_some({&one, 1}, 20ms)) == errc::timed_out);
}

TEST_CASE("before the first writer a reader waits, it does not see an end") {
  auto reader = must(pipe_reader::create(unique_name()));
  std::byte one{};
  CHECK(outcome(reader.read_some({&one, 1}, deadline::now())) == errc::timed_out);
  CHECK(time_of([&] { CHECK(outcome(reader.read_some({&one, 1}, 20ms)) == errc::timed_out); }) >= 20ms);
}

TEST_CASE("writers come one after the other, and the reader sees closed once for each") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  for (std::uint64_t number = 0; number < 50; ++number) {
    auto writer = must(pipe_writer::open(called, 8s));
    const auto sent = content(1 + number * 37, number);
    must(writer.write_all(sent, 8s));
    writer.close();
    REQUIRE(read_to_end(reader) == sent);
    std::byte one{};
    REQUIRE(outcome(reader.read_some({&one, 1}, deadline::now())) == errc::timed_out);
  }
}

// A writer that comes between the reader's look at the FIFO and its look at the entry must not be taken for one that left.
TEST_CASE("however often the reader looks, it sees what each writer wrote and then its end") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  time_limit(60s);
  const auto times = static_cast<std::uint32_t>(rounds(150, 3000));
  std::thread writers([&] {
    for (std::uint32_t number = 0; number < times; ++number) {
      auto writer = must(pipe_writer::open(called, 8s));
      if (number % 3 != 0) must(writer.write_all({&number, sizeof number}, 8s));
    }
  });
  std::uint32_t mistakes = 0;
  for (std::uint32_t number = 0; number < times; ++number) {
    std::vector<std::uint32_t> seen;
    for (;;) {
      std::uint32_t value = 0;
      const auto got = reader.read_some({&value, sizeof value}, deadline::now());
      if (got.has_value()) seen.push_back(value);
      if (got.has_error() && !(outcome(got) == errc::timed_out)) {
        if (!(outcome(got) == errc::closed)) ++mistakes;
        break;
      }
    }
    if (seen != (number % 3 != 0 ? std::vector{number} : std::vector<std::uint32_t>())) ++mistakes;
  }
  writers.join();
  CHECK(mistakes == 0);
}

TEST_CASE("a writer that wrote nothing is still seen to come and go") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  for (int number = 0; number < 20; ++number) {
    must(pipe_writer::open(called, 8s)).close();
    std::byte one{};
    REQUIRE(outcome(reader.read_some({&one, 1}, 8s)) == errc::closed);
    REQUIRE(outcome(reader.read_some({&one, 1}, deadline::now())) == errc::timed_out);
  }
}

TEST_CASE("two processes write one after the other, never into each other") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  peer first("fifo_writer", {called, "1000000", "1"});
  first.expect("connected");
  peer second("fifo_writer", {called, "1000000", "2"});
  first.say("go");
  second.say("go");
  std::vector<std::byte> got(1'000'000);
  CHECK(outcome(reader.read_exactly(got, 8s)) == success);
  CHECK(checksum(got) == checksum(content(1'000'000, 1)));
  first.expect("written");
  first.say("leave");
  std::byte one{};
  CHECK(outcome(reader.read_some({&one, 1}, 8s)) == errc::closed);
  second.expect("connected");
  second.say("leave");
  CHECK(checksum(read_to_end(reader)) == checksum(content(1'000'000, 2)));
}

TEST_CASE("a second writer waits while another is connected") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  auto first = must(pipe_writer::open(called, 8s));
  CHECK(outcome(pipe_writer::open(called, deadline::now())) == errc::timed_out);
  CHECK(time_of([&] { CHECK(outcome(pipe_writer::open(called, 30ms)) == errc::timed_out); }) >= 30ms);
  std::string into(16, '\0');
  generator random(3);
  auto second = while_inside([&] { return pipe_writer::open(called, 8s); },
                             [&] {
                               first.close();
                               CHECK(outcome(reader.read_some(into, 8s)) == errc::closed);
                             },
                             random);
  REQUIRE(outcome(second) == success);
  must(second->write_all("second", 1s));
  CHECK(must(reader.read_some(into, 8s)) == 6);
}

TEST_CASE("the next writer waits until the reader has seen the end of the one before") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  auto first = must(pipe_writer::open(called, 8s));
  must(first.write_all("first", 1s));
  first.close();
  CHECK(outcome(pipe_writer::open(called, 20ms)) == errc::timed_out);
  CHECK(bytes(read_to_end(reader)).text() == "first");
  auto second = must(pipe_writer::open(called, 8s));
  must(second.write_all("second", 1s));
  second.close();
  CHECK(bytes(read_to_end(reader)).text() == "second");
}

TEST_CASE("opening waits for a reader that appears later") {
  generator random(4);
  for (int count = 0; count < 30; ++count) {
    const std::string called = unique_name();
    std::optional<pipe_reader> reader;
    auto writer = while_inside([&] { return pipe_writer::open(called, 8s); },
                               [&] { reader = must(pipe_reader::create(called)); }, random, 3000);
    REQUIRE(outcome(writer) == success);
    must(writer->write_all("late", 1s));
    std::string into(4, '\0');
    REQUIRE(outcome(reader->read_exactly(into, 8s)) == success);
  }
}

TEST_CASE("opening a name that nobody reads is not_found at the deadline, not before") {
  const std::string called = unique_name();
  for (const deadline past : past_deadlines()) CHECK(outcome(pipe_writer::open(called, past)) == errc::not_found);
  CHECK(time_of([&] { CHECK(outcome(pipe_writer::open(called, 30ms)) == errc::not_found); }) >= 30ms);
}

TEST_CASE("a name that is taken is already_exists, and the hint has the owner's process") {
  const std::string called = unique_name();
  peer owner("fifo_reader", {called});
  owner.expect("created");
  const auto refused = pipe_reader::create(called);
  REQUIRE(outcome(refused) == errc::already_exists);
  CHECK(refused.error().hint().find(std::to_string(owner.id())) != std::string::npos);
  CHECK(refused.error().object() == called);
  owner.say("leave");
  CHECK(owner.wait() == 0);
  CHECK(outcome(pipe_reader::create(called)) == success);
}

TEST_CASE("an owner of the same process is named, too") {
  const std::string called = unique_name();
  const auto reader = must(pipe_reader::create(called));
  const auto refused = pipe_reader::create(called);
  REQUIRE(outcome(refused) == errc::already_exists);
  CHECK(refused.error().hint().find(std::to_string(this_process_id())) != std::string::npos);
}

TEST_CASE("a killed reader gives its name free: the next create succeeds at the first try") {
  const std::string called = unique_name();
  for (int count = 0; count < 10; ++count) {
    peer owner("fifo_reader", {called});
    owner.expect("created");
    owner.kill();
    CHECK(owner.wait() == peer::killed);
    CHECK(outcome(pipe_writer::open(called, deadline::now())) == errc::not_found);
    REQUIRE(outcome(pipe_reader::create(called)) == success);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("a writer sees a killed reader as closed") {
  const std::string called = unique_name();
  peer owner("fifo_reader", {called, "read"});
  owner.expect("created");
  auto writer = must(pipe_writer::open(called, 8s));
  must(writer.write_all("text", 1s));
  companion killer([&] { owner.kill(); });
  CHECK(outcome(writer.write_all(content(std::size_t{16} << 20, 5), 8s)) == errc::closed);
}

TEST_CASE("a reader gets all that a killed writer wrote, then closed, and serves the next") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  for (int count = 0; count < 5; ++count) {
    peer writer("fifo_writer", {called, "3000", "6"});
    writer.expect("connected");
    writer.say("go");
    writer.expect("written");
    writer.kill();
    REQUIRE(read_to_end(reader) == content(3000, 6));
  }
}

TEST_CASE("a writer that is killed before its first byte blocks nobody") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  peer writer("fifo_writer", {called, "1", "1"});
  writer.expect("connected");
  writer.kill();
  CHECK(writer.wait() == peer::killed);
  std::byte one{};
  CHECK(outcome(reader.read_some({&one, 1}, 8s)) == errc::closed);
  CHECK(outcome(pipe_writer::open(called, 8s)) == success);
}

TEST_CASE("closing or releasing the reader ends the name") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  reader.close();
  CHECK(outcome(pipe_writer::open(called, deadline::now())) == errc::not_found);
  auto again = must(pipe_reader::create(called));
  const native_handle handle = must(again.release());
  CHECK(outcome(pipe_writer::open(called, deadline::now())) == errc::not_found);
  CHECK(outcome(pipe_reader::create(called)) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("cancel ends a named reader's wait at any instant, before and between writers") {
  generator random(7);
  const std::string called = unique_name();
  for (int count = 0; count < rounds(200, 10'000); ++count) {
    auto reader = must(pipe_reader::create(called));
    if (count % 2 == 0) {
      must(pipe_writer::open(called, 8s)).close();
      REQUIRE(read_to_end(reader).empty());
    }
    std::byte one{};
    REQUIRE(outcome(while_inside([&] { return reader.read_some({&one, 1}, 8s); }, [&] { reader.cancel(); }, random)) ==
            errc::cancelled);
  }
}

TEST_CASE("only a native name is opened for reading") {
  CHECK(outcome(pipe_reader::open(unique_name(), deadline::now())) == errc::invalid_argument);
}

TEST_CASE("named pipes leave nothing behind them") {
  const std::string called = unique_name();
  const auto use = [&] {
    auto reader = must(pipe_reader::create(called));
    auto writer = must(pipe_writer::open(called, 8s));
    must(writer.write_all("text", 1s));
    CHECK(outcome(pipe_writer::open(called, 2ms)) == errc::timed_out);
    writer.close();
    CHECK(read_to_end(reader).size() == 4);
  };
  use();
  CHECK_FALSE(leaves_something(use, 20));
  CHECK(runtime_files(called).empty());
}

}  // namespace
}  // namespace viaduct::test
