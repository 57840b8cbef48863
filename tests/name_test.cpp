// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/name.hpp"

#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/system.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> invalid_names() {
  std::vector<std::string> bad = {"", std::string(256, 'x'), std::string(300, 'x'), std::string("nul\0inside", 10)};
  for (char control = 1; control < 0x20; ++control) bad.push_back(std::string("a") + control);
  bad.insert(bad.end(), {"del\x7F", "c1\xC2\x80", "c1\xC2\x9F"});
  // Not UTF-8: stray continuation, cut off, overlong, surrogate, above the last code point, bytes that never occur.
  bad.insert(bad.end(),
             {"\x80", "a\xBF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80",
              "\xF0\x80\x80\x80", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"});
  return bad;
}

std::vector<std::string> awkward_names() {
  return {"/",
          "..",
          ".",
          "../../etc/passwd",
          "a/b",
          "\\\\.\\pipe\\x",
          "con",
          "nul.txt",
          "C:\\temp",
          "UPPER",
          "upper",
          " lead and trail ",
          "'quoted\"",
          "%s%n",
          "*?<>|:",
          "a.b",
          "gr\xC3\xBC\xC3\x9F",
          "\xF0\x9F\x98\x80",
          "\xE6\x97\xA5\xE6\x9C\xAC",
          "e\xCC\x81"};
}

TEST_CASE("invalid names are name_invalid with a hint") {
  for (const std::string& text : invalid_names()) {
    const auto checked = name(text).check();
    CHECK(outcome(checked) == errc::name_invalid);
    CHECK_FALSE(checked.error().hint().empty());
  }
}

TEST_CASE("any text of 1 to 255 bytes is a name") {
  for (const std::string& text : awkward_names()) CHECK(outcome(name(text).check()) == success);
  CHECK(outcome(name(std::string(255, 'x')).check()) == success);
  CHECK(outcome(name("x").check()) == success);
  CHECK(outcome(name("\xC2\xA0").check()) == success);  // the first character after the control block
}

TEST_CASE("every function that takes a name reports an invalid one, with operation and hint") {
  for (const std::string& text : invalid_names()) {
    const auto reader = pipe_reader::create(text);
    const auto writer = pipe_writer::open(text, deadline::now());
    const auto listener = named_pipe_listener::create(text, framing::bytes);
    const auto connection = named_pipe::connect(text, deadline::now());
    CHECK(outcome(reader) == errc::name_invalid);
    CHECK(outcome(writer) == errc::name_invalid);
    CHECK(outcome(listener) == errc::name_invalid);
    CHECK(outcome(connection) == errc::name_invalid);
    REQUIRE(listener.has_error());
    CHECK(listener.error().operation() == "named_pipe_listener::create");
    CHECK_FALSE(listener.error().hint().empty());
  }
}

TEST_CASE("awkward names work, and none is mistaken for another") {
  std::vector<std::string> texts = awkward_names();
  texts.push_back(std::string(255, 'x'));
  texts.push_back(std::string(254, 'x'));
  const std::string mine = unique_name();  // so that parallel runs do not meet
  std::vector<named_pipe_listener> listeners;
  for (std::string& text : texts) {
    text = text.size() > 200 ? mine + text.substr(mine.size()) : text + mine;
    listeners.push_back(must(named_pipe_listener::create(text, framing::messages)));
  }
  for (std::size_t at = 0; at < texts.size(); ++at) {
    auto client = must(named_pipe::connect(texts[at], 5s));
    auto server = must(listeners[at].accept(5s));
    CHECK(outcome(client.send(texts[at], 5s)) == success);
    std::string heard(300, '\0');
    heard.resize(must(server.receive(heard, 5s)));
    CHECK(heard == texts[at]);
  }
}

TEST_CASE("kinds have separate namespaces") {
  const std::string text = unique_name();
  const auto reader = must(pipe_reader::create(text));
  const auto listener = must(named_pipe_listener::create(text, framing::bytes));
  CHECK(outcome(pipe_reader::create(text)) == errc::already_exists);
  CHECK(outcome(named_pipe_listener::create(text, framing::bytes)) == errc::already_exists);
}

TEST_CASE("a name is mine unless it is given to another user") {
  const name plain = "sensor";
  CHECK(plain.is_mine());
  CHECK(plain.owner() == user::current());
  CHECK_FALSE(plain.is_native());
  const name same = name::of(user::current(), "sensor");
  CHECK(same.is_mine());
  const name other = name::of(stranger(), "sensor");
  CHECK_FALSE(other.is_mine());
  CHECK(other.owner() == stranger());
  CHECK_FALSE(other == plain);
  CHECK(outcome(name::of(user::unknown(), "sensor").check()) == errc::name_invalid);
}

TEST_CASE("only names of one's own are created, never native ones or other users'") {
  for (const name& what : {name::native(unique_name()), name::of(stranger(), unique_name())}) {
    CHECK(outcome(pipe_reader::create(what)) == errc::not_supported);
    CHECK(outcome(named_pipe_listener::create(what, framing::bytes)) == errc::not_supported);
  }
}

TEST_CASE("another user's name that does not exist is not_found at the deadline") {
  const name other = name::of(stranger(), unique_name());
  const auto opened = named_pipe::connect(other, 20ms);
  CHECK(outcome(opened) == errc::not_found);
  CHECK(opened.error().object() == other.text() + " of user " + other.owner().id());
  CHECK(opened.error().hint().find("that user has no listener") == 0);
}

TEST_CASE("native names are taken as they are, but for NUL") {
  const name native = name::native("/some/where");
  CHECK(native.is_native());
  CHECK(native.text() == "/some/where");
  CHECK(outcome(native.check()) == success);
  CHECK_FALSE(native == name("/some/where"));
  CHECK(outcome(name::native(std::string("a\0b", 3)).check()) == errc::name_invalid);
  CHECK(outcome(name::native("").check()) == errc::name_invalid);
}

TEST_CASE("unique names differ, are valid, and survive as text") {
  std::set<std::string> seen;
  for (int count = 0; count < 1000; ++count) {
    const name fresh = name::unique();
    CHECK(outcome(fresh.check()) == success);
    CHECK(name(fresh.text()) == fresh);
    seen.insert(fresh.text());
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("names compare, hash and print as their text") {
  const std::unordered_set<name> set{"a", "b", "a"};
  CHECK(set.size() == 2);
  std::ostringstream printed;
  printed << name("sensor");
  CHECK(printed.str() == "sensor");
  printed.str("");
  printed << name("a\nb\xC2\x85");
  CHECK(printed.str() == "a\\x0ab\\xc2\\x85");
  CHECK(name(static_cast<const char*>(nullptr)).text().empty());
}

TEST_CASE("a name leaves no file when its owner is done") {
  const std::string text = unique_name();
  {
    const auto reader = must(pipe_reader::create(text));
    const auto listener = must(named_pipe_listener::create(text, framing::messages));
    CHECK_FALSE(runtime_files(text).empty());
  }
  CHECK(runtime_files(text).empty());
}

}  // namespace
}  // namespace viaduct::test
