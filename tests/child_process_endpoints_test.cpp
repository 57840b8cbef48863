// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a child is handed: exactly the listed endpoints, whatever else is open or opened meanwhile.
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

// Copies one inherited pipe to another.
VIADUCT_ROLE(copies, args) {
  auto from = must(inherited<pipe_reader>("from"));
  auto to = must(inherited<pipe_writer>("to"));
  std::vector<std::byte> chunk(50'000);
  for (;;) {
    const auto got = from.read_some(chunk, 8s);
    if (got.has_error()) return outcome(got) == errc::closed ? 0 : 1;
    must(to.write_all(buffer(chunk).first(*got), 8s));
  }
}

TEST_CASE("pipes that are handed over work in the child, and are closed in the parent") {
  auto down = must(make_pipe());
  auto up = must(make_pipe());
  child_options options;
  options.endpoints = {{"from", down.reader.endpoint()}, {"to", up.writer.endpoint()}};
  auto child = spawn_role("copies", {}, options);
  CHECK_FALSE(down.reader.is_open());
  CHECK_FALSE(up.writer.is_open());
  const auto sent = content(3'000'000, 1);
  companion sender([&] {
    must(down.writer.write_all(sent, 8s));
    down.writer.close();
  });
  std::vector<std::byte> got(sent.size());
  CHECK(outcome(up.reader.read_exactly(got, 8s)) == success);
  CHECK(checksum(got) == checksum(sent));
  CHECK(outcome(up.reader.read_some(got, 8s)) == errc::closed);
  CHECK(must(child.wait(8s)).success());
}

VIADUCT_ROLE(answers, args) {
  auto line = must(inherited<named_pipe>("line"));
  std::string into(line.max_message(), '\0');
  into.resize(must(line.receive(into, 8s)));
  must(line.send(into + " with limit " + std::to_string(line.max_message()), 8s));
  must(line.shutdown_write(8s));
  return 0;
}

TEST_CASE("a connection that is handed over keeps its framing and its limit") {
  named_pipe_options limits;
  limits.max_message = 777;
  auto pair = must(make_named_pipe_pair(framing::messages, limits));
  child_options options;
  options.endpoints = {{"line", pair.second.endpoint()}};
  auto child = spawn_role("answers", {}, options);
  CHECK_FALSE(pair.second.is_open());
  must(pair.first.send("asked", 8s));
  std::string into(100, '\0');
  into.resize(must(pair.first.receive(into, 8s)));
  CHECK(into == "asked with limit 777");
  CHECK(outcome(pair.first.receive(into, 8s)) == errc::closed);
  CHECK(must(child.wait(8s)).success());
}

TEST_CASE("a child that dies is peer_died on the connection it was handed") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  child_options options;
  options.endpoints = {{"line", pair.second.endpoint()}};
  auto child = spawn_role("answers", {}, options);
  must(child.kill());
  std::string into(100, '\0');
  CHECK(outcome(pair.first.receive(into, 8s)) == errc::peer_died);
}

VIADUCT_ROLE(takes_once, args) {
  VIADUCT_INSIST(outcome(inherited<pipe_writer>("other")) == errc::not_found);
  VIADUCT_INSIST(outcome(inherited<pipe_reader>("end")) == errc::invalid_argument);
  VIADUCT_INSIST(outcome(inherited<named_pipe>("end")) == errc::invalid_argument);
  auto end = must(inherited<pipe_writer>("end"));
  VIADUCT_INSIST(outcome(inherited<pipe_writer>("end")) == errc::not_found);
  must(end.write_all("taken", 8s));
  end.close();
  VIADUCT_INSIST(end.write_all("more", 8s).error().object() == "end (inherited)");
  return 0;
}

TEST_CASE("an endpoint is taken once, under its name and with its type") {
  auto pipe = must(make_pipe());
  child_options options;
  options.endpoints = {{"end", pipe.writer.endpoint()}};
  auto child = spawn_role("takes_once", {}, options);
  CHECK(must(child.wait(8s)).success());
  CHECK(read_all(pipe.reader) == "taken");
}

TEST_CASE("a process that was handed nothing finds nothing") {
  CHECK(outcome(inherited<pipe_reader>("frames")) == errc::not_found);
  CHECK(outcome(inherited<pipe_writer>("")) == errc::not_found);
  CHECK(outcome(inherited<named_pipe>("../x;y,z")) == errc::not_found);
}

