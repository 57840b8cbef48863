// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Several processes that want the same: how much they get done together, and who gets how much of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "support/machine.hpp"

namespace viaduct::bench {

/// One turn; made in each of the processes, after the fork.
using turn = std::function<void()>;
using turn_maker = std::function<turn()>;

struct crowd_result {
  double ns_each = 0;          // time by turns, of all together
  std::vector<double> shares;  // of each process, largest first
};

/// Forks so many processes, which begin together and take turns for so long.
[[nodiscard]] crowd_result run_crowd(std::size_t processes, nanoseconds length, const turn_maker& make);

/// Keeps the processor busy for about so long, without asking the clock.
void busy(nanoseconds span);

/// Memory that forked processes share.
[[nodiscard]] void* shared_pages(std::size_t size);

}  // namespace viaduct::bench
