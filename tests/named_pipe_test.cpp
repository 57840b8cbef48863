// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Named pipes: names, listeners, connecting, contract and identity. The two framings have files of their own.
#include "viaduct/named_pipe.hpp"

#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/capabilities.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<named_pipe> && std::is_nothrow_move_constructible_v<named_pipe>);
static_assert(!std::is_copy_constructible_v<named_pipe_listener>);
static_assert(std::is_nothrow_move_assignable_v<named_pipe_listener>);

// Listens, and says what it gets, until it is told to leave or killed.
VIADUCT_ROLE(listener, args) {
  auto listening = must(named_pipe_listener::create(args.at(0), framing::messages));
  role::say("listening");
  std::string word;
  while (role::hear(word) && word == "accept") {
    auto connection = must(listening.accept(8s));
    role::say(std::to_string(connection.peer().process_id()) + " " + connection.peer().user().id());
    must(connection.send("welcome", 8s));
    std::string into(100, '\0');
    role::say(std::string(to_string(outcome_code(connection.receive(into, 8s)))));
  }
  return 0;
}

TEST_CASE("both ends know who the other is") {
  const std::string called = unique_name();
  peer server("listener", {called});
  server.expect("listening");
  server.say("accept");
  auto client = must(named_pipe::connect(called, 8s));
  CHECK(client.peer().process_id() == server.id());
  CHECK(client.peer().user() == user::current());
  server.expect(std::to_string(this_process_id()) + " " + user::current().id());
  CHECK(receive_text(client) == "welcome");
  client.close();
  server.expect("closed");
}

TEST_CASE("a peer can be looked up while it lives") {
  const connected made(framing::bytes);
  const identity& peer = made.client.peer();
  CHECK(outcome(peer.start_time()) == success);
  const auto program = peer.executable();
  REQUIRE(outcome(program) == success);
  CHECK(program->filename() == this_program().filename());
  std::ostringstream printed;
  printed << peer;
  CHECK(printed.str().find(std::to_string(this_process_id())) != std::string::npos);
}

TEST_CASE("a server of another user than the one required is wrong_peer") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  connect_options options;
  options.server = stranger();
  CHECK(outcome(named_pipe::connect(called, 1s, options)) == errc::wrong_peer);
  options.server = user::unknown();
  const auto refused = named_pipe::connect(called, 1s, options);
  CHECK(outcome(refused) == errc::wrong_peer);
  CHECK(refused.error().hint().find("user::unknown()") != std::string::npos);
  options.server = user::current();
  CHECK(outcome(named_pipe::connect(called, 1s, options)) == success);
}

TEST_CASE("the most common errors say what is usually behind them") {
  const auto nobody = named_pipe::connect(unique_name(), deadline::now());
  REQUIRE(outcome(nobody) == errc::not_found);
  CHECK(nobody.error().hint().find("nobody listens under this name") == 0);
  connected made(framing::bytes);
  std::string into(4, '\0');
  made.server.close();
  CHECK(made.server.read_some(into, 1s).error().hint().find("this object was closed") == 0);
  CHECK(made.client.read_some(into, 1s).error().hint().find("the other end") == 0);
}

TEST_CASE("who may connect is said in a way that makes sense") {
  const auto create = [](permission who) {
    return outcome(named_pipe_listener::create(unique_name(), framing::bytes, {.who = std::move(who)}));
  };
  CHECK(create(permission::users({user::current(), user::unknown()})) == errc::invalid_argument);
  CHECK(create(permission::group("")) == errc::invalid_argument);
}

TEST_CASE("expecting another framing than the listener's is layout_mismatch") {
  for (const auto& [spoken, expected] :
       {std::pair(framing::bytes, framing::messages), std::pair(framing::messages, framing::bytes)}) {
    const std::string called = unique_name();
    auto listener = must(named_pipe_listener::create(called, spoken));
    connect_options options;
    options.framing = expected;
    CHECK(outcome(named_pipe::connect(called, 1s, options)) == errc::layout_mismatch);
    CHECK(outcome(listener.accept(5ms)) == errc::timed_out);  // nobody came
    options.framing = spoken;
    CHECK(outcome(named_pipe::connect(called, 1s, options)) == success);
  }
}

