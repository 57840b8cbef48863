// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The library's own log lines. Ask enabled() before building an expensive text; never on a hot path.
#pragma once

#include <string_view>

#include "viaduct/log.hpp"

namespace viaduct::detail {

[[nodiscard]] bool log_enabled(log_level level) noexcept;
/// Never throws and never fails the caller: a sink that throws loses its record.
void write_log(log_level level, std::string_view message) noexcept;

}  // namespace viaduct::detail
