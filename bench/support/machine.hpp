// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a benchmark asks of the machine. POSIX; pinning needs Linux.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "viaduct/result.hpp"

namespace viaduct::bench {

using clock = std::chrono::steady_clock;
using nanoseconds = std::chrono::nanoseconds;

/// Processors this process may use.
[[nodiscard]] std::vector<int> processors();
/// Keeps the calling thread on one of them.
void pin(int processor);

/// One line: processor, kernel, number of processors.
[[nodiscard]] std::string describe_machine();
/// The load average of the last minute; negative if the system does not say.
[[nodiscard]] double load_average();

[[noreturn]] void fail(const std::string& what);
/// With the text of errno.
[[noreturn]] void fail_errno(const std::string& what);

/// The value, or an exception with the whole error.
template <class T>
T must(result<T>&& from) {
  if (from.has_error()) [[unlikely]]
    fail(from.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*from);
}

}  // namespace viaduct::bench
