// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a benchmark found: a table for people, JSON for programs, and whether every bar holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/json.hpp"
#include "support/options.hpp"

namespace viaduct::bench {

class report {
 public:
  explicit report(std::string benchmark);

  void heading(const std::string& text) const;
  /// A line of the table, and its figures. `holds` is empty for what is only reported.
  void row(const std::string& line, json_object figures, std::optional<bool> holds);

  /// Prints the verdict and writes the JSON file; the program's exit status.
  [[nodiscard]] int finish(const options& chosen) const;

 private:
  std::string benchmark_;
  std::string machine_;  // as it was before the benchmark kept us to one processor
  double load_before_;
  std::vector<std::string> rows_;
  int bars_ = 0;
  int failed_ = 0;
};

/// Nanoseconds as "5.21 us": three digits.
[[nodiscard]] std::string show_time(double span);

/// Runs a benchmark and turns exceptions into exit status 2.
[[nodiscard]] int run_reporting(const options& chosen, const std::string& benchmark,
                                void (*body)(const options&, report&));

}  // namespace viaduct::bench
