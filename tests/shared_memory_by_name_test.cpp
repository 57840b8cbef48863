// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory by name, between processes: who makes it, who finds it, how long it lives, and death.
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
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
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

void fill(const shared_memory& memory, bytes with) {
  auto shown = must(memory.map());
  std::memcpy(shown.writable().data(), with.data(), with.size());
}

std::uint32_t checksum_of(const shared_memory& memory) {
  return checksum(must(memory.map({.mode = access::read_only})).readable());
}

// Opens the memory, or makes it, fills it if told to, says its checksum, and keeps it until it is told to leave.
VIADUCT_ROLE(memory_member, args) {
  const bool opens = args.at(1) == "open";
  const std::size_t size = std::stoul(args.at(2));
  const auto memory =
      must(opens ? shared_memory::open(args.at(0), 8s) : shared_memory::open_or_create(args.at(0), size, 8s));
  VIADUCT_INSIST(memory.size() == size);
  const auto shown = must(memory.map());
  if (args.at(1) == "fill") fill(memory, content(size, 1));
  role::say(std::to_string(checksum_of(memory)) + (memory.is_creator() ? " made" : " found"));
  role::expect("leave");
  return 0;
}

std::string told(std::size_t size, std::uint64_t seed, const char* how) {
  return std::to_string(checksum(content(size, seed))) + ' ' + how;
}

TEST_CASE("what one process writes another finds by name") {
  const std::string called = unique_name();
  const auto memory = must(shared_memory::create(called, 3'000'001));
  CHECK(memory.is_creator());
  CHECK(memory.size() == 3'000'001);
  CHECK_FALSE(memory.native_name().empty());
  fill(memory, content(3'000'001, 2));
  peer other("memory_member", {called, "open", "3000001"});
  other.expect(told(3'000'001, 2, "found"));
  other.say("leave");
  CHECK(other.wait() == 0);
}

