// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles that travel with messages.
#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/peer.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

#define NEEDS_HANDLES() \
  VIADUCT_NEEDS(capabilities().named_pipe.handle_passing != handle_passing::absent, "named_pipe.handle_passing")

named_pipe_options open_listener() {
  named_pipe_options options;
  options.accept_handles = true;
  return options;
}

connect_options open_client() {
  connect_options options;
  options.accept_handles = true;
  return options;
}

// Writes its number through each pipe it gets.
VIADUCT_ROLE(handle_user, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s, open_client()));
  std::string into(100, '\0');
  for (;;) {
    auto got = connection.receive_with_handles(into, 8s);
    if (got.has_error()) return 0;
    for (std::size_t at = 0; at < got->handles.size(); ++at) {
      auto writer = must(pipe_writer::adopt(std::move(got->handles[at])));
      must(writer.write_all(into.substr(0, got->size) + " " + std::to_string(at), 8s));
    }
    must(connection.send(std::to_string(got->handles.size()), 8s));
  }
}

TEST_CASE("handles arrive usable in another process, in order, up to 16 with one message") {
  NEEDS_HANDLES();
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages, open_listener()));
  peer user("handle_user", {called});
  auto server = must(listener.accept(8s));
  for (const std::size_t count : {1U, 3U, 16U}) {
    std::vector<pipe_pair> pipes;
    std::vector<native_view> handles;
    for (std::size_t at = 0; at < count; ++at) {
      pipes.push_back(must(make_pipe()));
      handles.push_back(pipes.back().writer.native());
    }
    must(server.send("number", handles, 8s));
    CHECK(receive_text(server) == std::to_string(count));
    for (std::size_t at = 0; at < count; ++at) {
      pipes[at].writer.close();
      const std::string expected = "number " + std::to_string(at);
      std::string got(expected.size(), '\0');
      CHECK(outcome(pipes[at].reader.read_exactly(got, 8s)) == success);
      CHECK(got == expected);
      CHECK(outcome(pipes[at].reader.read_exactly(got, 8s)) == errc::closed);  // no copy is left anywhere
    }
  }
  server.close();
  CHECK(user.wait() == 0);
}

TEST_CASE("the sender keeps its own handles") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener(), open_client());
  auto pipe = must(make_pipe());
  const std::array<native_view, 1> handles{pipe.writer.native()};
  must(made.client.send("x", handles, 1s));
  std::string into(10, '\0');
  auto got = must(made.server.receive_with_handles(into, 8s));
  REQUIRE(got.handles.size() == 1);
  CHECK(got.size == 1);
  must(pipe.writer.write_all("mine", 1s));
  must(must(pipe_writer::adopt(std::move(got.handles[0]))).write_all("yours", 1s));
  std::string text(9, '\0');
  CHECK(outcome(pipe.reader.read_exactly(text, 1s)) == success);
  CHECK(text == "mineyours");
}

TEST_CASE("more than 16 handles, or one that is none, are invalid_argument and nothing is sent") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener(), open_client());
  auto pipe = must(make_pipe());
  const std::vector<native_view> seventeen(17, pipe.writer.native());
  CHECK(outcome(made.client.send("x", seventeen, 1s)) == errc::invalid_argument);
  const std::array<native_view, 2> with_none{pipe.writer.native(), native_view()};
  CHECK(outcome(made.client.send("x", with_none, 1s)) == errc::invalid_argument);
  std::string into(10, '\0');
  CHECK(outcome(made.server.receive(into, 5ms)) == errc::timed_out);
  must(made.client.send("all well", 1s));
  CHECK(receive_text(made.server) == "all well");
}

TEST_CASE("an end that did not opt in cannot send handles, and goes on without") {
  connected made(framing::messages);
  auto pipe = must(make_pipe());
  const std::array<native_view, 1> handles{pipe.writer.native()};
  CHECK(outcome(made.client.send("x", handles, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.server.send("x", handles, 1s)) == errc::invalid_argument);
  CHECK(outcome(made.client.send("x", std::span<const native_view>(), 1s)) == success);  // none are none
  CHECK(receive_text(made.server) == "x");
}

TEST_CASE("a client cannot opt in where the listener did not") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  CHECK(outcome(named_pipe::connect(called, 1s, open_client())) == errc::layout_mismatch);
  CHECK(outcome(listener.accept(5ms)) == errc::timed_out);  // nobody came
}

