// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A Windows error code to error, once.
#pragma once

#include "viaduct/error.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

/// The portable code of a GetLastError() value, with a hint where one helps.
[[nodiscard]] error failure(DWORD code) noexcept;

}  // namespace viaduct::windows
