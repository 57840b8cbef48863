// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Counts what the calling thread allocates with operator new, to show that an operation allocates nothing.
#pragma once

#include <cstdint>

namespace viaduct::test {

/// Allocations of this thread so far.
[[nodiscard]] std::uint64_t allocations() noexcept;

template <class Action>
[[nodiscard]] std::uint64_t allocations_during(Action&& action) {
  const std::uint64_t before = allocations();
  action();
  return allocations() - before;
}

}  // namespace viaduct::test
