// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two ways of doing the same within one thread's view: batches in the order A B B A, as contest.hpp does it between two
// processes. A bar is judged by the lower quartile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "support/machine.hpp"
#include "support/report.hpp"

namespace viaduct::bench {

/// Nanoseconds each, of so many in a row.
using trial = std::function<double(std::uint64_t count)>;

struct duel {
  std::string text;
  trial base;
  trial other;
  double ratio = 0;       // bar of other's time by base's; 0: none
  double difference = 0;  // bar of other's time less base's, in nanoseconds; 0: none
  double absolute = 0;    // bar of other's time, in nanoseconds; 0: none
  std::uint64_t count =
      0;          // 0: so that a batch takes some milliseconds; else given to the trials, which know by themselves
  int pairs = 0;  // 0: as always
};

/// The time of `action`, inlined into its loop.
template <class Action>
[[nodiscard]] double time_each(std::uint64_t count, Action&& action) {
  const clock::time_point begin = clock::now();
  for (std::uint64_t left = count; left != 0; --left) action();
  return static_cast<double>(nanoseconds(clock::now() - begin).count()) / static_cast<double>(count);
}

void duel_heading(const report& findings, const std::string& where);
void run_duel(const options& chosen, report& findings, const duel& which);

}  // namespace viaduct::bench
