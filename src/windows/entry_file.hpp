// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One registry entry as a file: its handle, its locks, its record, and what is cleaned up with it. These are the steps;
// entry_protocol.hpp puts them in order.
//
// Locks: the gate, which whoever decides about the entry holds (exclusively); the owner's byte and one byte for each
// member, exclusively by those who live. All lie far behind the record, because a locked byte cannot be read. Whether a
// byte is held is asked by a *shared* try, never an exclusive one: two who ask at once must not see each other. One's
// own byte is never asked for: on the same handle the try succeeds, and the unlock would free the lock itself.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "viaduct/result.hpp"
#include "windows/entry_directory.hpp"
#include "windows/entry_record.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

inline constexpr std::uint64_t members_start = std::uint64_t{1} << 62;
inline constexpr std::uint64_t members_length = std::uint64_t{1} << 62;
inline constexpr std::uint64_t gate_byte = members_start - 2;
inline constexpr std::uint64_t owner_byte = members_start - 1;

struct entry_place {
  directory_ptr where;
  std::string name;  // of the entry's file
  [[nodiscard]] std::wstring path() const { return where->file(name); }
};

struct file_id {
  DWORD volume = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const file_id&, const file_id&) = default;
};

/// This process's one handle of an entry's file: two would lock each other out. Never mapped, never duplicated. All but
/// the handle is guarded by entry_mutex().
struct entry_file {
  unique_handle handle;
  file_id id;
  unsigned members = 0;  // holds of this process that count as members; our member byte is locked while there are any
  bool owns = false;     // the owner's byte is ours
  bool gated = false;    // a thread of this process has the gate
};
using entry_file_ptr = std::shared_ptr<entry_file>;

/// Held around each attempt at an entry, never across a wait and not while an object is built.
[[nodiscard]] std::mutex& entry_mutex() noexcept;

/// Somebody else has the file in their hands at this moment: sharing violation, access denied (being deleted), locked.
[[nodiscard]] bool is_held_open(const error& why) noexcept;

/// Opens the file, or finds the handle this process has already. not_found, is_held_open(), name_hijacked. Mutex held.
[[nodiscard]] result<entry_file_ptr> open_entry_file(const entry_place& place, DWORD disposition);
/// A look from outside, with a handle of its own that shares nothing with this process's holds.
[[nodiscard]] result<entry_file_ptr> look_at_entry_file(const entry_place& place);

/// The right to decide about an entry, for a few microseconds. Made and destroyed with the mutex held; the file must
/// outlive it.
class gate {
 public:
  gate() noexcept = default;
  /// Tries for at most 30 ms; nullopt: busy.
  [[nodiscard]] static result<std::optional<gate>> enter(entry_file& file);
  gate(gate&& other) noexcept;
  gate& operator=(gate&& other) noexcept;
  ~gate();

 private:
  explicit gate(entry_file& file) noexcept : file_(&file) {}
  entry_file* file_ = nullptr;
};

[[nodiscard]] result<std::optional<entry_record>> read_record(const entry_file& file, const entry_place& place);
[[nodiscard]] result<void> write_record(const entry_file& file, const entry_record& what);

/// Does the object that this record describes live? Mutex held, and the gate unless the caller is content with a
/// moment.
[[nodiscard]] result<bool> lives(const entry_file& file, const entry_record& what);
/// Does any process have the object open, this one included? Mutex held.
[[nodiscard]] result<bool> has_members(const entry_file& file);
/// Does anybody hold this byte? Never for a byte of ours.
[[nodiscard]] result<bool> is_locked(const entry_file& file, std::uint64_t start, std::uint64_t length);

/// Makes this process's hold one of a member, or the owner. Somebody who asks may be in the way for a moment. Mutex
/// held.
[[nodiscard]] result<void> become_member(entry_file& file, std::uint64_t member);
[[nodiscard]] result<void> become_owner(entry_file& file);
void stop_being_member(entry_file& file, std::uint64_t member) noexcept;
void stop_being_owner(entry_file& file) noexcept;

/// Deletes the objects of an entry, whoever made them. False: some are still in use. With the gate, or alone.
[[nodiscard]] bool remove_objects(const entry_place& place);
/// Removes the object that the record describes, its public copy, and the record. False: something is still in use, and
/// the record goes on listing a dead object. With the gate.
[[nodiscard]] bool destroy_object(const entry_place& place, const entry_file& file, const entry_record& what);
/// Removes an entry that nobody has open and whose object does not live, with all that belongs to it; tries a few
/// times, because somebody who looks has it open for a moment.
void sweep_entry(const entry_place& place, int tries = 4);

/// The copy other users, and lower levels, may read. Never locked. With the gate.
[[nodiscard]] result<void> publish_copy(const std::string& entry, const entry_record& what);
void withdraw_copy(const std::string& entry);

/// Pauses between attempts: the processor to others, then 1 to 3 ms; for at most one second.
class backoff {
 public:
  /// False: the time is over.
  [[nodiscard]] bool pause() noexcept;

 private:
  unsigned round_ = 0;
  std::uint64_t until_ = 0;
};

}  // namespace viaduct::windows
