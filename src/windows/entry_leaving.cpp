// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Leaving an entry. Whoever is last, or was the owner, cleans up, with the gate. If the gate cannot be had, closing the
// handle is enough: the locks go with it, and whoever comes next finds a dead entry.
#include <exception>
#include <utility>

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
  bool cleaned_up = false;
  bool more_time = true;
  for (backoff others; !try_leaving(!more_time, cleaned_up);) more_time = others.pause();
  if (cleaned_up) sweep_entry(place_);
}

/// False: somebody has the gate, so try again, unless this was to be the last time.
bool membership::try_leaving(bool last_time, bool& cleaned_up) {
  const std::lock_guard mutex(entry_mutex());
  const entry_file_ptr kept = file_;  // the gate goes before the handle
  result<std::optional<gate>> hold = std::optional<gate>();
  if (must_clean_up()) {
    hold = gate::enter(*file_);
    if (hold && !*hold && !last_time) return false;
    if (hold && *hold) cleaned_up = clean_up();
  }
  drop();
  return true;
}

/// The owner's object goes with it; a shared one with its last user, of which this process may be the last to know.
bool membership::must_clean_up() const noexcept {
  if (record_.description.life == lifetime::owner) return creator_;
  return record_.description.life == lifetime::users && file_->members == 1;
}

/// False: others go on using the object, or its remains are for a later one.
bool membership::clean_up() {
  if (record_.description.life == lifetime::users) {
    stop_being_counted();
    const result<bool> others = is_locked(*file_, members_start, members_length);
    if (!others || *others) return false;
  }
  return destroy_object(place_, *file_, record_);
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
