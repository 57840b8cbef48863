// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Starting, waiting for, stopping and ending children. What is handed to them: child_process_endpoints_test.cpp.
#include "viaduct/child_process.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/deadlines.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/watchdog.hpp"
#include "viaduct/capabilities.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<child_process> && std::is_nothrow_move_constructible_v<child_process>);

VIADUCT_ROLE(exits, args) { return std::stoi(args.at(0)); }

// Says who it is and stays until its input ends; its own end shows at the end of its output.
VIADUCT_ROLE(stays, args) {
  role::say(std::to_string(this_process_id()));
  std::string line;
  while (role::hear(line)) role::say("heard " + line);
  return 0;
}

VIADUCT_ROLE(says_arguments, args) {
  for (const std::string& argument : args) std::cout << '[' << argument << ']';
  return 0;
}

VIADUCT_ROLE(says_variables, args) {
  for (const std::string& key : args) {
    const char* const value = std::getenv(key.c_str());
    std::cout << key << '=' << (value != nullptr ? value : "(unset)") << '\n';
  }
  return 0;
}

VIADUCT_ROLE(says_directory, args) {
  std::cout << std::filesystem::equivalent(std::filesystem::current_path(), args.at(0));
  return 0;
}

VIADUCT_ROLE(complains, args) {
  std::cout << "to output";
  std::cerr << "to error";
  return 0;
}

VIADUCT_ROLE(stops_when_asked, args) {
  VIADUCT_INSIST(outcome(stop_requested(1ms)) == errc::timed_out);
  VIADUCT_INSIST(outcome(stop_requested(deadline::now())) == errc::timed_out);
  role::say("waiting");
  must(stop_requested(8s));
  must(stop_requested(deadline::now()));  // it stays so
  return 7;
}

struct staying_child {
  explicit staying_child(child_options options = {})
      : process(start(options)), id(read_line(process.standard_output())) {}
  static child_process start(child_options& options) {
    options.standard_input = stdio::piped;
    options.standard_output = stdio::piped;
    return spawn_role("stays", {}, options);
  }
  child_process process;
  std::string id;
};

TEST_CASE("the exit code comes back, as often as it is asked for") {
  for (const int code : {0, 1, 7, 42, 255}) {
    auto child = spawn_role("exits", {std::to_string(code)});
    for (int count = 0; count < 3; ++count) {
      const auto status = must(child.wait(count == 0 ? deadline(8s) : deadline::now()));
      CHECK(status.code == code);
      CHECK(status.signal == 0);
      CHECK(status.success() == (code == 0));
    }
  }
}

TEST_CASE("an exit status prints and compares") {
  std::ostringstream printed;
  printed << exit_status{3, 0} << ", " << exit_status{137, 9};
  CHECK(printed.str() == "exit code 3, killed by signal 9");
  CHECK(exit_status{3, 0} == exit_status{3, 0});
  CHECK_FALSE(exit_status{137, 0} == exit_status{137, 9});
  CHECK_FALSE(exit_status{0, 9}.success());
}

TEST_CASE("the id is the child's own") {
  staying_child child;
  CHECK(std::to_string(child.process.id()) == child.id);
  CHECK(child.process.native().is_valid());
}

