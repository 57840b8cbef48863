// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call of every public function fails: the n-th, with each error it may really give, once and for ever.
// Nothing crashes, hangs or leaks; the error names operation and object; and when the fault has gone the object works, or
// says cleanly that it is closed.
#include <array>
#include <chrono>
#include <string>

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/connected.hpp"
#include "support/fault_scenarios.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

VIADUCT_ROLE(fault_child, args) { return 0; }

TEST_CASE("faults: make_pipe") {
  fail_each_call([](attempt& made) { (void)made([] { return make_pipe({.capacity = 4096}); }); });
}

TEST_CASE("faults: reading from a pipe") {
  fail_each_call([](attempt& made) {
    auto ends = must(make_pipe());
    must(ends.writer.write_all("hello", 1s));
    std::string into(5, '\0');
    (void)made([&] { return ends.reader.read_some(into, 30ms); });
    usable_or_closed(outcome(ends.reader.read_some(into, deadline::now())));
  });
}

TEST_CASE("faults: writing to a pipe") {
  fail_each_call([](attempt& made) {
    auto ends = must(make_pipe());
    (void)made([&] { return ends.writer.write_all("hello", 30ms); });
    usable_or_closed(outcome(ends.writer.write_all("again", 1s)));
  });
}

TEST_CASE("faults: creating a named one-way pipe, and the next create") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    {
      auto reader = made([&] { return pipe_reader::create(called); });
    }
    CHECK(outcome(pipe_reader::create(called)) == success);
  });
}

TEST_CASE("faults: opening a named one-way pipe") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto reader = must(pipe_reader::create(called));
    {
      auto writer = made([&] { return pipe_writer::open(called, 30ms); });
    }
    std::string into(1, '\0');
    (void)reader.read_some(into, deadline::now());
    CHECK(outcome(pipe_writer::open(called, 1s)) == success);
  });
}

TEST_CASE("faults: creating a listener, and the next create") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    {
      auto listener = made([&] { return named_pipe_listener::create(called, framing::messages); });
    }
    CHECK(outcome(named_pipe_listener::create(called, framing::messages)) == success);
  });
}

TEST_CASE("faults: connecting") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto listener = must(named_pipe_listener::create(called, framing::messages));
    {
      auto client = made([&] { return named_pipe::connect(called, 30ms); });
    }
    CHECK(outcome(named_pipe::connect(called, 1s)) == success);
  });
}

TEST_CASE("faults: accepting") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    auto listener = must(named_pipe_listener::create(called, framing::messages));
    auto client = must(named_pipe::connect(called, 1s));
    {
      auto server = made([&] { return listener.accept(30ms); });
    }
    auto another = must(named_pipe::connect(called, 1s));
    CHECK(outcome(listener.accept(1s)) == success);
  });
}

TEST_CASE("faults: sending and receiving a message") {
  for (const std::size_t size : {std::size_t{100}, std::size_t{10'000}}) {
    const std::string message(size, 'm');
    fail_each_call([&](attempt& made) {
      connected pair(framing::messages);
      (void)made([&] { return pair.client.send(message, 30ms); });
      usable_or_closed(outcome(pair.client.send(message, 1s)));
    });
    fail_each_call([&](attempt& made) {
      connected pair(framing::messages);
      must(pair.client.send(message, 1s));
      std::string into(size, '\0');
      const bool got = made([&] { return pair.server.receive(into, 30ms); }).has_value();
      const outcome later(pair.server.receive(into, deadline::now()));
      usable_or_closed(later);
      if (!got && later == success) CHECK(into == message);  // nothing was lost to the fault
    });
  }
}

TEST_CASE("faults: bytes over a connection") {
  fail_each_call([](attempt& made) {
    connected pair(framing::bytes);
    (void)made([&] { return pair.client.write_all("hello", 30ms); });
    usable_or_closed(outcome(pair.client.write_all("again", 1s)));
  });
  fail_each_call([](attempt& made) {
    connected pair(framing::bytes);
    must(pair.client.write_all("hello", 1s));
    std::string into(5, '\0');
    (void)made([&] { return pair.server.read_exactly(into, 30ms); });
    usable_or_closed(outcome(pair.server.read_some(into, deadline::now())));
  });
}

TEST_CASE("faults: a message with handles") {
  VIADUCT_NEEDS(capabilities().named_pipe.handle_passing != handle_passing::absent, "handle_passing");
  fail_each_call([](attempt& made) {
    auto carried = must(make_pipe());
    const std::array handles{carried.reader.native()};
    connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
    (void)made([&] { return pair.client.send("with a pipe", handles, 30ms); });
    usable_or_closed(outcome(pair.client.send("another", 1s)));
  });
  fail_each_call([](attempt& made) {
    auto carried = must(make_pipe());
    const std::array handles{carried.reader.native()};
    connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
    must(pair.client.send("with a pipe", handles, 1s));
    std::string into(100, '\0');
    (void)made([&] { return pair.server.receive_with_handles(into, 30ms); });
    usable_or_closed(outcome(pair.server.receive(into, deadline::now())));
  });
}

TEST_CASE("faults: shutdown_write, pairs and adoption") {
  fail_each_call([](attempt& made) {
    connected pair(framing::messages);
    (void)made([&] { return pair.client.shutdown_write(30ms); });
  });
  fail_each_call([](attempt& made) { (void)made([] { return make_named_pipe_pair(framing::messages); }); });
  fail_each_call([](attempt& made) {
    connected pair(framing::bytes);
    native_handle taken = must(pair.client.release());
    (void)made([&] { return named_pipe::adopt(std::move(taken), framing::bytes); });
  });
  fail_each_call([](attempt& made) {
    auto ends = must(make_pipe());
    native_handle taken = must(ends.reader.release());
    (void)made([&] { return pipe_reader::adopt(std::move(taken)); });
  });
}

TEST_CASE("faults: spawning a child with an endpoint") {
  fail_each_call([](attempt& made) {
    auto ends = must(make_pipe());
    auto child = made([&] {
      return try_spawn("fault_child", {},
                       {.endpoints = {{"frames", ends.reader.endpoint()}}, .standard_input = stdio::piped});
    });
    if (child.has_value()) {
      CHECK_FALSE(ends.reader.is_open());
      CHECK(outcome(child->wait(8s)) == success);
    } else {
      std::string into(1, '\0');
      CHECK(outcome(ends.reader.read_some(into, deadline::now())) == errc::timed_out);  // kept on failure
    }
  });
}

TEST_CASE("faults: waiting for a child and stopping it") {
  fail_each_call([](attempt& made) {
    auto child = spawn_role("fault_child");
    (void)made([&] { return child.wait(8s); });
    usable_or_closed(outcome(child.wait(8s)) == errc::not_found ? outcome(result<void>()) : outcome(child.wait(8s)));
  });
  fail_each_call([](attempt& made) {
    auto child = spawn_role("fault_child");
    (void)made([&] { return child.kill(); });
  });
}

TEST_CASE("faults: duplicating a handle") {
  fail_each_call([](attempt& made) {
    auto ends = must(make_pipe());
    const native_handle taken = must(ends.reader.release());
    auto copy = made([&]() -> result<native_handle> {
      auto twice = taken.duplicate();
      if (twice.has_error()) return std::move(twice.error().on(std::make_shared<const std::string>("(handle)")));
      return twice;
    });
  });
}

}  // namespace
}  // namespace viaduct::test
