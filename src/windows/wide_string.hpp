// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// UTF-8, the library's text, to UTF-16, the system's, and back.
#pragma once

#include <string>
#include <string_view>

#include "viaduct/result.hpp"

namespace viaduct::windows {

/// name_invalid if the text is not valid UTF-8 or contains NUL, which would end it early for the system.
[[nodiscard]] result<std::wstring> to_wide(std::string_view text);

/// Text from the system. What is not valid UTF-16 becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::wstring_view text);

/// Plain ASCII, which cannot fail.
[[nodiscard]] std::wstring widen_ascii(std::string_view text);

}  // namespace viaduct::windows
