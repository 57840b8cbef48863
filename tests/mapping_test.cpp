// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// mapping::as. Everything else that a mapping does is in shared_memory_test.cpp.
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "viaduct/shared_memory.hpp"

using namespace viaduct;
using namespace viaduct::test;

TEST_CASE("a mapping as an object: what does not fit, is not aligned or may not be written is refused") {
  struct pair {
    std::uint64_t first;
    std::uint64_t second;
  };
  const auto memory = must(shared_memory::create_anonymous(64));
  auto view = must(memory.map({.length = 40}));
  pair& mine = *must(view.as<pair>(8));
  CHECK((mine.first == 0 && mine.second == 0));
  mine.second = 42;
  CHECK(must(view.as<const std::uint64_t[5]>())[0][2] == 42);
  CHECK(outcome(view.as<pair>(24)) == success);
  const auto outside = view.as<pair>(25);
  REQUIRE(outcome(outside) == errc::invalid_argument);
  CHECK((outside.error().size() == 40 && outside.error().operation() == "mapping::as"));
  CHECK(outcome(view.as<char>(40)) == errc::invalid_argument);
  CHECK(outcome(view.as<char>(static_cast<std::size_t>(-1))) == errc::invalid_argument);
  CHECK(outcome(view.as<pair>(4)) == errc::invalid_argument);
  CHECK(outcome(view.as<char>(4)) == success);

  const auto reading = must(memory.map({.offset = 8, .mode = access::read_only}));
  CHECK(must(reading.as<const pair>())->second == 42);
  auto shown = must(memory.map({.mode = access::read_only}));
  CHECK(outcome(shown.as<pair>()) == errc::access_denied);
  CHECK(outcome(shown.as<const pair>()) == success);
  view.close();
  CHECK(outcome(view.as<pair>()) == errc::closed);
}

TEST_CASE("what would mean nothing in another process is refused when it is compiled") {
  struct abstract {
    virtual void call() = 0;

   protected:
    ~abstract() = default;
  };
  STATIC_REQUIRE(detail::shareable<int>);
  STATIC_REQUIRE(detail::shareable<std::atomic<std::uint32_t>>);
  STATIC_REQUIRE(detail::shareable<const char[16]>);
  STATIC_REQUIRE_FALSE(detail::shareable<int*>);
  STATIC_REQUIRE_FALSE(detail::shareable<std::string>);
  STATIC_REQUIRE_FALSE(detail::shareable<std::string_view>);
  STATIC_REQUIRE_FALSE(detail::shareable<abstract>);
}
