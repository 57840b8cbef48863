// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Looking at an entry without joining: no gate, no lock that lasts.
#include "common/entry_name.hpp"
#include "windows/entry.hpp"
#include "windows/entry_protocol.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

found_entry describe(const entry_place& place, entry_record record, bool is_copy) {
  return {std::move(record.description), place.where->owner, record.level, is_copy};
}

/// A record that is being replaced at this moment may read as none.
result<std::optional<entry_record>> read_steadily(const entry_file& file, const entry_place& place) {
  constexpr int tries = 3;
  result<std::optional<entry_record>> found = read_record(file, place);
  for (int round = 1; round < tries && found && !*found; ++round) {
    system::pause(0);
    found = read_record(file, place);
  }
  return found;
}

/// The file, waiting while somebody removes it.
result<entry_file_ptr> look(const entry_place& place) {
  for (backoff others;;) {
    result<entry_file_ptr> file = look_at_entry_file(place);
    if (file || !is_held_open(file.error()) || !others.pause()) return file;
  }
}

result<found_entry> find_private(const entry_place& place, backend::object_kind kind, const name& what) {
  result<entry_file_ptr> file = look(place);
  if (!file) return file.error();
  result<std::optional<entry_record>> found = read_steadily(**file, place);
  if (!found) return found.error();
  if (!*found || (*found)->phase == entry_phase::free) {
    // Somebody has left, and may not have been able to remove the file because we had it open.
    file->reset();
    sweep_entry(place, 1);
    return errc::not_found;
  }
  if (const result<void> same = check_identity(**found, kind, what); !same) return same.error();
  if ((*found)->phase == entry_phase::building) return error(errc::not_found).advise("being created");
  const result<bool> alive = lives(**file, **found);
  if (!alive) return alive.error();
  if (!*alive) return errc::not_found;
  return describe(place, std::move(**found), false);
}

result<found_entry> find_copy(const user& owner, backend::object_kind kind, const name& what) {
  result<directory_ptr> where = public_directory_of(owner);
  if (!where) return where.error();
  const entry_place place{std::move(*where), detail::entry_name(kind, what)};
  const result<entry_file_ptr> file = look(place);
  if (!file) return file.error();
  result<std::optional<entry_record>> found = read_steadily(**file, place);
  if (!found) return found.error();
  if (!*found || (*found)->phase != entry_phase::live) return errc::not_found;
  if (const result<void> same = check_identity(**found, kind, what); !same) return same.error();
  return describe(place, std::move(**found), true);
}

}  // namespace

result<found_entry> find_entry(backend::object_kind kind, const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid.error();
  if (what.is_native()) return error(errc::invalid_argument).advise("a native name has no registry entry");
  if (!what.is_mine()) return find_copy(what.owner(), kind, what);
  const result<entry_place> place = own_place(kind, what);
  if (!place) return place.error();
  result<found_entry> found = find_private(*place, kind, what);
  // Only if there is no entry at all: a dead one of ours must not be replaced by its own stale copy.
  const bool absent = !found && found.error() == errc::not_found && found.error().os_code() != 0;
  if (!absent) return found;
  result<found_entry> copy = find_copy(what.owner(), kind, what);
  return copy ? std::move(copy) : std::move(found);
}

}  // namespace viaduct::windows
