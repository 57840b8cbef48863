// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Anonymous pipes, and what every pipe end promises. Pipes by name: pipe_by_name_test.cpp.
#include "viaduct/pipe.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/memory.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/streams.hpp"
#include "support/watchdog.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<pipe_reader> && std::is_nothrow_move_constructible_v<pipe_reader>);
static_assert(!std::is_copy_constructible_v<pipe_writer> && std::is_nothrow_move_assignable_v<pipe_writer>);

// Until nothing more fits; how much went.
std::size_t fill(pipe_writer& writer) {
  const auto chunk = content(4096, 1);
  std::size_t total = 0;
  for (;;) {
    const auto went = writer.write_some(chunk, deadline::now());
    if (went.has_error()) {
      CHECK(outcome(went) == errc::timed_out);
      return total;
    }
    total += *went;
  }
}

TEST_CASE("a stream arrives whole and in order, and then is closed") {
  auto [reader, writer] = must(make_pipe());
  const auto sent = content(std::size_t{4} << 20, 7);
  companion sender([&, end = &writer] {
    generator random(8);
    bytes left = sent;
    while (!left.empty()) {
      const bytes piece = left.first(random.below(100'000) + 1);
      if (random.below(2) == 0) {
        must(end->write_all(piece, 8s));
        left = left.after(piece.size());
      } else {
        left = left.after(must(end->write_some(piece, 8s)));
      }
    }
    end->close();
  });
  const auto got = read_to_end(reader);
  CHECK(got.size() == sent.size());
  CHECK(checksum(got) == checksum(sent));
  std::byte one{};
  CHECK(outcome(reader.read_some({&one, 1}, 1s)) == errc::closed);  // and stays so
  CHECK(outcome(reader.read_exactly({&one, 1}, 1s)) == errc::closed);
}

TEST_CASE("read_some takes what is there, at most what fits") {
  auto [reader, writer] = must(make_pipe());
  must(writer.write_all("0123456789", 1s));
  std::string into(4, '\0');
  CHECK(must(reader.read_some(into, 1s)) == 4);
  CHECK(into == "0123");
  std::string rest(100, '\0');
  CHECK(must(reader.read_some(rest, 1s)) == 6);
  CHECK(rest.substr(0, 6) == "456789");
}

TEST_CASE("reading waits for the first byte, however late it comes") {
  generator random(9);
  for (const deadline patience : endless_deadlines()) {
    auto ends = must(make_pipe());
    std::string into(10, '\0');
    const auto got = while_inside([&] { return ends.reader.read_some(into, patience); },
                                  [&] { must(ends.writer.write_all("x", 1s)); }, random);
    CHECK(outcome(got) == success);
    CHECK(*got == 1);
  }
}

TEST_CASE("writing waits for room, however late it comes") {
  generator random(10);
  for (const deadline patience : endless_deadlines()) {
    auto ends = must(make_pipe());
    const std::size_t held = fill(ends.writer);
    std::vector<std::byte> into(held);
    const auto went = while_inside([&] { return ends.writer.write_all("more", patience); },
                                   [&] { must(ends.reader.read_exactly(into, 8s)); }, random);
    CHECK(outcome(went) == success);
    std::string more(4, '\0');
    CHECK(outcome(ends.reader.read_exactly(more, 1s)) == success);
    CHECK(more == "more");
  }
}

TEST_CASE("empty memory is done at once, whatever the state of the pipe") {
  auto [reader, writer] = must(make_pipe());
  CHECK(must(reader.read_some({}, deadline::never())) == 0);
  CHECK(outcome(reader.read_exactly({}, deadline::never())) == success);
  fill(writer);
  CHECK(must(writer.write_some({}, deadline::never())) == 0);
  CHECK(outcome(writer.write_all(bytes(), deadline::never())) == success);
  CHECK(outcome(writer.write_all(std::span<const bytes>(), deadline::never())) == success);
  const std::array<bytes, 3> nothing{};
  CHECK(outcome(writer.write_all(nothing, deadline::never())) == success);
}

TEST_CASE("a deadline in the past tries once: it fails when it would wait and works when it need not") {
  for (const deadline past : past_deadlines()) {
    auto [reader, writer] = must(make_pipe());
    std::string into(4, '\0');
    CHECK(outcome(reader.read_some(into, past)) == errc::timed_out);
    CHECK(outcome(reader.read_exactly(into, past)) == errc::timed_out);
    CHECK(outcome(writer.write_all("text", past)) == success);
    CHECK(outcome(reader.read_exactly(into, past)) == success);
    fill(writer);
    CHECK(outcome(writer.write_some("text", past)) == errc::timed_out);
    CHECK(outcome(writer.write_all("text", past)) == errc::timed_out);
  }
}

TEST_CASE("timed_out never comes early, and leaves the pipe as it was") {
  auto [reader, writer] = must(make_pipe());
  std::string into(4, '\0');
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(reader.read_some(into, span)) == errc::timed_out); }) >= span);
    CHECK(time_of([&] { CHECK(outcome(reader.read_exactly(into, deadline::after(span))) == errc::timed_out); }) >=
          span - 1ms);
  }
  fill(writer);
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(writer.write_some("text", span)) == errc::timed_out); }) >= span);
    CHECK(time_of([&] { CHECK(outcome(writer.write_all("text", span)) == errc::timed_out); }) >= span);
  }
}

