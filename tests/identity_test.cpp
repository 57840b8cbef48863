// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Users, identities and permissions.
#include "viaduct/identity.hpp"

#include <chrono>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/permission.hpp"
#include "viaduct/user.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the current user is known and can be found by its id") {
  const user& me = user::current();
  REQUIRE_FALSE(me.is_unknown());
  CHECK_FALSE(me.id().empty());
  CHECK(me == user::current());
  CHECK(must(user::find(me.id())) == me);
  CHECK(user::from_id(me.id()) == me);
}

TEST_CASE("a user that does not exist is not_found") {
  for (const char* text : {"", "no such user, surely", "-1", "0x0", "99999999999999999999"}) {
    const auto found = user::find(text);
    CHECK(outcome(found) == errc::not_found);
    REQUIRE(found.has_error());
    CHECK(found.error().operation() == "user::find");
  }
}

TEST_CASE("an unknown user equals nobody, not even another unknown one") {
  CHECK(user::unknown().is_unknown());
  CHECK_FALSE(user::unknown() == user::current());
  CHECK_FALSE(user::unknown() == user::unknown());
  std::ostringstream printed;
  printed << user::unknown() << ' ' << user::from_id("4711");
  CHECK(printed.str() == "unknown 4711");
  CHECK(std::unordered_set<user>{user::from_id("1"), user::from_id("2"), user::from_id("1")}.size() == 2);
}

TEST_CASE("this process knows its own identity and program") {
  const identity self = identity::self();
  CHECK(self.process_id() == this_process_id());
  CHECK(self.user() == user::current());
  CHECK(std::filesystem::equivalent(must(self.executable()), this_program()));
}

VIADUCT_ROLE(idle, args) {
  role::say("ready");
  role::expect("leave");
  return 0;
}

TEST_CASE("a process is told from a later one by its start time") {
  peer first("idle");
  peer second("idle");
  first.expect("ready");
  const identity one(first.id(), user::current());
  const identity me(this_process_id(), user::current());
  const auto started = must(one.start_time());
  CHECK(must(one.start_time()) == started);
  CHECK(outcome(me.start_time()) == success);
  CHECK(must(one.executable()).filename() == this_program().filename());
}

TEST_CASE("a process that has gone is not_found") {
  peer gone("idle");
  const identity its(gone.id(), user::current());
  gone.kill();
  CHECK(gone.wait() == peer::killed);
  CHECK(outcome(its.start_time()) == errc::not_found);
  CHECK(outcome(its.executable()) == errc::not_found);
}

TEST_CASE("nobody established is process 0 and an unknown user") {
  const identity nobody = identity::unknown();
  CHECK(nobody.process_id() == 0);
  CHECK(nobody.user().is_unknown());
  CHECK(nobody.start_time().has_error());
}

outcome reachable(const permission& who) {
  named_pipe_options options;
  options.who = who;
  const std::string called = unique_name();
  auto listener = named_pipe_listener::create(called, framing::messages, options);
  if (listener.has_error()) return outcome(listener);
  auto client = must(named_pipe::connect(called, 8s));
  auto server = listener->accept(8s);
  if (server.has_error()) return outcome(server);
  must(client.send("in", 1s));
  std::string into(10, '\0');
  return outcome(server->receive(into, 8s));
}

TEST_CASE("the owner reaches a listener of every permission") {
  CHECK(reachable(permission::only_me()) == success);
  CHECK(reachable(permission::everyone()) == success);
  CHECK(reachable(permission::users({user::current()})) == success);
  CHECK(reachable(permission::users({})) == success);
  CHECK(reachable(permission::users({user::find("root").value_or(user::current())})) == success);
}

TEST_CASE("a group that does not exist is refused before anything is made") {
  const auto made = reachable(permission::group("no such group, surely"));
  if (capabilities().named_pipe.group_permission) {
    CHECK(made == errc::not_found);
  } else {
    CHECK(made == errc::not_supported);
  }
}

TEST_CASE("what a shared listener put where others look goes with it") {
  const std::string called = unique_name();
  named_pipe_options options;
  options.who = permission::everyone();
  {
    const auto listener = must(named_pipe_listener::create(called, framing::messages, options));
    CHECK(runtime_files(called).size() >= 2);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("a name of mine given as mine is the same name") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  auto client = must(named_pipe::connect(name::of(user::current(), called), 8s));
  CHECK(client.peer().user() == user::current());
  CHECK(outcome(named_pipe_listener::create(name::of(user::current(), called), framing::bytes)) ==
        errc::already_exists);
}

}  // namespace
}  // namespace viaduct::test
