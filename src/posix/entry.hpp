// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the POSIX backends may know of a registry entry beyond the contract: its directory, its file, and the byte in it
// that a FIFO's reader and writer share.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/entry.hpp"
#include "posix/descriptor.hpp"
#include "posix/directory.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

struct found_entry {
  std::shared_ptr<const directory> where;  // of the entry and of its object
  descriptor file;                         // read-only: closing a writable one would wake everybody who watches
  backend::entry_description description;
};

/// As backend::entry::find. Of another user only the public copy can be seen: whether they live, the connection tells.
[[nodiscard]] result<found_entry> find_entry(backend::object_kind kind, const name& what);

/// The same, of our own user, with a file that can be locked and written. access_denied for another user's.
[[nodiscard]] result<found_entry> find_entry_to_lock(backend::object_kind kind, const name& what);

/// The descriptor of an entry we hold. Never mapped, never duplicated, never closed by others: it carries the locks.
[[nodiscard]] int entry_file(const backend::entry& held) noexcept;
[[nodiscard]] const directory& entry_directory(const backend::entry& held) noexcept;
[[nodiscard]] const std::string& entry_file_name(const backend::entry& held) noexcept;

/// One byte of the entry. A writer of a FIFO writes `taken` before its first byte; the reader writes `free` when it has
/// reported the end of that writer's stream.
enum class writer_mark : std::uint8_t { free = 0, taken = 1 };
/// peer_corrupt if the byte is neither.
[[nodiscard]] result<writer_mark> read_writer_mark(int entry_file);
[[nodiscard]] result<void> write_writer_mark(int entry_file, writer_mark mark);
/// Byte 2 of the entry, on the caller's own open file description; it goes when that is closed. False: another writer has it.
[[nodiscard]] result<bool> try_lock_writer(int entry_file);
/// Does anybody hold byte 2? Needs no writable file.
[[nodiscard]] result<bool> has_writer(int entry_file);

}  // namespace viaduct::posix