VIADUCT_ROLE(grandchild, args) {
  VIADUCT_INSIST(outcome(inherited<pipe_writer>("end")) == errc::not_found);
  return 0;
}

// Takes nothing itself; the environment it passes on is stale in the grandchild.
VIADUCT_ROLE(passes_on, args) {
  peer plain("grandchild");
  VIADUCT_INSIST(plain.wait() == 0);
  auto ours = spawn_role("grandchild");
  VIADUCT_INSIST(must(ours.wait(8s)).success());
  must(must(inherited<pipe_writer>("end")).write_all("still mine", 8s));
  return 0;
}

TEST_CASE("a grandchild with the stale environment finds nothing") {
  auto pipe = must(make_pipe());
  child_options options;
  options.endpoints = {{"end", pipe.writer.endpoint()}};
  auto child = spawn_role("passes_on", {}, options);
  CHECK(read_all(pipe.reader) == "still mine");
  CHECK(must(child.wait(8s)).success());
}

VIADUCT_ROLE(counts_files, args) {
  role::say(std::to_string(open_files()));
  return 0;
}

TEST_CASE("nothing else is inherited, although much is open") {
  const std::string alone = output_of("counts_files");
  std::vector<pipe_pair> pipes;
  for (int count = 0; count < 20; ++count) pipes.push_back(must(make_pipe()));
  const auto reader = must(pipe_reader::create(unique_name()));
  const auto listener = must(named_pipe_listener::create(unique_name(), framing::messages));
  const auto pair = must(make_named_pipe_pair(framing::bytes));
  CHECK(output_of("counts_files") == alone);
}

TEST_CASE("nothing is inherited that another thread opens meanwhile") {
  time_limit(60s);
  const std::string alone = output_of("counts_files");
  std::atomic<bool> stop{false};
  companion opener([&] {
    while (!stop.load()) {
      const auto pipe = must(make_pipe());
      const auto pair = must(make_named_pipe_pair(framing::messages));
      const auto listener = must(named_pipe_listener::create(unique_name(), framing::messages));
    }
  });
  companion spawner([&] {
    while (!stop.load()) must(spawn_role("counts_files", {}, {.standard_output = stdio::null}).wait(8s));
  });
  for (int count = 0; count < rounds(30, 1000); ++count) {
    auto pipe = must(make_pipe());
    child_options options;
    options.standard_input = pipe.reader.endpoint();
    CHECK(output_of("counts_files", {}, options) == alone);
  }
  stop = true;
}

TEST_CASE("a spawn that fails leaves the endpoints as they were") {
  auto pipe = must(make_pipe());
  auto pair = must(make_named_pipe_pair(framing::messages));
  child_options options;
  options.endpoints = {{"a", pipe.writer.endpoint()}, {"b", pair.first.endpoint()}};
  options.standard_input = pipe.reader.endpoint();
  const scratch_directory place;
  CHECK(outcome(child_process::spawn(place.path() / "missing", {}, options)) == errc::not_found);
  must(pipe.writer.write_all("text", 1s));
  std::string into(4, '\0');
  CHECK(outcome(pipe.reader.read_exactly(into, 1s)) == success);
  must(pair.first.send("text", 1s));
  CHECK(outcome(pair.second.receive(into, 1s)) == success);
}

TEST_CASE("names of endpoints are checked") {
  auto pipe = must(make_pipe());
  const auto named = [&](const std::string& endpoint_name) {
    child_options options;
    options.endpoints = {{endpoint_name, pipe.writer.endpoint()}};
    return outcome(try_spawn("exits_at_once", {}, options));
  };
  for (const char* bad : {"", "Upper", "two words", "a;b", "a,b", "a=b", "a/b", "\xC3\xBC"}) {
    CHECK(named(bad) == errc::name_invalid);
  }
  CHECK(named(std::string(65, 'a')) == errc::name_invalid);
  child_options wrong;
  wrong.endpoints = {{"two words", pipe.writer.endpoint()}};
  CHECK(try_spawn("exits_at_once", {}, wrong).error().hint().find("\"two words\"") == 0);
  CHECK(pipe.writer.is_open());
  CHECK(named(std::string(64, 'a')) == success);
}

VIADUCT_ROLE(exits_at_once, args) { return 0; }

