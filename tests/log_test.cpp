// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/log.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;
using record = std::pair<log_level, std::string>;

// Plays the library's first use in a process whose environment says something about logging.
VIADUCT_ROLE(log_levels, args) {
  set_log_sink([](log_level, std::string_view message) { role::say("record " + std::string(message)); });
  role::say(std::to_string(static_cast<int>(current_log_level())));
  return 0;
}

std::string first_level(const std::string& word) {
  peer role("log_levels", {}, {{"VIADUCT_LOG", word}});
  return role.hear();
}

std::string number(log_level level) { return std::to_string(static_cast<int>(level)); }

TEST_CASE("VIADUCT_LOG sets the first level") {
  CHECK(first_level("trace") == number(log_level::trace));
  CHECK(first_level("debug") == number(log_level::debug));
  CHECK(first_level("info") == number(log_level::info));
  CHECK(first_level("warning") == number(log_level::warning));
  CHECK(first_level("error") == number(log_level::error));
  CHECK(first_level("off") == number(log_level::off));
}

TEST_CASE("without it, and with an unknown word, the level is warning") {
  CHECK(first_level("") == number(log_level::warning));
  CHECK(first_level("loud") == number(log_level::warning));
}

TEST_CASE("a level can be set and asked for") {
  for (const log_level level :
       {log_level::trace, log_level::debug, log_level::info, log_level::error, log_level::off}) {
    set_log_level(level);
    CHECK(current_log_level() == level);
  }
  set_log_level(log_level::warning);
}

TEST_CASE("the library is silent at its default level while nothing is wrong") {
  std::vector<record> seen;
  set_log_sink([&](log_level level, std::string_view message) { seen.emplace_back(level, message); });
  {
    const std::string called = unique_name();
    auto listener = must(named_pipe_listener::create(called, framing::messages));
    auto client = must(named_pipe::connect(called, 5s));
    auto server = must(listener.accept(5s));
    CHECK(outcome(client.send("quiet", 1s)) == success);
    std::string into(16, '\0');
    CHECK(outcome(server.receive(into, 1s)) == success);
    CHECK(outcome(server.receive(into, deadline::now())) == errc::timed_out);
  }
  set_log_sink({});
  CHECK(seen.empty());
}

}  // namespace
}  // namespace viaduct::test
