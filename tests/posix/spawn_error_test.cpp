// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Programs that cannot be started, where the system's code alone would send people the wrong way.
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/child_process.hpp"

namespace viaduct::test {
namespace {

std::filesystem::path executable(const scratch_directory& place, const std::string& content) {
  const auto file = place.path() / "script";
  std::ofstream(file) << content;
  REQUIRE(::chmod(file.c_str(), 0700) == 0);
  return file;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE("a script whose interpreter is missing is there itself") {
  const scratch_directory place;
  const auto refused = child_process::spawn(executable(place, "#!/no/such/interpreter\n"), {});
  REQUIRE(outcome(refused) == errc::not_found);
  CHECK(has(refused.error().hint(), "the program is there"));
}

TEST_CASE("text without a first line is no program") {
  const scratch_directory place;
  const auto refused = child_process::spawn(executable(place, "echo hello\n"), {});
  REQUIRE(outcome(refused) == errc::invalid_argument);
  CHECK(refused.error().os_code() == ENOEXEC);
  CHECK(has(refused.error().hint(), "#!"));
}

TEST_CASE("arguments that are too long are a limit, with its name") {
  const auto refused = child_process::spawn("/bin/sh", {std::string(std::size_t{4} << 20, 'x')});
  REQUIRE(outcome(refused) == errc::limit_reached);
  CHECK(has(refused.error().hint(), "ARG_MAX"));
}

TEST_CASE("a program without the right to be executed is access_denied, and says so") {
  const scratch_directory place;
  const auto file = executable(place, "#!/bin/sh\n");
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  const auto refused = child_process::spawn(file, {});
  REQUIRE(outcome(refused) == errc::access_denied);
  CHECK(has(refused.error().hint(), "may not execute the program"));
}

}  // namespace
}  // namespace viaduct::test
