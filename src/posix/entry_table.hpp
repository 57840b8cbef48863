// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The entries this process holds, by inode and never by name: two open descriptions of one process would lock each other
// out, and one's own locks are invisible on one's own description. All objects of one name share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "posix/entry_file.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

struct held_entry {
  explicit held_entry(opened_entry entry) noexcept : opened(std::move(entry)) {}

  const opened_entry opened;
  std::size_t uses = 1;    // guarded by the table's lock, as is the next
  bool owns_name = false;  // byte 0 is ours
};
using held_ptr = std::shared_ptr<held_entry>;

/// Held around each attempt at a name, never across a wait or while an object is built; and across a fork.
class table_lock {
 public:
  table_lock() noexcept;
  ~table_lock();
  table_lock(const table_lock&) = delete;
  table_lock& operator=(const table_lock&) = delete;

  [[nodiscard]] held_ptr find(const file_id& id) const;
  void enter(const held_ptr& held) const;
  void remove(const file_id& id) const noexcept;
};

struct own_process {
  std::uint64_t member = 0;  // random, 1 .. 2^62 - 1
  std::uint64_t process_id = 0;
  std::uint64_t start_time = 0;
};
/// Drawn once; a forked child draws again, for with the parent's member id every open there would fail for ever.
[[nodiscard]] result<own_process> this_process();
/// 0 if none could be drawn yet.
[[nodiscard]] std::uint64_t own_member() noexcept;

/// Makes a fork hold the locks of the table and of the directories, and the child start with neither.
void install_fork_handlers() noexcept;

}  // namespace viaduct::posix
