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

/// Where what other users may open is linked and copied to: ours, mode 0711, made if it is missing. name_hijacked.
[[nodiscard]] result<std::shared_ptr<const directory>> own_public_directory();

/// Mine: own_directory(). Another user's: their public directory, checked, never made. not_found, name_hijacked,
/// name_invalid (not a user of this system).
[[nodiscard]] result<std::shared_ptr<const directory>> directory_of(const user& owner);

// Around a fork: held before it; in the child the directories kept open are forgotten, for their descriptors were replaced.
void lock_directories() noexcept;
void unlock_directories() noexcept;
void forget_directories() noexcept;

// --- what differs between systems; defined in directory.cpp, the rest in directory_cache.cpp
/// A path of this file for a watch, which takes no directory descriptor: through /proc where that exists, which also keeps
/// it bound to the directory that was checked. For bind() and connect(): socket_address.hpp.
[[nodiscard]] std::string path_in(const directory& where, const std::string& file);

/// The directory all users' directories lie in. VIADUCT_RUNTIME_DIR names another, but not to a privileged program.
[[nodiscard]] result<std::string> parent_of_directories();
[[nodiscard]] result<std::string> private_path(uid_t owner);
[[nodiscard]] result<std::string> public_path(uid_t owner);
/// Flags for opening a directory that may be searched but not read.
[[nodiscard]] int search_only() noexcept;

}  // namespace viaduct::posix
