// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/report.hpp"

#include <cstdio>
#include <exception>
#include <fstream>

#include "support/machine.hpp"

namespace viaduct::bench {

report::report(std::string benchmark)
    : benchmark_(std::move(benchmark)), machine_(describe_machine()), load_before_(load_average()) {
  std::printf("%s; load average %.2f\n", machine_.c_str(), load_before_);
}

void report::heading(const std::string& text) const {
  std::printf("\n%s\n", text.c_str());
  std::fflush(stdout);
}

void report::row(const std::string& line, json_object figures, std::optional<bool> holds) {
  if (holds) {
    ++bars_;
    failed_ += *holds ? 0 : 1;
    figures.flag("holds", *holds);
  }
  std::printf("%s%s\n", line.c_str(), !holds ? "" : *holds ? "   holds" : "   DOES NOT HOLD");
  std::fflush(stdout);
  rows_.push_back(figures.str());
}

int report::finish(const options& chosen) const {
  const double load_after = load_average();
  std::printf("\n%d of %d bars hold; load average %.2f before, %.2f after%s\n", bars_ - failed_, bars_, load_before_,
              load_after, chosen.quick ? "; a smoke run, not a verdict" : "");
  if (!chosen.json.empty()) {
    std::string rows;
    for (const std::string& row : rows_) rows += (rows.empty() ? "\n  " : ",\n  ") + row;
    json_object all;
    all.text("benchmark", benchmark_).text("machine", machine_).flag("quick", chosen.quick);
    all.number("load_before", load_before_).number("load_after", load_after).add("rows", "[" + rows + "]");
    std::ofstream file(chosen.json);
    file << all.str() << '\n';
    file.close();
    if (!file) fail("cannot write " + chosen.json);
  }
  return failed_ == 0 ? 0 : 1;
}

std::string show_time(double span) {
  const bool large = span >= 1e6;
  const double value = large ? span / 1e6 : span >= 1e3 ? span / 1e3 : span;
  char shown[32];
  std::snprintf(shown, sizeof shown, "%.*f %s",
                value < 10    ? 2
                : value < 100 ? 1
                              : 0,
                value,
                large         ? "ms"
                : span >= 1e3 ? "us"
                              : "ns");
  return shown;
}

int run_reporting(const options& chosen, const std::string& benchmark, void (*body)(const options&, report&)) {
  try {
    report findings(benchmark);
    body(chosen, findings);
    return findings.finish(chosen);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "bench %s: %s\n", benchmark.c_str(), failure.what());
    return 2;
  }
}

}  // namespace viaduct::bench
