// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One registry entry as a file: opening it with suspicion, its locks, whether its object lives, and destroying it. These
// are the steps; entry_protocol.hpp puts them in order.
//
// Locks (of the open file description, never waited for): byte 0 the owner; byte 1 the destroyer of an `owner` object; byte
// 2 a FIFO's writer; byte 2^62 + id a member. The destroyer of a `users` object locks [1, end), which excludes members,
// creators and other destroyers at once. One's own locks are invisible through one's own descriptor.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <memory>
#include <optional>
#include <string>

#include "posix/descriptor.hpp"
#include "posix/directory.hpp"
#include "posix/entry_format.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

inline constexpr std::int64_t owner_byte = 0;
inline constexpr std::int64_t destroyer_byte = 1;
inline constexpr std::int64_t writer_byte = 2;
inline constexpr std::int64_t first_member_byte = std::int64_t{1} << 62;
[[nodiscard]] constexpr std::int64_t member_byte(std::uint64_t member) noexcept {
  return first_member_byte + static_cast<std::int64_t>(member);
}

/// Which inode: a name may come to mean another one at any time.
struct file_id {
  dev_t device = 0;
  ino_t inode = 0;
  friend auto operator<=>(const file_id&, const file_id&) = default;
};

struct opened_entry {
  std::shared_ptr<const directory> where;
  std::string file_name;
  descriptor file;
  file_id id;
  entry_record record;
  entry_phase phase = entry_phase::building;  // when it was opened
};

enum class file_access { look, lock };  // read-only: closing it wakes nobody who watches the file; or read and write
enum class file_origin { own, foreign };

struct entry_place {
  std::shared_ptr<const directory> where;
  std::string file_name;
  file_origin origin = file_origin::own;
};

/// not_found: absent. name_hijacked: not a file of its owner's, or open to others. peer_corrupt, layout_mismatch: decode().
[[nodiscard]] result<opened_entry> open_entry(const entry_place& place, file_access access);
/// Only for an own entry: a second descriptor of the same inode, for locking. not_found: the name means another by now.
[[nodiscard]] result<descriptor> reopen_entry(const opened_entry& seen);

[[nodiscard]] result<entry_phase> read_phase(int file);
[[nodiscard]] result<void> write_phase(int file, entry_phase phase);
/// Does the name still mean this inode?
[[nodiscard]] result<bool> is_named(const opened_entry& entry);

enum class standing { alive, building, dying, dead };
/// What an opener finds, in the order that the protocol demands: phase, locks, and only then whether it is being built.
[[nodiscard]] result<standing> look(const opened_entry& entry);

enum class claim { destroyer, busy, alive };
enum class claim_purpose { takeover, removal };
/// Tries to become the destroyer of what is dead.
[[nodiscard]] result<claim> claim_dead(const opened_entry& entry, claim_purpose purpose);
/// As its creator: the lock alone, without asking whether it lives. False: somebody else destroys it.
[[nodiscard]] result<bool> claim_own(const opened_entry& entry, entry_phase phase);
/// The lock is held. Does nothing if the name means another entry by now. After an error the entry is left, dying, to the
/// next who wants the name. `reached` is `building` only for its own creator's: nobody has joined it, so it has no bells, and
/// to look for them would need a descriptor, perhaps the very thing that was missing.
[[nodiscard]] result<void> destroy(const opened_entry& entry, entry_phase reached = entry_phase::published);
/// Something damaged sits under the name: removes it if nobody holds a lock in it, and touches nothing that it lists.
/// True: the name may be tried again.
[[nodiscard]] result<bool> clear_damaged(const entry_place& place);

/// The creator, for hints: "owned by process 4711 (/usr/bin/sensord)".
[[nodiscard]] std::string creator_hint(const entry_record& record);

}  // namespace viaduct::posix