TEST_CASE("endpoints that make no sense are refused, and nothing is closed") {
  auto pipe = must(make_pipe());
  child_options twice;
  twice.endpoints = {{"same", pipe.writer.endpoint()}, {"same", pipe.reader.endpoint()}};
  CHECK(outcome(try_spawn("exits_at_once", {}, twice)) == errc::invalid_argument);
  child_options many;
  for (int count = 0; count < 65; ++count)
    many.endpoints.emplace_back("e" + std::to_string(count), pipe.writer.endpoint());
  CHECK(outcome(try_spawn("exits_at_once", {}, many)) == errc::invalid_argument);
  CHECK(pipe.writer.is_open());
  auto gone = must(make_pipe());
  gone.writer.close();
  child_options closed;
  closed.endpoints = {{"end", gone.writer.endpoint()}};
  CHECK(outcome(try_spawn("exits_at_once", {}, closed)) == errc::closed);
  const pipe_writer moved = std::move(pipe.writer);
  closed.endpoints = {{"end", pipe.writer.endpoint()}};  // NOLINT(bugprone-use-after-move): that is the test
  CHECK(outcome(try_spawn("exits_at_once", {}, closed)) == errc::closed);
  CHECK(moved.is_open());
}

TEST_CASE("one object goes to a child once") {
  auto pipe = must(make_pipe());
  child_options options;
  options.endpoints = {{"one", pipe.writer.endpoint()}, {"two", pipe.writer.endpoint()}};
  CHECK(outcome(try_spawn("exits_at_once", {}, options)) == errc::invalid_argument);
  options.endpoints.pop_back();
  options.standard_output = pipe.writer.endpoint();
  CHECK(outcome(try_spawn("exits_at_once", {}, options)) == errc::invalid_argument);
  CHECK(pipe.writer.is_open());
  options.endpoints.clear();
  options.standard_error = pipe.writer.endpoint();  // both streams are one, as with 2>&1
  auto child = spawn_role("writes_both", {}, options);
  CHECK(read_all(pipe.reader) == "output, error");
  CHECK(must(child.wait(8s)).success());
}

VIADUCT_ROLE(writes_both, args) {
  std::cout << "output, " << std::flush;
  std::cerr << "error" << std::flush;
  return 0;
}

TEST_CASE("a standard stream takes the end of a pipe that fits") {
  auto pipe = must(make_pipe());
  const auto refused = [](const child_options& options) {
    return outcome(try_spawn("exits_at_once", {}, options)) == errc::invalid_argument;
  };
  CHECK(refused({.standard_input = pipe.writer.endpoint()}));
  CHECK(refused({.standard_output = pipe.reader.endpoint()}));
  CHECK(refused({.standard_error = pipe.reader.endpoint()}));
  CHECK(pipe.reader.is_open());
  CHECK(pipe.writer.is_open());
}

TEST_CASE("a named pipe's reader stays in its process") {
  auto reader = must(pipe_reader::create(unique_name()));
  child_options options;
  options.endpoints = {{"end", reader.endpoint()}};
  CHECK(outcome(try_spawn("exits_at_once", {}, options)) == errc::not_supported);
  CHECK(reader.is_open());
}

TEST_CASE("a connection with messages read ahead is not handed over") {
  auto pair = must(make_named_pipe_pair(framing::messages));
  must(pair.first.send("one", 1s));
  must(pair.first.send("two", 1s));
  std::string into(10, '\0');
  must(pair.second.receive(into, 1s));
  REQUIRE(pair.second.buffered() == 1);
  child_options options;
  options.endpoints = {{"line", pair.second.endpoint()}};
  CHECK(outcome(try_spawn("exits_at_once", {}, options)) == errc::invalid_argument);
  CHECK(must(pair.second.receive(into, 1s)) == 3);
}

TEST_CASE("64 endpoints arrive") {
  std::vector<pipe_pair> pipes;
  child_options options;
  for (int count = 0; count < 64; ++count) {
    pipes.push_back(must(make_pipe()));
    options.endpoints.emplace_back("end-" + std::to_string(count), pipes.back().writer.endpoint());
  }
  auto child = spawn_role("writes_numbers", {"64"}, options);
  for (int count = 0; count < 64; ++count) {
    CHECK(read_all(pipes[static_cast<std::size_t>(count)].reader) == std::to_string(count));
  }
  CHECK(must(child.wait(8s)).success());
}

VIADUCT_ROLE(writes_numbers, args) {
  for (int count = 0; count < std::stoi(args.at(0)); ++count) {
    auto end = must(inherited<pipe_writer>("end-" + std::to_string(count)));
    must(end.write_all(std::to_string(count), 8s));
  }
  return 0;
}

}  // namespace
}  // namespace viaduct::test
