// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Counts what the calling thread allocates with operator new, to show that an operation allocates nothing; and makes it fail.
#pragma once

#include <cstddef>
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

/// While it lives, this thread's allocations of at least so many bytes fail.
class scarce_memory {
 public:
  explicit scarce_memory(std::size_t too_large) noexcept;
  ~scarce_memory();
  scarce_memory(const scarce_memory&) = delete;
  scarce_memory& operator=(const scarce_memory&) = delete;
};

}  // namespace viaduct::test
