// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call of every public function fails: the n-th, with each error it may really give, once and for ever.
// Nothing crashes, hangs or leaks; the error names operation and object; and when the fault has gone the object works, or
// says cleanly that it is closed.
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/connected.hpp"
#include "support/faults.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

VIADUCT_ROLE(fault_child, args) { return 0; }

/// One public function: `act` calls it, with the seam armed only around the call.
struct attempt {
  seam_watch::decision decide;
  std::size_t calls = 0;
  std::optional<error> failure;

  template <class Call>
  auto operator()(Call&& call) {
    seam_watch watch(decide);
    auto got = call();
    watch.stop();
    calls = watch.calls();
    if (got.has_error()) failure = got.error();
    return got;
  }
};

using scenario = std::function<void(attempt&)>;

/// What may be said afterwards by an object that a fault has hit.
void usable_or_closed(const outcome& later) {
  const bool clean = later == success || later == errc::closed || later == errc::peer_died ||
                     later == errc::timed_out || later == errc::peer_corrupt;
  CAPTURE(later);
  CHECK(clean);
}

void check_error(const attempt& made) {
  if (!made.failure) return;
  CAPTURE(made.failure->message());
  CHECK_FALSE(made.failure->operation().empty());
  CHECK_FALSE(made.failure->object().empty());
  CHECK_FALSE(to_string(made.failure->code()) == "unknown");
}

/// The system calls a scenario makes when nothing fails.
std::vector<std::string> calls_of(const scenario& play) {
  std::vector<std::string> names;
  attempt made{[&](std::size_t, const char* call) {
                 names.emplace_back(call);
                 return 0;
               },
               0, std::nullopt};
  play(made);
  REQUIRE_FALSE(made.failure.has_value());
  return names;
}

void fail_each_of(const std::vector<std::string>& names, const scenario& play) {
  for (std::size_t number = 1; number <= names.size(); ++number) {
    for (const int code : plausible_errors(names[number - 1].c_str())) {
      for (const bool for_ever : {false, true}) {
        CAPTURE(number, names[number - 1], code, for_ever);
        attempt made{[&](std::size_t at, const char* call) {
                       const bool hit = at == number || (for_ever && at > number && names[number - 1] == call);
                       return hit ? code : 0;
                     },
                     0, std::nullopt};
        play(made);
        check_error(made);
      }
    }
  }
}

void fail_each_call(const scenario& play) {
  time_limit(120s);
  (void)calls_of(play);  // what is made once and kept (directories, tables) is there before the audit
  const std::vector<std::string> names = calls_of(play);
  REQUIRE_FALSE(names.empty());
  CHECK_FALSE(leaves_something([&] { fail_each_of(names, play); }, 1));
}

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
