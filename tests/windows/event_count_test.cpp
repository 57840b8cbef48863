// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Bells: events by name, with which every waiter of an event count is woken here.
#include "windows/event_count.hpp"

#include <chrono>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/plain_object.hpp"
#include "support/watchdog.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::bell;
using backend::bell_name;
using backend::entry;
using backend::wait_canceller;
namespace system_calls = viaduct::windows::system;

namespace {

entry some_entry() {
  return must(entry::create(plain_request(unique_name(), lifetime::users), plain_builder("bells")));
}

/// Of an object that no other test has.
bell_name some_bell() {
  std::uint64_t object = 0;
  must(system_calls::random(buffer(&object, sizeof object)));
  return {object, 3, 1};
}

std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 5s; }
std::chrono::steady_clock::time_point at_once() { return std::chrono::steady_clock::now(); }

arguments as_text(const bell_name& what) {
  return {std::to_string(what.object), std::to_string(what.cell), std::to_string(what.generation)};
}
bell_name from_text(const arguments& args) {
  return {std::stoull(args.at(0)), static_cast<std::uint32_t>(std::stoul(args.at(1))), std::stoull(args.at(2))};
}

}  // namespace

VIADUCT_ROLE(ringer, args) {
  const entry owner = some_entry();
  role::say("ready");
  for (std::string line; role::hear(line);) role::say(backend::ring_bell(owner, from_text(args)) ? "rung" : "nobody");
  return 0;
}

VIADUCT_ROLE(sleeper, args) {
  const entry owner = some_entry();
  const auto mine = must(bell::make(owner, from_text(args)));
  role::say("hung");
  for (;;) {
    VIADUCT_INSIST(must(mine->wait(std::nullopt, nullptr)));
    role::say("heard");
  }
}

TEST_CASE("bell: rung before the wait, once") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  CHECK_FALSE(backend::has_address_waits());
  CHECK_FALSE(backend::ring_bell(owner, called));
  const auto mine = must(bell::make(owner, called));
  CHECK_FALSE(must(mine->wait(at_once(), nullptr)));
  for (int count = 0; count < 3; ++count) CHECK(backend::ring_bell(owner, called));
  CHECK(must(mine->wait(std::nullopt, nullptr)));
  CHECK_FALSE(must(mine->wait(at_once(), nullptr)));
}

TEST_CASE("bell: waits until its deadline") {
  const entry owner = some_entry();
  const auto mine = must(bell::make(owner, some_bell()));
  const auto stop = must(wait_canceller::make());
  for (wait_canceller* canceller : {static_cast<wait_canceller*>(nullptr), stop.get()}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(must(mine->wait(begin + 20ms, canceller)));
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  }
}

TEST_CASE("bell: rung while it is waited for") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  const auto mine = must(bell::make(owner, called));
  const auto stop = must(wait_canceller::make());
  generator random(3);
  for (int round = 0; round < rounds(50, 1000); ++round) {
    wait_canceller* const canceller = round % 2 == 0 ? stop.get() : nullptr;
    CHECK(must(while_inside([&] { return mine->wait(soon(), canceller); },
                            [&] { CHECK(backend::ring_bell(owner, called)); }, random)));
  }
}

TEST_CASE("bell: each is its own") {
  const entry owner = some_entry();
  const bell_name first = some_bell();
  const auto mine = must(bell::make(owner, first));
  std::vector<std::unique_ptr<bell>> others;
  for (bell_name other : {bell_name{first.object + 1, first.cell, first.generation},
                          bell_name{first.object, first.cell + 1, first.generation},
                          bell_name{first.object, first.cell, first.generation + 1}}) {
    CHECK_FALSE(backend::ring_bell(owner, other));
    others.push_back(must(bell::make(owner, other)));
    CHECK(backend::ring_bell(owner, other));
    CHECK(must(others.back()->wait(at_once(), nullptr)));
    CHECK_FALSE(must(mine->wait(at_once(), nullptr)));
  }
}

TEST_CASE("bell: rung by another process") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  const auto mine = must(bell::make(owner, called));
  peer other("ringer", as_text(called));
  other.expect("ready");
  for (int round = 0; round < 20; ++round) {
    other.say("ring");
    CHECK(must(mine->wait(soon(), nullptr)));
    other.expect("rung");
  }
}

