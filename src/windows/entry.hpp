// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the Windows backends may know of a registry entry beyond the contract.
#pragma once

#include <cstdint>
#include <string>

#include "backend/entry.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"

namespace viaduct::windows {

struct found_entry {
  backend::entry_description description;
  user owner = user::unknown();  // who must own the object
  std::uint32_t level = 0;       // what it must be labelled at least
  bool is_copy = false;          // from a public directory: whether the owner lives, only the connection tells
};

/// As backend::entry::find. Our own private entry first; if there is none by this name, our public copy (made at
/// another integrity level). Of another user only the public copy can be seen.
[[nodiscard]] result<found_entry> find_entry(backend::object_kind kind, const name& what);

/// The directory that holds our entries and those objects that are files ("<directory>\<native_name>").
[[nodiscard]] result<std::wstring> entry_directory();

}  // namespace viaduct::windows
