// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/duel.hpp"

#include <cstdio>
#include <optional>
#include <vector>

#include "support/options.hpp"
#include "support/statistics.hpp"

namespace viaduct::bench {

namespace {

std::uint64_t calibrate(const trial& of, nanoseconds length) {
  const double wanted = static_cast<double>(length.count());
  for (std::uint64_t count = 8;; count *= 2) {
    const double each = of(count);
    if (each * static_cast<double>(count) > wanted / 4) return static_cast<std::uint64_t>(wanted / each) + 1;
  }
}

struct measured {
  std::vector<double> ratios;
  std::vector<double> differences;
  std::vector<double> base;
  std::vector<double> other;
};

measured measure(const duel& which, const options& chosen) {
  const nanoseconds length = chosen.quick ? std::chrono::milliseconds(1) : std::chrono::milliseconds(6);
  const int pairs = chosen.pairs != 0 ? chosen.pairs : chosen.quick ? 5 : which.pairs != 0 ? which.pairs : 41;
  const std::uint64_t count = which.count != 0 ? which.count : calibrate(which.base, length);
  (void)which.other(count);
  measured found;
  for (int pair = 0; pair < pairs; ++pair) {
    const double first = which.base(count);
    const double second = which.other(count);
    const double third = which.other(count);
    const double fourth = which.base(count);
    found.ratios.push_back((second + third) / (first + fourth));
    found.differences.push_back((second + third - first - fourth) / 2);
    found.base.insert(found.base.end(), {first, fourth});
    found.other.insert(found.other.end(), {second, third});
  }
  return found;
}

}  // namespace

void duel_heading(const report& findings, const std::string& where) {
  findings.heading(where + "; ratio of times: p25, median, p75; then the times themselves");
}

void run_duel(const options& chosen, report& findings, const duel& which) {
  const measured found = measure(which, chosen);
  const double lower = quantile(found.ratios, 0.25);
  const double base = quantile(found.base, 0.5);
  const double other = quantile(found.other, 0.5);
  char text[240];
  std::snprintf(text, sizeof text, "  %-56s %5.3f  %5.3f  %5.3f   %10s  %10s", which.text.c_str(), lower,
                quantile(found.ratios, 0.5), quantile(found.ratios, 0.75), show_time(base).c_str(),
                show_time(other).c_str());
  json_object figures;
  figures.text("comparison", which.text).number("p25", lower).number("median", quantile(found.ratios, 0.5));
  figures.number("p75", quantile(found.ratios, 0.75)).number("pairs", static_cast<double>(found.ratios.size()));
  figures.number("base_ns", base).number("other_ns", other);
  std::string line = text;
  std::optional<bool> holds;
  const auto bar = [&](const char* before, double limit, const char* after, double value) {
    if (limit <= 0) return;
    char shown[24];
    std::snprintf(shown, sizeof shown, "%.4g", limit);
    line.append("   <= ").append(before).append(shown).append(after);
    figures.number("bar", limit);
    holds = holds.value_or(true) && value <= limit;
  };
  bar("", which.ratio, "", lower);
  bar("raw + ", which.difference, " ns", quantile(found.differences, 0.25));
  bar("", which.absolute, " ns", quantile(found.other, 0.25));
  findings.row(line, figures, holds);
}

}  // namespace viaduct::bench