TEST_CASE("handles for an end that did not opt in never arrive") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener());
  auto pipe = must(make_pipe());
  const std::array<native_view, 1> handles{pipe.writer.native()};
  const auto sent = made.server.send("x", handles, 1s);
  std::string into(10, '\0');
  pipe.writer.close();
  if (sent.has_error()) {  // where the system tells the sender
    CHECK(outcome(sent) == errc::access_denied);
    CHECK(outcome(sent).size() == 0);
    CHECK(sent.error().hint().find("accept_handles") != std::string::npos);
    must(made.server.send("without", 1s));
    CHECK(receive_text(made.client) == "without");
  } else {
    CHECK(outcome(made.client.receive(into, 8s)) == errc::peer_corrupt);
    CHECK(outcome(made.client.receive(into, 8s)) == errc::peer_corrupt);
  }
  made.client.close();
  made.server.close();  // what a receiver refuses, some systems keep in the sender until its end is closed
  CHECK(outcome(pipe.reader.read_some(into, 8s)) == errc::closed);
}

TEST_CASE("plain receive closes the handles that came") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener(), open_client());
  auto pipe = must(make_pipe());
  const std::array<native_view, 2> handles{pipe.writer.native(), pipe.writer.native()};
  must(made.client.send("x", handles, 1s));
  pipe.writer.close();
  CHECK(receive_text(made.server) == "x");
  std::string into(10, '\0');
  CHECK(outcome(pipe.reader.read_some(into, 8s)) == errc::closed);
}

TEST_CASE("handles stay with their message among others, small, empty and large") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener(), open_client());
  auto pipe = must(make_pipe());
  const std::vector<native_view> handles(16, pipe.writer.native());
  const std::size_t sizes[] = {5, 0, 100'000, 1, 5000};
  companion sender([&] {
    for (std::size_t number = 0; number < 60; ++number) {
      const auto message = content(sizes[number % 5], number);
      must(made.client.send(message, std::span(handles).first(number % 17), 8s));
    }
  });
  std::vector<std::byte> into(100'000);
  for (std::size_t number = 0; number < 60; ++number) {
    const auto got = must(made.server.receive_with_handles(into, 8s));
    REQUIRE(got.size == sizes[number % 5]);
    REQUIRE(got.handles.size() == number % 17);
    REQUIRE(checksum(buffer(into).first(got.size)) == checksum(content(sizes[number % 5], number)));
    for (const native_handle& handle : got.handles) REQUIRE(handle.is_valid());
  }
}

TEST_CASE("a buffer that is too small keeps message and handles together") {
  NEEDS_HANDLES();
  connected made(framing::messages, open_listener(), open_client());
  auto pipe = must(make_pipe());
  const std::array<native_view, 1> handles{pipe.writer.native()};
  must(made.client.send("0123456789", handles, 1s));
  std::string into(10, '\0');
  const auto refused = made.server.receive_with_handles(buffer(into).first(3), 8s);
  CHECK(outcome(refused) == errc::buffer_too_small);
  CHECK(outcome(refused).size() == 10);
  const auto got = must(made.server.receive_with_handles(into, 8s));
  CHECK(got.size == 10);
  CHECK(got.handles.size() == 1);
}

TEST_CASE("an unnamed pair carries handles when it is told to") {
  NEEDS_HANDLES();
  auto pair = must(make_named_pipe_pair(framing::messages, open_listener()));
  auto pipe = must(make_pipe());
  const std::array<native_view, 1> handles{pipe.reader.native()};
  must(pair.first.send("reader", handles, 1s));
  std::string into(10, '\0');
  auto got = must(pair.second.receive_with_handles(into, 8s));
  REQUIRE(got.handles.size() == 1);
  auto reader = must(pipe_reader::adopt(std::move(got.handles[0])));
  must(pipe.writer.write_all("text", 1s));
  std::string text(4, '\0');
  CHECK(outcome(reader.read_exactly(text, 1s)) == success);
}

TEST_CASE("handles that are never collected leave nothing open") {
  NEEDS_HANDLES();
  const auto use = [] {
    auto pair = must(make_named_pipe_pair(framing::messages, open_listener()));
    auto pipe = must(make_pipe());
    const std::vector<native_view> handles(16, pipe.reader.native());
    for (int count = 0; count < 5; ++count) must(pair.first.send("x", handles, 1s));
    CHECK(receive_text(pair.second) == "x");
    std::string into(10, '\0');
    CHECK(must(pair.second.receive_with_handles(into, 1s)).handles.size() == 16);
  };
  use();
  const leak_audit audit;
  for (int count = 0; count < 20; ++count) use();
  // On some systems a pool of threads closes the last ones, also those of before the audit. One left by each use would show.
  while (audit.leaked_handles() > 0) std::this_thread::yield();
  CHECK(audit.leaked_handles() <= 0);
}

}  // namespace
}  // namespace viaduct::test
