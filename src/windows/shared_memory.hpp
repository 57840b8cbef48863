// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory is a section: of a file for named memory and open_file(), else of the page file.
//
// A file that is open or mapped anywhere cannot be deleted, and the last who leaves an entry deletes its file. So what a
// process holds goes in this order: views, section and file, then the entry. A view keeps the memory for that, and no
// handle is duplicated into it.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "backend/shared_memory.hpp"
#include "windows/entry_file.hpp"
#include "windows/handle.hpp"
#include "windows/section.hpp"

namespace viaduct::backend {

struct memory {
  memory() = default;
  memory(const memory&) = delete;
  memory& operator=(const memory&) = delete;
  ~memory();

  std::optional<entry> owned = {};   // destroyed last
  windows::unique_handle file = {};  // not shared for deletion, as long as the memory is open
  windows::unique_handle section = {};
  std::size_t bytes = 0;
  access mode = access::read_write;
  writers who = writers::everyone;
  bool made_here = false;
  bool is_users_file = false;  // where what is written can be waited for

  /// Of an entry that was left by release() while views kept its file from being deleted: tried again at the end.
  std::optional<windows::entry_place> left = {};

  /// With writers::creator `section` can only be read through, whoever gets it. This handle makes the one writable view,
  /// and is gone.
  std::mutex guard = {};
  windows::unique_handle writing = {};
};

struct view {
  memory_ptr of;  // destroyed last
  windows::mapped shown;
};

}  // namespace viaduct::backend