TEST_CASE("read_exactly says how much had arrived, and goes on from there") {
  auto [reader, writer] = must(make_pipe());
  must(writer.write_all("abc", 1s));
  std::string into(6, '-');
  const auto got = reader.read_exactly(into, 5ms);
  CHECK(outcome(got) == errc::timed_out);
  REQUIRE(outcome(got).size() == 3);
  CHECK(into == "abc---");
  must(writer.write_all("def", 1s));
  CHECK(outcome(reader.read_exactly(buffer(into).after(3), 1s)) == success);
  CHECK(into == "abcdef");
  must(writer.write_all("g", 1s));
  writer.close();
  const auto last = reader.read_exactly(into, 1s);
  CHECK(outcome(last) == errc::closed);
  CHECK(outcome(last).size() == 1);
}

TEST_CASE("write_all says how much went, and exactly that arrives") {
  auto [reader, writer] = must(make_pipe());
  const auto sent = content(std::size_t{3} << 20, 11);
  const auto went = writer.write_all(sent, 5ms);
  CHECK(outcome(went) == errc::timed_out);
  const std::size_t size = outcome(went).size();
  REQUIRE(size > 0);
  REQUIRE(size < sent.size());
  companion rest([&, end = &writer] {
    must(end->write_all(bytes(sent).after(size), 8s));
    end->close();
  });
  CHECK(read_to_end(reader) == sent);
}

TEST_CASE("several parts go in one call, one after the other") {
  auto [reader, writer] = must(make_pipe());
  const std::array<bytes, 4> parts{"head", bytes(), "-", "body"};
  CHECK(outcome(writer.write_all(parts, 1s)) == success);
  const std::vector<bytes> most(16, bytes("x"));
  CHECK(outcome(writer.write_all(most, 1s)) == success);
  const std::vector<bytes> too_many(17, bytes("y"));
  const auto refused = writer.write_all(too_many, 1s);
  CHECK(outcome(refused) == errc::invalid_argument);
  CHECK(outcome(refused).size() == 0);
  writer.close();
  CHECK(bytes(read_to_end(reader)).text() == "head-bodyxxxxxxxxxxxxxxxx");
}

TEST_CASE("writing to a pipe nobody reads is closed, never the end of the process") {
  for (int count = 0; count < 1000; ++count) {
    auto ends = must(make_pipe());
    ends.reader.close();
    CHECK(outcome(ends.writer.write_some("text", 1s)) == errc::closed);
    CHECK(outcome(ends.writer.write_all("text", deadline::now())) == errc::closed);
  }
}

TEST_CASE("a reader that leaves wakes a writer that waits, and the other way round") {
  generator random(12);
  for (int count = 0; count < 200; ++count) {
    auto ends = must(make_pipe());
    fill(ends.writer);
    CHECK(outcome(while_inside([&] { return ends.writer.write_all("text", 8s); }, [&] { ends.reader.close(); },
                               random)) == errc::closed);
    auto others = must(make_pipe());
    std::string into(4, '\0');
    CHECK(outcome(while_inside([&] { return others.reader.read_exactly(into, 8s); }, [&] { others.writer.close(); },
                               random)) == errc::closed);
  }
}