TEST_CASE("the contract is the listener's") {
  named_pipe_options options;
  options.max_message = 1234;
  connected made(framing::messages, options);
  CHECK(made.client.framing() == framing::messages);
  CHECK(made.client.max_message() == 1234);
  CHECK(made.server.max_message() == 1234);
  CHECK(outcome(made.client.send(content(1234, 1), 1s)) == success);
  CHECK(outcome(made.client.send(content(1235, 1), 1s)) == errc::message_too_large);
  CHECK(connected(framing::bytes).client.framing() == framing::bytes);
}

TEST_CASE("options that make no sense are invalid_argument") {
  const auto create = [](framing how, auto change) {
    named_pipe_options options;
    change(options);
    return outcome(named_pipe_listener::create(unique_name(), how, options));
  };
  using options = named_pipe_options;
  CHECK(create(framing::messages, [](options& o) { o.max_message = 0; }) == errc::invalid_argument);
  CHECK(create(framing::messages, [](options& o) { o.max_message = (std::size_t{1} << 30) + 1; }) ==
        errc::invalid_argument);
  CHECK(create(framing::messages, [](options& o) { o.max_message = std::size_t{1} << 30; }) == success);
  CHECK(create(framing::messages, [](options& o) { o.max_message = 1; }) == success);
  CHECK(create(framing::messages, [](options& o) { o.backlog = 0; }) == errc::invalid_argument);
  CHECK(create(framing::messages, [](options& o) { o.backlog = 4097; }) == errc::invalid_argument);
  CHECK(create(framing::messages, [](options& o) { o.backlog = 4096; }) == success);
  CHECK(create(framing::bytes, [](options& o) { o.accept_handles = true; }) == errc::invalid_argument);
  CHECK(create(static_cast<framing>(0), [](options&) {}) == errc::invalid_argument);
  CHECK(create(static_cast<framing>(3), [](options&) {}) == errc::invalid_argument);
}

TEST_CASE("connecting waits for a listener that appears later") {
  generator random(1);
  for (int count = 0; count < 30; ++count) {
    const std::string called = unique_name();
    std::optional<named_pipe_listener> listener;
    auto client =
        while_inside([&] { return named_pipe::connect(called, 8s); },
                     [&] { listener = must(named_pipe_listener::create(called, framing::messages)); }, random, 3000);
    REQUIRE(outcome(client) == success);
    auto server = must(listener->accept(8s));
    must(client->send("hello", 1s));
    REQUIRE(receive_text(server) == "hello");
  }
}

TEST_CASE("connecting to a name nobody listens on is not_found at the deadline, not before") {
  const std::string called = unique_name();
  for (const deadline past : past_deadlines()) CHECK(outcome(named_pipe::connect(called, past)) == errc::not_found);
  CHECK(time_of([&] { CHECK(outcome(named_pipe::connect(called, 30ms)) == errc::not_found); }) >= 30ms);
}

TEST_CASE("a full backlog is waited for, and is timed_out at the deadline") {
  const std::string called = unique_name();
  named_pipe_options options;
  options.backlog = 1;
  auto listener = must(named_pipe_listener::create(called, framing::messages, options));
  std::vector<named_pipe> waiting;
  for (;;) {
    auto client = named_pipe::connect(called, 20ms);
    if (client.has_error()) {
      REQUIRE(outcome(client) == errc::timed_out);
      break;
    }
    waiting.push_back(std::move(*client));
    REQUIRE(waiting.size() < 100);
  }
  generator random(2);
  std::vector<named_pipe> accepted;
  const auto late = while_inside([&] { return named_pipe::connect(called, 8s); },
                                 [&] {
                                   for (std::size_t at = 0; at <= waiting.size(); ++at)
                                     accepted.push_back(must(listener.accept(8s)));
                                 },
                                 random);
  CHECK(outcome(late) == success);
}

