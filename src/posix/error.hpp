// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// errno to error, once.
#pragma once

#include <string>

#include "viaduct/error.hpp"

namespace viaduct::posix {

/// The portable code of an errno value, with a hint where one helps.
[[nodiscard]] error failure(int code) noexcept;

/// A name_hijacked error with the path of what sits there, and what to do about it. Any other error as it is.
[[nodiscard]] error located(const error& cause, const std::string& path);

}  // namespace viaduct::posix
