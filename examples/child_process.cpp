// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Three ways to work with a child: its standard output, a duplex line to it, and how it ends.
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

// [output]
// The child's standard output is a pipe here; reading it ends when the child does.
void collect_output(const std::filesystem::path& program) {
  auto child = viaduct::child_process::spawn(program, {"talker"}, {.standard_output = viaduct::stdio::piped}).value();
  char text[64];
  const std::size_t size = child.standard_output().read_some(text, 5s).value();
  std::cout << "child printed \"" << std::string_view(text, size) << "\", ended with " << child.wait(5s).value()
            << '\n';
}

int talker() {
  viaduct::standard_output().value().write_all("forty-two", 5s).value();
  return 3;
}
// [output]

// [line]
// A duplex line without a name: one end stays, the other is handed over. Nothing else is inherited.
void ask(const std::filesystem::path& program) {
  auto line = viaduct::make_named_pipe_pair(viaduct::framing::messages).value();
  auto child =
      viaduct::child_process::spawn(program, {"worker"}, {.endpoints = {{"line", line.second.endpoint()}}}).value();
  char answer[64];
  line.first.send("6 * 7", 5s).value();
  const std::size_t size = line.first.receive(answer, 5s).value();
  std::cout << "worker answered \"" << std::string_view(answer, size) << "\"\n";

  child.request_stop().value();  // asks; kill() does not
  std::cout << "worker stopped with " << child.wait(5s).value() << '\n';
}

int worker() {
  (void)viaduct::stop_requested(viaduct::deadline::now());  // from here on a request to stop is ours to answer
  auto line = viaduct::inherited<viaduct::named_pipe>("line").value();
  char question[64];
  const std::size_t size = line.receive(question, 5s).value();
  line.send(std::string_view(question, size) == "6 * 7" ? "42" : "what?", 5s).value();
  viaduct::stop_requested(5s).value();  // throws if nobody asks within 5 s
  return 0;
}
// [line]

// [not-there]
// A program that cannot be started is an error of spawn, not an exit status of the child.
void start_what_is_not_there() {
  const auto child = viaduct::child_process::spawn("no-such-program", {});
  std::cout << "no such program: " << child.error().code() << '\n';
}
// [not-there]

}  // namespace

int main(int count, char** args) try {
  const std::string role = count > 1 ? args[1] : "parent";
  if (role == "talker") return talker();
  if (role == "worker") return worker();
  const std::filesystem::path self = viaduct::identity::self().executable().value();
  collect_output(self);
  ask(self);
  start_what_is_not_there();
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