TEST_CASE("cancel ends a blocked read at any instant, for good") {
  generator random(13);
  std::string into(4, '\0');
  for (int count = 0; count < rounds(300, 10'000); ++count) {
    auto ends = must(make_pipe());
    must(ends.writer.write_all("ab", 1s));
    const auto got =
        while_inside([&] { return ends.reader.read_exactly(into, 8s); }, [&] { ends.reader.cancel(); }, random);
    CHECK(outcome(got) == errc::cancelled);
    CHECK((outcome(got).size() == 0 || outcome(got).size() == 2));
    CHECK(outcome(ends.reader.read_some(into, deadline::now())) == errc::cancelled);
    CHECK(outcome(ends.reader.read_exactly(into, 1s)) == errc::cancelled);
    ends.reader.close();
    CHECK(outcome(ends.reader.read_some(into, 1s)) == errc::closed);
  }
}

TEST_CASE("cancel ends a blocked read_some at any instant") {
  generator random(14);
  std::string into(4, '\0');
  for (int count = 0; count < rounds(300, 10'000); ++count) {
    auto ends = must(make_pipe());
    const auto got = while_inside([&] { return ends.reader.read_some(into, deadline::never()); },
                                  [&] { ends.reader.cancel(); }, random);
    CHECK(outcome(got) == errc::cancelled);
  }
}

TEST_CASE("cancel ends a blocked write at any instant, and what went arrives") {
  time_limit(60s);
  generator random(15);
  const auto sent = content(200'000, 16);
  for (int count = 0; count < rounds(300, 10'000); ++count) {
    auto ends = must(make_pipe());
    const auto went = while_inside([&] { return ends.writer.write_all(sent, deadline::never()); },
                                   [&] { ends.writer.cancel(); }, random);
    CHECK(outcome(went) == errc::cancelled);
    CHECK(outcome(ends.writer.write_some("text", deadline::now())) == errc::cancelled);
    CHECK(outcome(ends.writer.write_all("text", 1s)) == errc::cancelled);
    ends.writer.close();
    const auto got = read_to_end(ends.reader);
    REQUIRE(got.size() == outcome(went).size());
    REQUIRE(std::equal(got.begin(), got.end(), sent.begin()));
  }
}

TEST_CASE("cancel may come before, twice, and after close") {
  auto [reader, writer] = must(make_pipe());
  reader.cancel();
  reader.cancel();
  std::string into(4, '\0');
  CHECK(outcome(reader.read_some(into, deadline::never())) == errc::cancelled);
  reader.close();
  reader.cancel();
  writer.cancel();
  CHECK(outcome(writer.write_all("text", deadline::never())) == errc::cancelled);
  pipe_writer moved = std::move(writer);
  writer.cancel();  // NOLINT(bugprone-use-after-move): harmless is what it must be
  CHECK(outcome(moved.write_some("text", 1s)) == errc::cancelled);
}

TEST_CASE("after close, and after a move, every call says closed") {
  auto ends = must(make_pipe());
  std::string into(4, '\0');
  const auto check_reader = [&](pipe_reader& reader) {
    CHECK_FALSE(reader.is_open());
    CHECK_FALSE(reader.native().is_valid());
    CHECK(outcome(reader.read_some(into, 1s)) == errc::closed);
    CHECK(outcome(reader.read_exactly(into, 1s)) == errc::closed);
    CHECK(outcome(reader.release()) == errc::closed);
    reader.close();
  };
  const auto check_writer = [&](pipe_writer& writer) {
    CHECK_FALSE(writer.is_open());
    CHECK_FALSE(writer.native().is_valid());
    CHECK(outcome(writer.write_some("x", 1s)) == errc::closed);
    CHECK(outcome(writer.write_all("x", 1s)) == errc::closed);
    CHECK(outcome(writer.release()) == errc::closed);
    writer.close();
  };
  pipe_reader reader = std::move(ends.reader);
  pipe_writer writer = std::move(ends.writer);
  check_reader(ends.reader);
  check_writer(ends.writer);
  CHECK(reader.is_open());
  CHECK(reader.native().is_valid());
  reader.close();
  writer.close();
  check_reader(reader);
  check_writer(writer);
}

TEST_CASE("a moved end works on under its new name") {
  auto ends = must(make_pipe());
  auto others = must(make_pipe());
  others.reader = std::move(ends.reader);  // closes what it had
  CHECK(outcome(others.writer.write_all("x", 1s)) == errc::closed);
  must(ends.writer.write_all("moved", 1s));
  std::string into(5, '\0');
  CHECK(outcome(others.reader.read_exactly(into, 1s)) == success);
  CHECK(into == "moved");
}

TEST_CASE("an end can be given away and taken over again") {
  auto ends = must(make_pipe());
  native_handle reading = must(ends.reader.release());
  native_handle writing = must(ends.writer.release());
  CHECK_FALSE(ends.reader.is_open());
  auto reader = must(pipe_reader::adopt(std::move(reading)));
  auto writer = must(pipe_writer::adopt(std::move(writing)));
  std::string into(4, '\0');
  CHECK(outcome(reader.read_some(into, deadline::now())) == errc::timed_out);
  CHECK(outcome(writer.write_all("text", 1s)) == success);
  CHECK(outcome(reader.read_exactly(into, 1s)) == success);
  writer.close();
  CHECK(outcome(reader.read_some(into, 1s)) == errc::closed);
}

TEST_CASE("adopt refuses what is not such an end") {
  CHECK(outcome(pipe_reader::adopt(native_handle())) == errc::invalid_argument);
  CHECK(outcome(pipe_writer::adopt(native_handle())) == errc::invalid_argument);
  auto ends = must(make_pipe());
  CHECK(outcome(pipe_writer::adopt(must(ends.reader.release()))) == errc::invalid_argument);
  CHECK(outcome(pipe_reader::adopt(must(ends.writer.release()))) == errc::invalid_argument);
}

TEST_CASE("capacity has an effect where the system can") {
  VIADUCT_NEEDS(capabilities().pipe.capacity, "pipe.capacity");
  auto small = must(make_pipe({.capacity = 4096}));
  auto large = must(make_pipe({.capacity = 512 * 1024}));
  const std::size_t room = fill(small.writer);
  CHECK(room >= 4096);
  CHECK(fill(large.writer) >= 512 * 1024);
  CHECK(room < 512 * 1024);
  CHECK(outcome(make_pipe({.capacity = std::size_t{1} << 40})) == errc::limit_reached);
}

TEST_CASE("reading and writing allocate nothing") {
  auto [reader, writer] = must(make_pipe());
  const auto data = content(4096, 17);
  std::vector<std::byte> into(4096);
  const std::array<bytes, 2> parts{bytes(data).first(10), bytes(data).after(10)};
  std::size_t failures = 0;
  const auto round = [&] {
    failures += writer.write_all(data, 1s).has_error();
    failures += reader.read_exactly(into, 1s).has_error();
    failures += writer.write_all(parts, 1s).has_error();
    failures += reader.read_some(into, 1s).has_error();
    failures += !(outcome(reader.read_some(into, deadline::now())) == errc::timed_out);
    failures += !(outcome(reader.read_some(into, 10us)) == errc::timed_out);
  };
  const auto rounds = [&] {
    for (int count = 0; count < 100; ++count) round();
  };
  rounds();  // makes what a process makes once
  CHECK(allocations_during(rounds) == 0);
  CHECK(failures == 0);
}

TEST_CASE("an error names the operation and the pipe") {
  auto [reader, writer] = must(make_pipe());
  std::string into(4, '\0');
  const auto got = reader.read_some(into, deadline::now());
  REQUIRE(got.has_error());
  CHECK(got.error().operation() == "pipe_reader::read_some");
  CHECK(got.error().object() == "(unnamed)");
  reader.close();
  const auto went = writer.write_all("text", 1s);
  REQUIRE(went.has_error());
  CHECK(went.error().operation() == "pipe_writer::write_all");
}

TEST_CASE("pipes leave nothing open behind them") {
  generator random(18);
  std::string into(4, '\0');
  const auto use = [&] {
    auto ends = must(make_pipe());
    must(ends.writer.write_all("text", 1s));
    CHECK(outcome(while_inside([&] { return ends.reader.read_exactly(into, 1s); }, [] {}, random, 0)) == success);
    auto cancelled = must(make_pipe());
    cancelled.reader.cancel();
    CHECK(outcome(cancelled.reader.read_some(into, 1s)) == errc::cancelled);
  };
  use();
  CHECK_FALSE(leaves_something(use, 100));
}

// Copies its standard input to its standard output through the library.
VIADUCT_ROLE(standard_copy, args) {
  auto input = must(standard_input());
  auto output = must(standard_output());
  std::string chunk(1000, '\0');
  for (;;) {
    const auto got = input.read_some(chunk, 8s);
    if (got.has_error()) {
      VIADUCT_INSIST(outcome(got) == errc::closed);
      return 0;
    }
    must(output.write_all(bytes(chunk).first(*got), 8s));
  }
}

TEST_CASE("the standard streams are pipe ends") {
  peer copy("standard_copy");
  for (const char* line : {"one", "two", "a somewhat longer line"}) {
    copy.say(line);
    copy.expect(line);
  }
  copy.hang_up();
  CHECK(copy.wait() == 0);
}

// Closes its ends; the streams themselves stay.
VIADUCT_ROLE(standard_close, args) {
  must(standard_output()).close();
  must(standard_input()).close();
  auto again = must(standard_output());
  must(again.write_all("still there\n", 1s));
  std::string into(4, '\0');
  auto input = must(standard_input());
  VIADUCT_INSIST(outcome(input.read_some(into, 5ms)) == errc::timed_out);
  return 0;
}

TEST_CASE("closing an end of a standard stream does not close the stream") {
  peer role("standard_close");
  role.expect("still there");
  CHECK(role.wait() == 0);
}

}  // namespace
}  // namespace viaduct::test
