// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the library says by itself: little. Silent below `warning` unless asked; never on a hot path.
//
// The environment variable VIADUCT_LOG (trace, debug, info, warning, error, off) sets the first level; an unknown word
// is reported once and counts as `warning`. Threads: any.
#pragma once

#include <functional>
#include <string_view>

#include "viaduct/export.hpp"

namespace viaduct {

enum class log_level { trace, debug, info, warning, error, off };

/// Receives each record. Called from any thread, one call at a time; must not call back into the library.
using log_sink = std::function<void(log_level, std::string_view message)>;

/// Records below `level` are dropped before they are formatted.
VIADUCT_EXPORT void set_log_level(log_level level) noexcept;
[[nodiscard]] VIADUCT_EXPORT log_level current_log_level() noexcept;

/// Sends records to `sink` instead of standard error; an empty function restores standard error.
VIADUCT_EXPORT void set_log_sink(log_sink sink);

}  // namespace viaduct
