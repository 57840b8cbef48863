// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The command line that the benchmarks with a bar share.
#pragma once

#include <optional>
#include <string>

namespace viaduct::bench {

struct options {
  std::string json;  // file; empty: none
  int pairs = 0;     // 0: the benchmark's own choice
  bool quick = false;
};

/// Nothing when the program is to end, with the status in `exit_code`: after --help, or bad use.
[[nodiscard]] std::optional<options> parse_options(int argc, char** argv, const char* what, int& exit_code);

}  // namespace viaduct::bench
