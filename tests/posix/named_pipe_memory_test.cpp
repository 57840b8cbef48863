// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles that arrive while this process has no memory: nothing of the stream is lost unless receiving ends, and no
// descriptor is left behind.
#include <chrono>
#include <new>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/memory.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

struct handle_line {
  handle_line() : ends(must(make_named_pipe_pair(framing::messages, accepting()))), pipe(must(make_pipe())) {}

  static named_pipe_options accepting() {
    named_pipe_options options;
    options.accept_handles = true;
    return options;
  }
  void send(const std::string& text, std::size_t count) {
    must(ends.first.send(text, std::vector<native_view>(count, pipe.writer.native()), 8s));
  }
  result<received_handles> receive() { return ends.second.receive_with_handles(into, 8s); }
  /// Whether any writing end is left, once both ends of the connection have gone.
  bool is_whole() {
    ends.first.close();
    ends.second.close();
    pipe.writer.close();
    std::byte one{};
    return outcome(pipe.reader.read_some({&one, 1}, 8s)) == errc::closed;
  }

  named_pipe_pair ends;
  pipe_pair pipe;
  std::string into = std::string(100, '\0');
};

TEST_CASE("handles that come while there is no memory for them are still there afterwards") {
  handle_line line;
  line.send("first", 16);
  line.send("second", 3);
  {
    const scarce_memory none(1);
    CHECK_THROWS_AS(line.receive(), std::bad_alloc);
  }
  for (const std::size_t count : {16U, 3U}) {
    const auto got = line.receive();
    REQUIRE(outcome(got) == success);
    CHECK(got->handles.size() == count);
  }
  CHECK(line.is_whole());
}

TEST_CASE("a message whose handles cannot be handed out for want of memory ends receiving, and leaves none behind") {
  handle_line line;
  line.send("first", 16);
  CHECK(outcome(line.receive()) == success);
  line.send("second", 16);
  line.send("third", 2);
  {
    const scarce_memory none(1);
    CHECK_THROWS_AS(line.receive(), std::bad_alloc);
  }
  CHECK(outcome(line.receive()) == errc::no_space);
  CHECK(outcome(line.receive()) == errc::no_space);
  CHECK(line.is_whole());
}

TEST_CASE("whatever allocation fails, no handle goes to another message and none is left behind") {
  for (std::size_t smallest = 1; smallest <= 8192; smallest *= 2) {
    INFO("none of " << smallest << " bytes or more");
    handle_line line;
    for (const std::size_t count : {1U, 16U, 5U}) line.send(std::to_string(count), count);
    for (int round = 0; round < 3; ++round) {
      try {
        const scarce_memory none(smallest);
        const auto got = line.receive();
        if (!got) break;
        if (std::to_string(got->handles.size()) != line.into.substr(0, got->size)) throw std::runtime_error("mixed up");
      } catch (const std::bad_alloc&) {
      }
    }
    CHECK(line.is_whole());
  }
}

}  // namespace
}  // namespace viaduct::test
