// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A number for each thread that no other thread of any process has. Known without a system call after a thread's first use.
#pragma once

#include <atomic>
#include <cstdint>

#include "common/generation.hpp"

namespace viaduct::detail {

/// 0 is nobody.
using thread_token = std::uint64_t;

[[nodiscard]] thread_token make_thread_token() noexcept;

[[nodiscard]] inline thread_token this_thread() noexcept {
  struct known {
    std::uint32_t generation;
    thread_token token;
  };
  constexpr std::uint32_t never = ~std::uint32_t{0};
  thread_local known mine{never, 0};
  const std::uint32_t generation = process_generation.load(std::memory_order_relaxed);
  if (mine.generation != generation) [[unlikely]]
    mine = {generation, make_thread_token()};
  return mine.token;
}

}  // namespace viaduct::detail