TEST_CASE("accept times out, never early, and the listener is as before") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::bytes));
  for (const deadline past : past_deadlines()) CHECK(outcome(listener.accept(past)) == errc::timed_out);
  CHECK(time_of([&] { CHECK(outcome(listener.accept(30ms)) == errc::timed_out); }) >= 30ms);
  generator random(3);
  for (const deadline patience : endless_deadlines()) {
    std::optional<named_pipe> client;
    CHECK(outcome(while_inside([&] { return listener.accept(patience); },
                               [&] { client = must(named_pipe::connect(called, 8s)); }, random)) == success);
  }
}

TEST_CASE("a name that is taken is already_exists, and the hint has the owner's process") {
  const std::string called = unique_name();
  peer owner("listener", {called});
  owner.expect("listening");
  const auto refused = named_pipe_listener::create(called, framing::bytes);
  REQUIRE(outcome(refused) == errc::already_exists);
  CHECK(refused.error().hint().find(std::to_string(owner.id())) != std::string::npos);
  CHECK(refused.error().operation() == "named_pipe_listener::create");
  CHECK(refused.error().object() == called);
}

TEST_CASE("a killed listener gives its name free: the next create succeeds at the first try") {
  const std::string called = unique_name();
  for (int count = 0; count < 10; ++count) {
    peer owner("listener", {called});
    owner.expect("listening");
    owner.kill();
    CHECK(owner.wait() == peer::killed);
    CHECK(outcome(named_pipe::connect(called, deadline::now())) == errc::not_found);
    REQUIRE(outcome(named_pipe_listener::create(called, framing::messages)) == success);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("a takeover reaches new clients, also those that wait already") {
  const std::string called = unique_name();
  peer owner("listener", {called});
  owner.expect("listening");
  owner.kill();
  CHECK(owner.wait() == peer::killed);
  generator random(4);
  std::optional<named_pipe_listener> next;
  auto client =
      while_inside([&] { return named_pipe::connect(called, 8s); },
                   [&] { next = must(named_pipe_listener::create(called, framing::messages)); }, random, 3000);
  REQUIRE(outcome(client) == success);
  auto server = must(next->accept(8s));
  must(server.send("new owner", 1s));
  CHECK(receive_text(*client) == "new owner");
}

TEST_CASE("closing a listener frees its name, and those not accepted see the end") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::bytes));
  auto waiting = must(named_pipe::connect(called, 8s));
  listener.close();
  std::byte one{};
  CHECK(outcome(waiting.read_some({&one, 1}, 8s)) == errc::closed);
  CHECK(outcome(named_pipe::connect(called, deadline::now())) == errc::not_found);
  CHECK(outcome(named_pipe_listener::create(called, framing::bytes)) == success);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("connections outlive their listener") {
  connected made(framing::messages);
  made.listener.close();
  must(made.client.send("still here", 1s));
  CHECK(receive_text(made.server) == "still here");
}

