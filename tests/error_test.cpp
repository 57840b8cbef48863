// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/error.hpp"

#include <set>
#include <sstream>
#include <string>
#include <system_error>

#include "support/catch.hpp"
#include "support/memory.hpp"

namespace viaduct::test {
namespace {

constexpr int last_code = static_cast<int>(errc::os_error);

TEST_CASE("every code has a name and a text of its own") {
  std::set<std::string> names, texts;
  for (int value = 1; value <= last_code; ++value) {
    const auto code = static_cast<errc>(value);
    CHECK(to_string(code) != "unknown");
    names.insert(std::string(to_string(code)));
    texts.insert(make_error_code(code).message());
    std::ostringstream printed;
    printed << code;
    CHECK(printed.str() == to_string(code));
  }
  CHECK(names.size() == static_cast<std::size_t>(last_code));
  CHECK(texts.size() == static_cast<std::size_t>(last_code));
}

TEST_CASE("a value outside the list is unknown, never a crash") {
  for (const int value : {0, -1, last_code + 1, 4711}) {
    CHECK(to_string(static_cast<errc>(value)) == "unknown");
    CHECK_FALSE(error_category().message(value).empty());
  }
}

TEST_CASE("codes are error codes of Boost and of the standard library") {
  const boost::system::error_code boost_code = errc::wrong_peer;
  CHECK(boost_code == errc::wrong_peer);
  CHECK(boost_code.category() == error_category());
  CHECK(std::string(error_category().name()) == "viaduct");
  const std::error_code standard_code = boost_code;
  CHECK(standard_code.value() == static_cast<int>(errc::wrong_peer));
  CHECK(standard_code.message() == boost_code.message());
  CHECK(error(errc::closed).to_error_code() == errc::closed);
}

TEST_CASE("an error says what was attempted on what, why, and what to do") {
  const error made = error(errc::already_exists, 17)
                         .during("pipe_reader::create")
                         .on(std::make_shared<const std::string>("sensor"))
                         .with_size(12)
                         .advise(std::string("process 4711 owns it"));
  CHECK(made.code() == errc::already_exists);
  CHECK(made.os_code() == 17);
  CHECK(made.operation() == "pipe_reader::create");
  CHECK(made.object() == "sensor");
  CHECK(made.size() == 12);
  CHECK(made.hint() == "process 4711 owns it");
  std::ostringstream printed;
  printed << made;
  CHECK(printed.str() == made.message());
  for (const char* part : {"pipe_reader::create", "sensor", "already_exists", "17", "process 4711 owns it"}) {
    CHECK(made.message().find(part) != std::string::npos);
  }
  CHECK(made.message().find('\n') == std::string::npos);
}

TEST_CASE("a name with control characters cannot write lines of its own") {
  const error made = error(errc::name_invalid)
                         .during("pipe_reader::create")
                         .on(std::make_shared<const std::string>("a\nERROR: b\x7F\x1B[31m"));
  CHECK(made.object() == "a\nERROR: b\x7F\x1B[31m");
  const std::string line = made.message();
  CHECK(line.find("\"a\\x0aERROR: b\\x7f\\x1b[31m\"") != std::string::npos);
  CHECK(line.find_first_of("\n\x7F\x1B") == std::string::npos);
}

TEST_CASE("a name cannot command a terminal by other means either") {
  const error made = error(errc::name_invalid)
                         .on(std::make_shared<const std::string>("\xC2\x9B"
                                                                 "31m \x9B \xC3\xA4 \xE2\x82"))
                         .advise(std::string("see \xC2\x85 there"));
  CHECK(made.message().find("\"\\xc2\\x9b31m \\x9b \xC3\xA4 \\xe2\\x82\"") != std::string::npos);
  CHECK(made.message().find("see \\xc2\\x85 there") != std::string::npos);
}

TEST_CASE("an error that nobody filled in is still readable") {
  const error bare(errc::timed_out);
  CHECK(bare.operation().empty());
  CHECK(bare.object().empty());
  CHECK(bare.hint().empty());
  CHECK(bare.os_code() == 0);
  CHECK(bare.size() == 0);
  CHECK(bare.message().find("timed_out") != std::string::npos);
}

TEST_CASE("errors are equal when all they say is equal") {
  const error one = error(errc::closed, 32).during("a").advise("b");
  CHECK(one == error(errc::closed, 32).during("a").advise(std::string("b")));
  CHECK(one == errc::closed);
  CHECK_FALSE(one == errc::timed_out);
  CHECK_FALSE(one == error(errc::closed, 32).during("a"));
  CHECK_FALSE(one == error(errc::closed, 32).during("x").advise("b"));
  CHECK_FALSE(one == error(errc::closed, 31).during("a").advise("b"));
  CHECK_FALSE(one == error(errc::closed, 32).during("a").advise("b").with_size(1));
}

TEST_CASE("a hint given later replaces the one before") {
  CHECK(error(errc::closed).advise(std::string("first")).advise(std::string("second")).hint() == "second");
  CHECK(error(errc::closed).advise("first").advise(std::string("second")).hint() == "second");
  CHECK(error(errc::closed).advise(std::string("first")).advise("second").hint() == "second");
}

TEST_CASE("the outcomes of a hot path make no allocation") {
  const auto object = std::make_shared<const std::string>("a name too long for any small string");
  const auto count = allocations_during([&] {
    for (const errc code : {errc::timed_out, errc::closed, errc::cancelled, errc::peer_died}) {
      const error made = error(code).during("named_pipe::receive").on(object).advise("static advice").with_size(3);
      const error copied = made;
      (void)copied;
    }
  });
  CHECK(count == 0);
}

}  // namespace
}  // namespace viaduct::test
