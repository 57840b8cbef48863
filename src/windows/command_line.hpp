// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What CreateProcess takes: one text for all arguments, one block for the environment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "viaduct/result.hpp"

namespace viaduct::windows {

/// Quoted so that the C runtime of the child splits it into exactly these arguments. invalid_argument (not UTF-8),
/// limit_reached (32,767 characters).
[[nodiscard]] result<std::wstring> make_command_line(const std::wstring& program, const std::vector<std::string>& args);

/// "key=value" texts, each ended by NUL, sorted, with `extra` added; nullopt: this process's own.
[[nodiscard]] result<std::wstring> make_environment(const std::optional<std::map<std::string, std::string>>& wanted,
                                                    const std::wstring& extra);

}  // namespace viaduct::windows
