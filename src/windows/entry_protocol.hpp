// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The steps of entry_file.hpp in their order: building, joining, taking over, leaving. docs/names.md tells the whole.
//
//   With the gate: nobody alive = take over in place: clean up, write "building", build, lock, write "live".
//   Nobody ever renames an entry or deletes it while others have it open, so a reader or an old member never blocks a
// name.
#pragma once

#include <optional>

#include "backend/entry.hpp"
#include "windows/entry_file.hpp"

namespace viaduct::windows {

/// This process as entries know it: drawn once.
struct own_process {
  std::uint64_t member = 0;  // random, 1 .. 2^62 - 1
  std::uint64_t process_id = 0;
  std::uint64_t start_time = 0;
};
[[nodiscard]] result<own_process> this_process();
/// 0 if none could be drawn yet.
[[nodiscard]] std::uint64_t own_member() noexcept;

/// One hold on an entry. Move-only; leaves in the destructor, and the last one cleans up.
class membership {
 public:
  membership(entry_place place, entry_file_ptr file, entry_record record, bool creator) noexcept;
  membership(membership&& other) noexcept;
  membership& operator=(membership&&) = delete;
  ~membership();

  [[nodiscard]] const entry_file& file() const noexcept { return *file_; }
  [[nodiscard]] const entry_record& record() const noexcept { return record_; }
  [[nodiscard]] bool is_creator() const noexcept { return creator_; }

 private:
  void leave();
  [[nodiscard]] bool try_leaving(bool last_time, bool& cleaned_up);
  [[nodiscard]] bool must_clean_up() const noexcept;
  [[nodiscard]] bool clean_up();
  void stop_being_counted() noexcept;
  void drop() noexcept;

  entry_place place_;
  entry_file_ptr file_;
  entry_record record_;
  bool creator_;
  bool counted_ = true;  // among the members of this process
};

[[nodiscard]] result<membership> create_entry(const backend::entry_request& request,
                                              const backend::entry::builder& build);
[[nodiscard]] result<membership> open_entry_once(const backend::entry_request& request,
                                                 const backend::entry::opener& open_object);
[[nodiscard]] result<membership> open_or_create_entry(const backend::entry_request& request,
                                                      const backend::entry::builder& build,
                                                      const backend::entry::opener& open_object, detail::timer& wait);
[[nodiscard]] result<void> remove_entry(backend::object_kind kind, const name& what);

/// Where the entry of one of our own names is. name_invalid, invalid_argument (a native name), access_denied (not
/// ours).
[[nodiscard]] result<entry_place> own_place(backend::object_kind kind, const name& what);
/// name_invalid if this is the entry of another name with the same hash.
[[nodiscard]] result<void> check_identity(const entry_record& found, backend::object_kind kind, const name& what);

/// The entry with the gate: what it says, and the right to change it. Mutex held.
struct entered {
  entry_file_ptr file;
  gate hold;
  std::optional<entry_record> record;
};
enum class obstacle { none, busy, held_open };
/// nullopt: somebody is at work there; `why` tells who.
[[nodiscard]] result<std::optional<entered>> enter(const entry_place& place, DWORD disposition, obstacle& why);

/// What is to be made, and where. Borrowed.
struct plan {
  const entry_place& place;
  const backend::entry_request& request;
  const backend::entry::builder& build;
};
/// Makes the entry ours, with a new object. The mutex is let go while the object is built. On failure nothing is left.
[[nodiscard]] result<membership> take_over(const plan& what, entered with, std::unique_lock<std::mutex>& mutex);

}  // namespace viaduct::windows
