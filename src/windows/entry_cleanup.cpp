// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What goes with an entry: its objects, its file, its public copy. Nothing here is renamed and nothing is deleted under
// somebody's open handle, for then the name would stay in use for as long as they keep it.
#include "common/log.hpp"
#include "windows/entry_file.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

/// Opened with no sharing at all: nobody has it open, and nobody can while we do.
result<unique_handle> open_alone(const std::wstring& path) {
  return system::open_file(
      {.path = path, .access = GENERIC_READ | DELETE, .share = 0, .flags = FILE_FLAG_OPEN_REPARSE_POINT});
}

result<unique_handle> open_alone(const std::wstring& path, int tries) {
  result<unique_handle> file = open_alone(path);
  for (int round = 1; round < tries && !file && is_held_open(file.error()); ++round) {
    system::pause(round == 1 ? 0 : 1);
    file = open_alone(path);
  }
  return file;
}

/// Nobody has the entry open, so nobody is its owner or member; only a persistent object may live nevertheless.
result<bool> outlives_its_users(const entry_file& file, const std::optional<entry_record>& what) {
  if (!what || what->description.life != lifetime::persistent) return false;
  return lives(file, *what);
}

void log_failure(const char* what, const error& why) {
  if (detail::log_enabled(log_level::debug)) detail::write_log(log_level::debug, std::string(what) + why.message());
}

}  // namespace

bool remove_objects(const entry_place& place) {
  // The pattern also matches files by their short names: only the exact prefix counts.
  const std::wstring prefix = widen_ascii(place.name) + L'.';
  const result<std::vector<std::wstring>> found = system::list_files(place.where->file(place.name + ".*"));
  if (!found) return false;
  bool all_gone = true;
  for (const std::wstring& file : *found) {
    if (file.compare(0, prefix.size(), prefix) != 0) continue;
    const result<void> deleted = system::delete_file(place.where->path + L'\\' + file);
    if (deleted || deleted.error() == errc::not_found) continue;
    log_failure("an object of a dead entry stays for now: ", deleted.error());
    all_gone = false;
  }
  return all_gone;
}

bool destroy_object(const entry_place& place, const entry_file& file, const entry_record& what) {
  if (what.is_public) withdraw_copy(place.name);
  if (!remove_objects(place)) return false;
  const result<void> freed = write_record(file, entry_record{});
  if (!freed) log_failure("a dead entry stays for now: ", freed.error());
  return freed.has_value();
}

void sweep_entry(const entry_place& place, int tries) {
  result<unique_handle> alone = open_alone(place.path(), tries);
  if (!alone) return;
  entry_file file;
  file.handle = std::move(*alone);
  const result<std::optional<entry_record>> found = read_record(file, place);
  if (!found) return;
  const result<bool> stays = outlives_its_users(file, *found);
  if (!stays || *stays) return;
  if (!*found || (*found)->is_public) withdraw_copy(place.name);
  if (!remove_objects(place)) return;
  const result<void> marked = system::mark_for_deletion(file.handle.get());
  if (!marked) log_failure("a dead entry stays for now: ", marked.error());
}

result<void> publish_copy(const std::string& entry, const entry_record& what) {
  const result<directory_ptr> where = own_public_directory();
  if (!where) return where.error();
  const result<security_attributes> security = public_file();
  if (!security) return security.error();
  const std::wstring path = (*where)->file(entry);
  entry_file copy;
  for (backoff others;;) {
    result<unique_handle> handle = system::open_file({.path = path,
                                                      .access = GENERIC_READ | GENERIC_WRITE,
                                                      .disposition = OPEN_ALWAYS,
                                                      .flags = FILE_FLAG_OPEN_REPARSE_POINT,
                                                      .security = security->get()});
    if (handle) {
      copy.handle = std::move(*handle);
      break;
    }
    if (!is_held_open(handle.error()) || !others.pause()) return handle.error();
  }
  const result<void> owned = verify_owner(copy.handle.get(), (*where)->owner, (*where)->level);
  if (!owned) return owned;
  return write_record(copy, what);
}

void withdraw_copy(const std::string& entry) {
  const result<token_identity> me = own_identity();
  if (!me) return;
  const result<directory_ptr> where = public_directory_of(user::from_id(me->sid));
  if (!where) return;  // never made
  const std::wstring path = (*where)->file(entry);
  result<unique_handle> handle =
      system::open_file({.path = path, .access = GENERIC_READ | GENERIC_WRITE, .flags = FILE_FLAG_OPEN_REPARSE_POINT});
  if (!handle) return;
  entry_file copy;
  copy.handle = std::move(*handle);
  // A reader may have it open and keep it from being deleted: what it reads from now on says so.
  const result<void> freed = write_record(copy, entry_record{});
  if (!freed) log_failure("the public copy of a dead entry stays for now: ", freed.error());
  copy.handle.reset();
  const result<unique_handle> alone = open_alone(path, 2);
  if (alone && !system::mark_for_deletion(alone->get())) return;
}

}  // namespace viaduct::windows
