// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Counts what the calling thread allocates with operator new, to show that an operation allocates nothing; and makes it fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

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

/// While it lives, one allocation of this thread fails: the first from now on, or another by its number.
class failing_allocation {
 public:
  explicit failing_allocation(std::uint64_t number) noexcept;
  ~failing_allocation();
  failing_allocation(const failing_allocation&) = delete;
  failing_allocation& operator=(const failing_allocation&) = delete;
  [[nodiscard]] bool has_failed() const noexcept;
};

/// Plays the scenario, which wraps what is tested into the function it is given: with the first allocation of that failing,
/// then with the second, until there are no more.
template <class Scenario>
void fail_each_allocation(Scenario&& scenario) {
  std::uint64_t number = 0;
  bool has_failed = true;
  while (has_failed) {
    ++number;
    scenario([&](auto&& action) {
      const failing_allocation shortage(number);
      try {
        action();
      } catch (const std::bad_alloc&) {  // as it may
      }
      has_failed = shortage.has_failed();
    });
  }
}

}  // namespace viaduct::test