TEST_CASE("memory lives as long as its last user, whoever made it") {
  const std::string called = unique_name();
  peer maker("memory_member", {called, "fill", "5000"});
  maker.expect(told(5000, 1, "made"));
  auto mine = must(shared_memory::open(called, 8s));
  CHECK_FALSE(mine.is_creator());
  maker.say("leave");
  CHECK(maker.wait() == 0);
  CHECK(checksum_of(mine) == checksum(content(5000, 1)));
  CHECK(checksum_of(must(shared_memory::open(called, deadline::now()))) == checksum(content(5000, 1)));
  CHECK(outcome(shared_memory::create(called, 5000)) == errc::already_exists);
  mine.close();
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("a mapping alone keeps the memory and its name") {
  const std::string called = unique_name();
  std::optional<mapping> shown = must(must(shared_memory::create(called, 5000)).map());
  shown->writable().data()[17] = std::byte{1};
  CHECK(must(must(shared_memory::open(called, deadline::now())).map()).readable().data()[17] == std::byte{1});
  CHECK(outcome(shared_memory::create(called, 5000)) == errc::already_exists);
  shown.reset();
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
}

TEST_CASE("memory of killed users is gone, and the next create succeeds at the first try") {
  const std::string called = unique_name();
  for (int count = 0; count < 10; ++count) {
    peer maker("memory_member", {called, "fill", "5000"});
    maker.expect(told(5000, 1, "made"));
    peer other("memory_member", {called, "open", "5000"});
    other.expect(told(5000, 1, "found"));
    maker.kill();
    CHECK(maker.wait() == peer::killed);
    CHECK(outcome(shared_memory::open(called, 8s)) == success);  // the other still has it
    other.kill();
    CHECK(other.wait() == peer::killed);
    CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
    const auto fresh = must(shared_memory::create(called, 5000));
    CHECK(checksum_of(fresh) == checksum(std::vector<std::byte>(5000)));
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("persistent memory stays until it is removed, also after a kill") {
  VIADUCT_NEEDS(capabilities().shared_memory.persistent, "shared_memory.persistent");
  const std::string called = unique_name();
  fill(must(shared_memory::create(called, 9000, {.life = lifetime::persistent})), content(9000, 1));
  CHECK(outcome(shared_memory::create(called, 9000)) == errc::already_exists);
  peer other("memory_member", {called, "open", "9000"});
  other.expect(told(9000, 1, "found"));
  other.kill();
  CHECK(other.wait() == peer::killed);
  CHECK(checksum_of(must(shared_memory::open(called, 8s))) == checksum(content(9000, 1)));
  CHECK(outcome(shared_memory::remove(called)) == success);
  CHECK(outcome(shared_memory::remove(called)) == errc::not_found);
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("removing persistent memory in use leaves its users keep what they have") {
  VIADUCT_NEEDS(capabilities().shared_memory.persistent, "shared_memory.persistent");
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 9000, {.life = lifetime::persistent}));
  auto shown = must(memory.map());
  const outcome removed(shared_memory::remove(called));
  CHECK((removed == success || removed == errc::already_exists));
  shown.writable().data()[8999] = std::byte{1};
  CHECK(must(memory.map()).readable().data()[8999] == std::byte{1});
  const bool still_there = shared_memory::open(called, deadline::now()).has_value();
  CHECK(still_there == !(removed == success));
  shown.close();
  if (still_there) {
    memory.close();
    CHECK(outcome(shared_memory::remove(called)) == success);
  }
}

TEST_CASE("of many that call open_or_create at once one is the creator") {
  for (int round = 0; round < rounds(3, 100); ++round) {
    const std::string called = unique_name();
    std::vector<peer> members;
    for (int count = 0; count < 4; ++count) members.emplace_back("memory_member", arguments{called, "either", "70000"});
    int made = 0;
    for (peer& one : members) made += one.hear().find("made") != std::string::npos ? 1 : 0;
    CHECK(made == 1);
    for (peer& one : members) one.say("leave");
    for (peer& one : members) CHECK(one.wait() == 0);
    CHECK(runtime_files(called).empty());
  }
}

TEST_CASE("another size is layout_mismatch, and the error has the size that exists") {
  const std::string called = unique_name();
  const auto memory = must(shared_memory::create(called, 5000));
  for (const std::size_t other : {std::size_t{4999}, std::size_t{5001}, std::size_t{1}}) {
    const auto refused = shared_memory::open_or_create(called, other, 1s);
    CHECK(outcome(refused) == errc::layout_mismatch);
    CHECK(outcome(refused).size() == 5000);
  }
  CHECK(outcome(shared_memory::open_or_create(called, 5000, 1s)) == success);
}

TEST_CASE("opening waits for memory that is made later") {
  generator random(4);
  for (int count = 0; count < 30; ++count) {
    const std::string called = unique_name();
    std::optional<shared_memory> made;
    const auto opened = while_inside([&] { return shared_memory::open(called, 8s); },
                                     [&] { made = must(shared_memory::create(called, 100)); }, random, 3000);
    REQUIRE(outcome(opened) == success);
    CHECK(opened->size() == 100);
  }
}

TEST_CASE("what is not there is not_found at the deadline, not before") {
  const std::string called = unique_name();
  for (const deadline past : past_deadlines()) CHECK(outcome(shared_memory::open(called, past)) == errc::not_found);
  CHECK(time_of([&] { CHECK(outcome(shared_memory::open(called, 30ms)) == errc::not_found); }) >= 30ms);
  for (const deadline past : past_deadlines())
    CHECK(outcome(shared_memory::open_or_create(called, 10, past)) == success);
  const auto memory = must(shared_memory::create(called, 10));
  for (const deadline endless : endless_deadlines()) {
    CHECK(outcome(shared_memory::open(called, endless)) == success);
    CHECK(outcome(shared_memory::open_or_create(called, 10, endless)) == success);
  }
}

TEST_CASE("a name that is taken is already_exists, and the hint has the creator's process") {
  const std::string called = unique_name();
  peer maker("memory_member", {called, "fill", "5000"});
  maker.expect(told(5000, 1, "made"));
  const auto refused = shared_memory::create(called, 5000);
  REQUIRE(outcome(refused) == errc::already_exists);
  CHECK(refused.error().hint().find(std::to_string(maker.id())) != std::string::npos);
  CHECK(refused.error().object() == called);
  CHECK(refused.error().operation() == "shared_memory::create");
  CHECK(outcome(shared_memory::remove(called)) == errc::already_exists);
}

TEST_CASE("names, sizes, lifetimes and permissions that make no sense are refused") {
  const std::string called = unique_name();
  CHECK(outcome(shared_memory::create("", 10)) == errc::name_invalid);
  CHECK(outcome(shared_memory::open(std::string(256, 'x'), deadline::now())) == errc::name_invalid);
  CHECK(outcome(shared_memory::open_or_create(std::string("a\0b", 3), 10, 1s)) == errc::name_invalid);
  CHECK(outcome(shared_memory::remove("line\nend")) == errc::name_invalid);
  CHECK(outcome(shared_memory::create(called, 0)) == errc::invalid_argument);
  CHECK(outcome(shared_memory::open_or_create(called, 0, 1s)) == errc::invalid_argument);
  CHECK(outcome(shared_memory::create(called, most)) == errc::no_space);
  CHECK(outcome(shared_memory::create(called, 10, {.life = lifetime::owner})) == errc::not_supported);
  for (const permission& wider : {permission::everyone(), permission::group("users"), permission::users({})}) {
    const auto refused = shared_memory::create(called, 10, {.who = wider});
    CHECK(outcome(refused) == errc::not_supported);
    CHECK(refused.error().hint().find("named pipe") != std::string::npos);
  }
  CHECK(outcome(shared_memory::create(name::native("/x"), 10)) == errc::not_supported);
  CHECK(outcome(shared_memory::open_or_create(name::native("/x"), 10, 1s)) == errc::not_supported);
  CHECK(outcome(shared_memory::remove(name::native("/x"))) == errc::not_supported);
  const name foreign = name::of(stranger(), called);
  CHECK(outcome(shared_memory::create(foreign, 10)) == errc::not_supported);
  CHECK(outcome(shared_memory::open(foreign, deadline::now())) == errc::access_denied);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("more than there is room for is no_space, and nothing of it stays") {
  VIADUCT_NEEDS(capabilities().shared_memory.reserved, "shared_memory.reserved");
  const std::string called = unique_name();
  const auto refused = shared_memory::create(called, std::size_t{1} << 46);
  CHECK(outcome(refused) == errc::no_space);
  CHECK(outcome(shared_memory::open_or_create(called, std::size_t{1} << 46, 1s)) == errc::no_space);
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
  CHECK(runtime_files(called).empty());
  CHECK(outcome(shared_memory::create(called, 100)) == success);
}

TEST_CASE("releasing gives up the name, and a handle of named memory is no memory to adopt") {
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 5000));
  auto shown = must(memory.map());
  CHECK(outcome(memory.read_only()) == errc::not_supported);
  native_handle handle = must(memory.release());
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
  shown.writable().data()[4999] = std::byte{1};  // mappings stay
  VIADUCT_NEEDS(capabilities().shared_memory.sealed, "shared_memory.sealed");
  const outcome refused(shared_memory::adopt(std::move(handle)));
  CHECK((refused == errc::access_denied || refused == errc::invalid_argument));
}

TEST_CASE("named memory leaves nothing behind it") {
  const std::string called = unique_name();
  const auto use = [&] {
    const auto memory = must(shared_memory::create(called, 10'000));
    const auto again = must(shared_memory::open(called, 1s));
    const auto third = must(shared_memory::open_or_create(called, 10'000, 1s));
    const auto shown = must(again.map({.mode = access::read_only}));
    CHECK(outcome(shared_memory::open_or_create(called, 1, 1s)) == errc::layout_mismatch);
  };
  CHECK_FALSE(leaves_something(use, 20));
  CHECK(runtime_files(called).empty());
}

}  // namespace
}  // namespace viaduct::test
