// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/options.hpp"

#include <charconv>
#include <cstdio>
#include <string_view>

namespace viaduct::bench {

namespace {

constexpr const char* usage =
    "\n"
    "  --pairs N     measure N pairs (or N samples) instead of the usual number; at least 3\n"
    "  --quick       a smoke run: few and short measurements, not a verdict\n"
    "  --json FILE   write the results there too\n"
    "  --help        this text\n"
    "\n"
    "Exit status: 0 every bar holds, 1 one does not, 2 bad use or a failure.\n";

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < 3 || value > 1'000'000) return std::nullopt;
  return value;
}

}  // namespace

std::optional<options> parse_options(int argc, char** argv, const char* what, int& exit_code) {
  options found;
  exit_code = 2;
  for (int index = 1; index < argc; ++index) {
    const std::string_view argument = argv[index];
    const char* value = index + 1 < argc ? argv[index + 1] : nullptr;
    if (argument == "--help") {
      std::printf("%s\n%s", what, usage);
      exit_code = 0;
      return std::nullopt;
    }
    if (argument == "--quick") {
      found.quick = true;
    } else if (argument == "--json" && value != nullptr) {
      found.json = argv[++index];
    } else if (const auto pairs = argument == "--pairs" && value != nullptr ? number(value) : std::nullopt; pairs) {
      found.pairs = *pairs;
      ++index;
    } else {
      std::fprintf(stderr, "bad use: %s (try --help)\n", argv[index]);
      return std::nullopt;
    }
  }
  return found;
}

}  // namespace viaduct::bench