TEST_CASE("waiting times out, never early") {
  staying_child child;
  for (const deadline past : past_deadlines()) CHECK(outcome(child.process.wait(past)) == errc::timed_out);
  for (const auto span : {1'000us, 7'300us, 40'000us}) {
    CHECK(time_of([&] { CHECK(outcome(child.process.wait(span)) == errc::timed_out); }) >= span);
  }
  child.process.standard_input().close();
  CHECK(must(child.process.wait(8s)).success());
}

TEST_CASE("waiting without end sees the end") {
  generator random(1);
  for (const deadline patience : endless_deadlines()) {
    staying_child child;
    const auto status = while_inside([&] { return child.process.wait(patience); },
                                     [&] { child.process.standard_input().close(); }, random);
    CHECK(must(result<exit_status>(status)).success());
  }
}

TEST_CASE("kill ends a child at once, and is fine when it has ended") {
  staying_child child;
  CHECK(outcome(child.process.kill()) == success);
  const auto status = must(child.process.wait(8s));
  CHECK_FALSE(status.success());
  if (capabilities().child_process.signals) {
    CHECK(status.signal == 9);
    CHECK(status.code == 128 + 9);
  } else {
    CHECK(status.signal == 0);
  }
  CHECK(outcome(child.process.kill()) == success);
  CHECK(must(child.process.wait(deadline::now())) == status);
}

TEST_CASE("kill from another thread ends a wait") {
  generator random(2);
  for (int count = 0; count < 20; ++count) {
    staying_child child;
    const auto status =
        while_inside([&] { return child.process.wait(8s); }, [&] { must(child.process.kill()); }, random);
    REQUIRE(outcome(status) == success);
    CHECK_FALSE(status->success());
  }
}

TEST_CASE("a child is asked to stop, and stops") {
  child_options options;
  options.standard_output = stdio::piped;
  auto child = spawn_role("stops_when_asked", {}, options);
  CHECK(read_line(child.standard_output()) == "waiting");
  CHECK(outcome(child.wait(5ms)) == errc::timed_out);
  CHECK(outcome(child.request_stop()) == success);
  CHECK(must(child.wait(8s)).code == 7);
}

TEST_CASE("a stop that nobody consented to handle ends the child where it is a signal") {
  VIADUCT_NEEDS(capabilities().child_process.signals, "child_process.signals");
  staying_child child;
  CHECK(outcome(child.process.request_stop()) == success);
  CHECK(must(child.process.wait(8s)).signal == 15);
}

TEST_CASE("destroying or closing a running child ends it, without waiting") {
  for (const bool close : {false, true}) {
    std::optional<staying_child> child(std::in_place);
    pipe_reader output = std::move(child->process.standard_output());
    const auto id = child->process.id();
    if (close) {
      child->process.close();
      CHECK(outcome(child->process.wait(1s)) == errc::closed);
      CHECK(outcome(child->process.kill()) == errc::closed);
    } else {
      child.reset();
    }
    CHECK(read_all(output).empty());  // its end of the pipe went with it
    CHECK(id != 0);
  }
}

TEST_CASE("a detached child lives on, and calls say closed") {
  staying_child child;
  pipe_writer input = std::move(child.process.standard_input());
  pipe_reader output = std::move(child.process.standard_output());
  child.process.detach();
  CHECK(outcome(child.process.wait(1s)) == errc::closed);
  CHECK(outcome(child.process.kill()) == errc::closed);
  CHECK(outcome(child.process.request_stop()) == errc::closed);
  CHECK(child.process.id() == 0);
  must(input.write_all("anybody?\n", 1s));
  CHECK(read_line(output) == "heard anybody?");
  input.close();
  CHECK(read_all(output).empty());
}

TEST_CASE("cancel ends a wait at any instant, for good") {
  generator random(3);
  for (int count = 0; count < rounds(100, 3000); ++count) {
    auto child = spawn_role("stays");  // its input is ours, or nothing: it is killed in any case
    const auto ended = while_inside([&] { return child.wait(8s); }, [&] { child.cancel(); }, random);
    if (ended.has_error()) REQUIRE(outcome(ended) == errc::cancelled);
    if (ended.has_error()) REQUIRE(outcome(child.wait(deadline::now())) == errc::cancelled);
  }
}

TEST_CASE("a moved child is closed here and runs there") {
  staying_child child;
  child_process moved = std::move(child.process);
  CHECK(outcome(child.process.wait(1s)) == errc::closed);  // NOLINT(bugprone-use-after-move): that is the promise
  CHECK(child.process.id() == 0);
  std::string into(4, '\0');
  CHECK(outcome(child.process.standard_output().read_some(into, 1s)) == errc::closed);
  CHECK(std::to_string(moved.id()) == child.id);
  moved.standard_input().close();
  CHECK(must(moved.wait(8s)).success());
}

TEST_CASE("a program that cannot be started is an error of spawn") {
  const scratch_directory place;
  const auto spawn = [](const std::filesystem::path& program) { return outcome(child_process::spawn(program, {})); };
  CHECK(spawn(place.path() / "missing") == errc::not_found);
  CHECK(spawn(place.path() / "missing" / "deeper") == errc::not_found);
  CHECK(spawn(place.path()) == errc::access_denied);  // a directory
  std::ofstream(place.path() / "file") << "no directory";
  CHECK(spawn(place.path() / "file" / "deeper") == errc::not_found);
  CHECK(spawn("") == errc::invalid_argument);
  CHECK(spawn(std::string("nul\0inside", 10)) == errc::invalid_argument);
  child_options options;
  options.working_directory = place.path().string() + std::string("\0inside", 7);
  CHECK(outcome(try_spawn("exits", {"0"}, options)) == errc::invalid_argument);
  const auto refused = child_process::spawn(place.path() / "missing", {});
  REQUIRE(refused.has_error());
  CHECK(refused.error().operation() == "child_process::spawn");
  CHECK(refused.error().object() == (place.path() / "missing").string());
}

TEST_CASE("a file that is no program is not started") {
  const scratch_directory place;
  const auto file = place.path() / "data.exe";
  std::ofstream(file) << "this is text";
  CHECK_FALSE(outcome(child_process::spawn(file, {})) == success);
}

TEST_CASE("a program is never searched in PATH") {
  CHECK(outcome(child_process::spawn("sh", {})) == errc::not_found);
  CHECK(child_process::spawn("sh", {}).error().hint().find("PATH is not searched") == 0);
  CHECK(outcome(child_process::spawn("cmd", {})) == errc::not_found);
}

TEST_CASE("a relative program is relative to the current directory") {
  const auto relative = std::filesystem::relative(this_program());
  if (relative.empty() || relative.is_absolute()) VIADUCT_SKIP("the program is on another drive");
  auto child = must(child_process::spawn(relative, role_command("exits", {"5"})));
  CHECK(must(child.wait(8s)).code == 5);
}

TEST_CASE("arguments arrive exactly as given") {
  const arguments args{"plain", "",          "two words", "\"quoted\"", "back\\slash\\",
                       "\\\"",  "tab\there", "'$HOME'",   "%PATH%",     "a\\\\\"b"};
  std::string expected;
  for (const std::string& argument : args) expected += '[' + argument + ']';
  CHECK(output_of("says_arguments", args) == expected);
  CHECK(outcome(try_spawn("says_arguments", {std::string("a\0b", 3)})) == errc::invalid_argument);
}

TEST_CASE("an environment that is given is the whole environment") {
  using variables = std::map<std::string, std::string>;
  child_options options;
  options.environment = variables{{"VIADUCT_TEST_WORD", "two words = \"this\""}, {"EMPTY", ""}};
  CHECK(output_of("says_variables", {"VIADUCT_TEST_WORD", "PATH"}, options) ==
        "VIADUCT_TEST_WORD=two words = \"this\"\nPATH=(unset)\n");
  for (const auto& [key, value] : {std::pair<std::string, std::string>("a=b", "c"), {"", "c"}, {"a", {"c\0d", 3}}}) {
    options.environment = variables{{key, value}};
    CHECK(outcome(try_spawn("exits", {"0"}, options)) == errc::invalid_argument);
  }
}

VIADUCT_ROLE(passes_environment_on, args) {
  role::say(output_of("says_variables", {"VIADUCT_TEST_WORD"}));
  return 0;
}

TEST_CASE("without one the child has its parent's environment") {
  peer parent("passes_environment_on", {}, {{"VIADUCT_TEST_WORD", "from the parent"}});
  parent.expect("VIADUCT_TEST_WORD=from the parent");
}

TEST_CASE("the working directory is the one asked for") {
  const scratch_directory place;
  child_options options;
  options.working_directory = place.path();
  CHECK(output_of("says_directory", {place.path().string()}, options) == "1");
  CHECK(output_of("says_directory", {std::filesystem::current_path().string()}) == "1");
  const auto file = place.path() / "file";
  std::ofstream(file) << "no directory";
  for (const auto& wrong : {place.path() / "missing", file}) {
    options.working_directory = wrong;
    const auto refused = try_spawn("exits", {"0"}, options);
    REQUIRE(outcome(refused) == errc::not_found);
    CHECK(refused.error().hint().find("working directory " + wrong.string()) != std::string::npos);
  }
}

TEST_CASE("standard streams can be pipes") {
  child_options options;
  options.standard_input = options.standard_output = options.standard_error = stdio::piped;
  auto child = spawn_role("complains", {}, options);
  CHECK(read_all(child.standard_output()) == "to output");
  CHECK(read_all(child.standard_error()) == "to error");
  CHECK(must(child.wait(8s)).success());
  std::string into(4, '\0');
  CHECK(child.standard_error().read_some(into, 1s).error().object() == this_program().string() + " (standard error)");
}

TEST_CASE("what is not piped is closed for the parent") {
  auto child = spawn_role("exits", {"0"});
  std::string into(4, '\0');
  CHECK(outcome(child.standard_input().write_all("x", 1s)) == errc::closed);
  CHECK(outcome(child.standard_output().read_some(into, 1s)) == errc::closed);
  CHECK(outcome(child.standard_error().read_some(into, 1s)) == errc::closed);
  CHECK(must(child.wait(8s)).success());
}

// Succeeds if its input has ended and what it writes goes nowhere without harm.
VIADUCT_ROLE(finds_nothing, args) {
  std::string line;
  const bool none = !role::hear(line);
  std::cout << "text" << std::flush;
  must(must(standard_output()).write_all(std::string(1'000'000, 'x'), 8s));  // more than any pipe takes
  return none && std::cout.good() ? 0 : 1;
}

TEST_CASE("null is a stream that has ended and that takes everything") {
  child_options options;
  options.standard_input = options.standard_output = options.standard_error = stdio::null;
  auto child = spawn_role("finds_nothing", {}, options);
  CHECK(must(child.wait(8s)).success());
}

VIADUCT_ROLE(lets_inherit, args) {
  child_options options;
  auto child = spawn_role("stays", {}, options);
  return must(child.wait(8s)).code;
}

TEST_CASE("inherited streams are the parent's own") {
  peer parent("lets_inherit");
  (void)parent.hear();  // the grandchild's id
  parent.say("down there");
  parent.expect("heard down there");
  parent.hang_up();
  CHECK(parent.wait() == 0);
}

TEST_CASE("a stream can be an endpoint, closed in the parent afterwards") {
  auto pipe = must(make_pipe());
  child_options options;
  options.standard_output = pipe.writer.endpoint();
  auto child = spawn_role("complains", {}, options);
  CHECK_FALSE(pipe.writer.is_open());
  CHECK(read_all(pipe.reader) == "to output");
  CHECK(must(child.wait(8s)).success());
}

TEST_CASE("children leave nothing behind them") {
  const auto use = [] {
    child_options options;
    options.standard_input = options.standard_output = stdio::piped;
    auto child = spawn_role("exits", {"3"}, options);
    CHECK(must(child.wait(8s)).code == 3);
    staying_child killed;
    must(killed.process.kill());
    CHECK_FALSE(must(killed.process.wait(8s)).success());
  };
  use();
  CHECK_FALSE(leaves_something(use, 10));
}

}  // namespace
}  // namespace viaduct::test
