// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Leaving an entry. Whoever is last, or was the owner, cleans up, with the gate. If the gate cannot be had, closing the
// handle is enough: the locks go with it, and whoever comes next finds a dead entry.
#include <exception>
#include <utility>

#include "common/log.hpp"
#include "windows/entry_protocol.hpp"

namespace viaduct::windows {

membership::membership(entry_place place, entry_file_ptr file, entry_record record, bool creator) noexcept
    : place_(std::move(place)), file_(std::move(file)), record_(std::move(record)), creator_(creator) {}

membership::membership(membership&& other) noexcept = default;

membership::~membership() {
  if (!file_) return;
  try {
    leave();
  } catch (const std::exception&) {
    // No memory for the paths of what is to be deleted: dropping the locks is all that must be done.
    const std::lock_guard mutex(entry_mutex());
    drop();
  }
}

void membership::leave() {
  bool left = false;
  for (backoff others; !left; left = left || !others.pause()) {
    const std::lock_guard mutex(entry_mutex());
    if (!must_clean_up()) {
      drop();
      left = true;
      continue;
    }
    result<std::optional<gate>> hold = gate::enter(*file_);
    if (!hold) break;
    if (!*hold) continue;
    clean_up();
    left = true;
    // The gate goes before the handle.
    hold = std::optional<gate>();
    drop();
  }
  if (file_) {
    const std::lock_guard mutex(entry_mutex());
    drop();
  }
  sweep_entry(place_);
}

/// The owner's object goes with it; a shared one with its last user, of which this process may be the last to know.
bool membership::must_clean_up() const noexcept {
  if (record_.description.life == lifetime::owner) return creator_;
  return record_.description.life == lifetime::users && file_->members == 1;
}

void membership::clean_up() {
  if (record_.description.life == lifetime::users) {
    stop_being_counted();
    const result<bool> others = is_locked(*file_, members_start, members_length);
    if (!others || *others) return;
  }
  if (record_.is_public) withdraw_copy(place_.name);
  if (!remove_objects(place_)) return;  // they are swept later: the record still lists a dead object
  const result<void> freed = write_record(*file_, entry_record{});
  if (!freed) detail::write_log(log_level::debug, "an entry could not be marked as free: " + freed.error().message());
}

void membership::drop() noexcept {
  if (!file_) return;
  if (creator_ && record_.description.life == lifetime::owner) stop_being_owner(*file_);
  stop_being_counted();
  file_.reset();
}

void membership::stop_being_counted() noexcept {
  if (std::exchange(counted_, false)) stop_being_member(*file_, own_member());
}

}  // namespace viaduct::windows
