// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Where registry entries live. A user's private directory is %ProgramData%\viaduct-<SID>-<integrity level>; what wider
// circles may find is copied to %ProgramData%\viaduct-<SID>.public. (%LOCALAPPDATA% is closed to other users and
// redirected for packaged applications.) The environment variable VIADUCT_RUNTIME_DIR names another parent; both
// sides must agree.
//
// A directory is opened once, checked on the handle, and kept open without sharing its deletion, so that nobody can
// exchange it afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "viaduct/result.hpp"
#include "viaduct/user.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

struct directory {
  std::wstring path;  // \\?\C:\..., without a separator at the end
  unique_handle handle;
  user owner = user::unknown();
  /// What its files must be labelled at least; 0 where files carry no labels.
  std::uint32_t level = 0;

  /// The path of a file in it. The library's own file names are plain ASCII.
  [[nodiscard]] std::wstring file(std::string_view name) const;
};
using directory_ptr = std::shared_ptr<const directory>;

/// Ours, made if it is missing. name_hijacked (something that is not ours sits there), access_denied, not_supported (a
/// volume without access control, a network drive), invalid_argument (VIADUCT_RUNTIME_DIR is no absolute path).
[[nodiscard]] result<directory_ptr> own_directory();
[[nodiscard]] result<directory_ptr> own_public_directory();
/// A user's public directory, checked, never made. not_found, name_hijacked, name_invalid (an unknown user).
[[nodiscard]] result<directory_ptr> public_directory_of(const user& owner);

/// The parent of all of them, and the path a user's public directory has or would have, for watching.
[[nodiscard]] result<std::wstring> directory_parent();
[[nodiscard]] result<std::wstring> public_directory_path(const user& owner);

}  // namespace viaduct::windows
