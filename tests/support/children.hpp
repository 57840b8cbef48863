// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Children that the library starts: the test program in a role, its standard output piped unless the test says otherwise.
#pragma once

#include <chrono>
#include <string>

#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "viaduct/child_process.hpp"

namespace viaduct::test {

[[nodiscard]] inline result<child_process> try_spawn(const std::string& role, const arguments& args = {},
                                                     const child_options& options = {}) {
  return child_process::spawn(this_program(), role_command(role, args), options);
}

[[nodiscard]] inline child_process spawn_role(const std::string& role, const arguments& args = {},
                                              const child_options& options = {}) {
  return must(try_spawn(role, args, options));
}

/// All that comes until the end, without carriage returns.
[[nodiscard]] inline std::string read_all(pipe_reader& from) {
  std::string all, chunk(1000, '\0');
  for (;;) {
    const auto got = from.read_some(chunk, std::chrono::seconds(8));
    if (got.has_error()) {
      if (!(outcome(got) == errc::closed)) throw std::runtime_error("unexpected: " + got.error().message());
      return all;
    }
    for (const char letter : chunk.substr(0, *got)) {
      if (letter != '\r') all += letter;
    }
  }
}

/// One line, without its end.
[[nodiscard]] inline std::string read_line(pipe_reader& from) {
  std::string line;
  for (;;) {
    char letter = 0;
    must(from.read_exactly({&letter, 1}, std::chrono::seconds(8)));
    if (letter == '\n') return line;
    if (letter != '\r') line += letter;
  }
}

/// What a role says with these options, and how it must end.
[[nodiscard]] inline std::string output_of(const std::string& role, const arguments& args = {},
                                           child_options options = {}) {
  options.standard_output = stdio::piped;
  auto child = spawn_role(role, args, options);
  std::string said = read_all(child.standard_output());
  if (!must(child.wait(std::chrono::seconds(8))).success()) return "the child failed after: " + said;
  return said;
}

}  // namespace viaduct::test
