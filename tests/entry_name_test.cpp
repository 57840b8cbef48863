// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Names of registry entries: every name works, each is another, and what is no name is refused.
#include "common/entry_name.hpp"

#include <chrono>
#include <vector>

#include "backend/entry.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/plain_object.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using backend::object_kind;

TEST_CASE("entry name: plain names stay readable, others become a prefix and a hash") {
  const auto file = [](const std::string& text) { return detail::entry_name(object_kind::named_pipe, text); };
  CHECK(file("sensor-1_a") == "named_pipe-sensor-1_a");
  CHECK(file(std::string(24, 'x')) == "named_pipe-" + std::string(24, 'x'));
  // Fixed for ever: processes with different versions of the library must meet.
  CHECK(file("a/b") == "named_pipe-ab~c779b89337c4589fa29e7abccb1c89c7");
  CHECK(file("Sensor") == "named_pipe-ensor~1d5c68c717ba563e9fde5c6ec8a6cddb");
  CHECK(file(std::string(25, 'x')).substr(0, 18) == "named_pipe-xxxxxx~");
  for (const std::string& text :
       {std::string("a.b"), std::string("A"), std::string("\xC3\xBC"), std::string(255, 'y')}) {
    const std::string made = file(text);
    CHECK(made.size() <= 50);
    CHECK(made.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-~") == std::string::npos);
  }
  CHECK(detail::entry_name(object_kind::pipe, name("x")) == "pipe-x");
  CHECK(detail::object_name("pipe-x", 0x12ab) == "pipe-x.00000000000012ab");
}

TEST_CASE("entry name: names of every kind, and each is another") {
  const std::string base = unique_name();
  const std::vector<std::string> names = {base,
                                          base + "A",
                                          base + "a",
                                          "A" + base,
                                          base + std::string(100, 'x'),
                                          base + std::string(100, 'y'),
                                          base + "/../",
                                          base + ".",
                                          base + " ",
                                          base +
                                              "gr\xC3\xBC\xC3\x9F"
                                              "e",
                                          std::string(255, 'l'),
                                          "con",
                                          "nul"};
  std::vector<entry> held;
  for (const std::string& each : names) {
    INFO(each);
    held.push_back(must(entry::create(plain_request(each, lifetime::owner), plain_builder(each))));
  }
  auto other_kind = plain_request(base, lifetime::owner);
  other_kind.kind = object_kind::pipe;
  held.push_back(must(entry::create(other_kind, plain_builder("other kind"))));
  for (const std::string& each : names) {
    CHECK(must(read_plain_object(must(entry::find(object_kind::test, each)))) == each);
  }
}

TEST_CASE("entry name: what is no name is refused before anything is touched") {
  const std::vector<std::string> bad = {"", std::string(256, 'x'), std::string("a\0b", 3), "a\nb", "\xFF\xFE", "\x7F"};
  std::string content;
  for (const std::string& each : bad) {
    CHECK(outcome(entry::create(plain_request(each, lifetime::owner), plain_builder("x"))) == errc::name_invalid);
    CHECK(outcome(entry::open(plain_request(each, lifetime::users), plain_opener(content))) == errc::name_invalid);
    detail::timer wait(1s);
    CHECK(outcome(entry::open_or_create(plain_request(each, lifetime::users), plain_builder("x"), plain_opener(content),
                                        wait)) == errc::name_invalid);
    CHECK(outcome(entry::find(object_kind::test, each)) == errc::name_invalid);
    CHECK(outcome(entry::remove(object_kind::test, each)) == errc::name_invalid);
    CHECK(outcome(backend::name_watch::start(object_kind::test, each)) == errc::name_invalid);
  }
}

TEST_CASE("entry name: only one's own names are created") {
  auto request = plain_request("x", lifetime::owner);
  request.what = name::native("x");
  CHECK(outcome(entry::create(request, plain_builder("x"))) == errc::invalid_argument);
  request.what = name::of(user::unknown(), "x");
  CHECK(outcome(entry::create(request, plain_builder("x"))) == errc::name_invalid);
  request = plain_request("x", lifetime::users);
  request.who = permission::everyone();
  CHECK(outcome(entry::create(request, plain_builder("x"))) == errc::not_supported);
}
