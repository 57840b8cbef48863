// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Where a user's registry entries and objects live. Directories are opened once, checked on the descriptor, and used
// through *at calls from then on, so that exchanging the path afterwards leads nobody astray.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "posix/descriptor.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"

namespace viaduct::posix {

struct directory {
  descriptor handle;
  std::string path;  // for messages and for systems without /proc; prefer the descriptor
};

/// Our private directory, mode 0700, made if it is missing. name_hijacked if something else sits there.
[[nodiscard]] result<std::shared_ptr<const directory>> own_directory();

/// Where copies of what other users may open are kept: ours, mode 0711, made if it is missing. name_hijacked.
[[nodiscard]] result<std::shared_ptr<const directory>> own_public_directory();

/// Mine: own_directory(). Another user's: their public directory, checked, never made. not_found, name_hijacked,
/// name_invalid (an unknown user).
[[nodiscard]] result<std::shared_ptr<const directory>> directory_of(const user& owner);

/// A path of this file for calls that take no directory descriptor (bind, connect, inotify): through /proc where that
/// exists, which also keeps it short and bound to the directory that was checked.
[[nodiscard]] std::string path_in(const directory& where, const std::string& file);

/// Forgets the directories kept open: in a forked child, whose descriptors were replaced. Async-signal-safe enough for a
/// fork handler: makes no allocation.
void forget_directories() noexcept;

}  // namespace viaduct::posix
