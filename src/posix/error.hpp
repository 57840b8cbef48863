// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// errno to error, once.
#pragma once

#include "viaduct/error.hpp"

namespace viaduct::posix {

/// The portable code of an errno value, with a hint where one helps.
[[nodiscard]] error failure(int code) noexcept;

}  // namespace viaduct::posix