TEST_CASE("bell: cancelled before and in the wait, for good") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  const auto mine = must(bell::make(owner, called));
  generator random(4);
  for (int round = 0; round < rounds(20, 300); ++round) {
    const auto stop = must(wait_canceller::make());
    CHECK_FALSE(stop->is_cancelled());
    const auto waited =
        while_inside([&] { return mine->wait(std::nullopt, stop.get()); }, [&] { stop->cancel(); }, random);
    CHECK(outcome(waited) == errc::cancelled);
    CHECK(stop->is_cancelled());
    CHECK(outcome(mine->wait(soon(), stop.get())) == errc::cancelled);
  }
  // The ringing is left for another wait.
  const auto stop = must(wait_canceller::make());
  stop->cancel();
  CHECK(backend::ring_bell(owner, called));
  CHECK(outcome(mine->wait(soon(), stop.get())) == errc::cancelled);
  CHECK(must(mine->wait(at_once(), nullptr)));
}

TEST_CASE("bell: goes with its waiter, killed or not") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  must(bell::make(owner, called)).reset();
  CHECK_FALSE(backend::ring_bell(owner, called));
  for (int round = 0; round < 3; ++round) {
    peer other("sleeper", as_text(called));
    other.expect("hung");
    CHECK(outcome(bell::make(owner, called)) == errc::already_exists);
    CHECK(backend::ring_bell(owner, called));
    other.expect("heard");
    other.kill();
    CHECK(other.wait() == peer::killed);
    CHECK_FALSE(backend::ring_bell(owner, called));
    backend::remove_bell(owner, called);
    CHECK(outcome(bell::make(owner, called)) == success);
  }
}

TEST_CASE("bell: a name that is taken, by whomever, is taken") {
  const entry owner = some_entry();
  bell_name called = some_bell();
  {
    const auto mine = must(bell::make(owner, called));
    CHECK(outcome(bell::make(owner, called)) == errc::already_exists);
  }
  {  // by something else
    const windows::unique_handle mutex(::CreateMutexW(nullptr, FALSE, must(windows::event_name(called)).c_str()));
    REQUIRE(mutex);
    CHECK(outcome(bell::make(owner, called)) == errc::already_exists);
    CHECK_FALSE(backend::ring_bell(owner, called));
  }
  ++called.generation;
  {  // by somebody who lets nobody in
    const auto closed = must(windows::closed_object());
    const std::wstring name = must(windows::event_name(called));
    const auto theirs = must(system_calls::create_event({.name = name.c_str(), .security = closed.get()}));
    CHECK(outcome(bell::make(owner, called)) == errc::already_exists);
    CHECK_FALSE(backend::ring_bell(owner, called));
  }
  CHECK(outcome(bell::make(owner, called)) == success);
}

TEST_CASE("bell: its name does not tell the next one") {
  std::set<std::wstring> names;
  const bell_name called = some_bell();
  for (std::uint64_t generation = 0; generation < 100; ++generation) {
    const std::wstring name = must(windows::event_name({called.object, called.cell, generation}));
    CHECK(name.rfind(L"Global\\viaduct-", 0) == 0);
    CHECK(name.size() < 64);
    CHECK(names.insert(name).second);
  }
  CHECK(must(windows::event_name(called)) == must(windows::event_name(called)));
  // So that programs of another build find each other.
  CHECK(windows::to_utf8(must(windows::event_name({1, 2, 3}))) == "Global\\viaduct-4lragoxh4gowqbmz2tvque2zui");
}

TEST_CASE("bell: only its user may open it") {
  const entry owner = some_entry();
  const auto mine = must(bell::make(owner, some_bell()));
  const HANDLE event = windows::to_handle(mine->native());
  const auto parts = must(system_calls::security_info(
      event, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION));
  REQUIRE(parts.dacl != nullptr);
  CHECK(parts.dacl->AceCount == 2);  // the user and SYSTEM
  REQUIRE(parts.sacl != nullptr);
  CHECK(parts.sacl->AceCount == 1);
  CHECK(windows::to_utf8(must(system_calls::sid_to_text(parts.owner))) == must(windows::own_identity()).sid);
  system_calls::free_local(parts.memory);
  DWORD flags = HANDLE_FLAG_INHERIT;
  REQUIRE(::GetHandleInformation(event, &flags) != FALSE);
  CHECK((flags & HANDLE_FLAG_INHERIT) == 0);
}

TEST_CASE("bell: an event loop can wait for it") {
  const entry owner = some_entry();
  const bell_name called = some_bell();
  const auto mine = must(bell::make(owner, called));
  REQUIRE(mine->native().is_valid());
  CHECK(::WaitForSingleObject(windows::to_handle(mine->native()), 0) == WAIT_TIMEOUT);
  CHECK(backend::ring_bell(owner, called));
  CHECK(::WaitForSingleObject(windows::to_handle(mine->native()), 0) == WAIT_OBJECT_0);
}