TEST_CASE("cancel ends a blocked accept at any instant, for good") {
  generator random(5);
  for (int count = 0; count < rounds(200, 10'000); ++count) {
    auto listener = must(named_pipe_listener::create(unique_name(), framing::messages));
    REQUIRE(outcome(while_inside([&] { return listener.accept(8s); }, [&] { listener.cancel(); }, random)) ==
            errc::cancelled);
    REQUIRE(outcome(listener.accept(deadline::now())) == errc::cancelled);
    listener.close();
    REQUIRE(outcome(listener.accept(1s)) == errc::closed);
  }
}

TEST_CASE("several threads accept, and cancel wakes them all") {
  auto listener = must(named_pipe_listener::create(unique_name(), framing::messages));
  std::vector<outcome> ends(4, outcome(result<void>()));
  {
    std::vector<std::unique_ptr<companion>> threads;
    for (outcome& end : ends)
      threads.push_back(std::make_unique<companion>([&] { end = outcome(listener.accept(8s)); }));
    listener.cancel();
  }
  for (const outcome& end : ends) CHECK(end == errc::cancelled);
}

TEST_CASE("after close, and after a move, a listener says closed") {
  auto first = must(named_pipe_listener::create(unique_name(), framing::bytes));
  named_pipe_listener second = std::move(first);
  const auto check = [](named_pipe_listener& gone) {
    CHECK_FALSE(gone.is_open());
    CHECK(outcome(gone.accept(1s)) == errc::closed);
    CHECK(outcome(gone.release()) == errc::closed);
    CHECK_FALSE(gone.native().is_valid());
    CHECK(gone.native_name().empty());
    gone.cancel();
    gone.close();
  };
  check(first);  // NOLINT(bugprone-use-after-move): that is the promise
  CHECK(second.is_open());
  CHECK_FALSE(second.native_name().empty());
  second.close();
  check(second);
}

TEST_CASE("a listener can be given away and taken over again") {
  VIADUCT_NEEDS(capabilities().named_pipe.adopt_listener, "named_pipe.adopt_listener");
  const std::string called = unique_name();
  auto first = must(named_pipe_listener::create(called, framing::messages));
  native_handle handle = must(first.release());
  CHECK(outcome(named_pipe::connect(called, deadline::now())) == errc::not_found);  // the name ended
  auto second = must(named_pipe_listener::adopt(std::move(handle), framing::messages));
  CHECK(outcome(second.accept(5ms)) == errc::timed_out);
  CHECK(outcome(named_pipe_listener::adopt(native_handle(), framing::bytes)) == errc::invalid_argument);
}

TEST_CASE("a native name needs the framing said, and is then connected as it is") {
  connect_options options;
  for (const framing how : {framing::bytes, framing::messages}) {
    if (how == framing::messages && !capabilities().named_pipe.native_messages) continue;  // a capability test says so
    auto listener = must(named_pipe_listener::create(unique_name(), how));
    const name native = name::native(listener.native_name());
    options.framing.reset();
    CHECK(outcome(named_pipe::connect(native, 1s, options)) == errc::invalid_argument);
    options.framing = how;
    auto client = must(named_pipe::connect(native, 8s, options));
    auto server = must(listener.accept(8s));
    CHECK(server.peer().user() == user::current());
    std::string into(4, '\0');
    if (how == framing::bytes) {
      must(client.write_all("text", 1s));
      CHECK(outcome(server.read_exactly(into, 8s)) == success);
    } else {
      must(client.send("text", 1s));
      CHECK(outcome(server.receive(into, 8s)) == success);
    }
    CHECK(into == "text");
  }
}

TEST_CASE("the framing prints as a word") {
  std::ostringstream printed;
  printed << framing::bytes << ' ' << framing::messages;
  CHECK(printed.str() == "bytes messages");
}

TEST_CASE("an unnamed pair is connected with itself, under the same promises") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  must(pair.first.send("to second", 1s));
  must(pair.second.send("to first", 1s));
  CHECK(receive_text(pair.second) == "to second");
  CHECK(receive_text(pair.first) == "to first");
  CHECK(pair.first.peer().user() == user::current());
  CHECK(pair.second.peer().process_id() == this_process_id());
  named_pipe_options bad;
  bad.max_message = 0;
  CHECK(outcome(make_named_pipe_pair(framing::messages, bad)) == errc::invalid_argument);
}

TEST_CASE("listeners and connections leave nothing behind them") {
  const auto use = [] {
    connected made(framing::messages);
    must(made.client.send("text", 1s));
    CHECK(receive_text(made.server) == "text");
    CHECK(outcome(made.listener.accept(1ms)) == errc::timed_out);
    CHECK(outcome(named_pipe::connect(unique_name(), 2ms)) == errc::not_found);
    return made.called;
  };
  CHECK(runtime_files(use()).empty());
  CHECK_FALSE(leaves_something([&] { CHECK(runtime_files(use()).empty()); }, 30));
}

}  // namespace
}  // namespace viaduct::test
