// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry_candidate.hpp"

#include <fcntl.h>

#include <atomic>
#include <utility>

#include "common/entry_name.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

constexpr mode_t own_mode = 0600;
constexpr mode_t copy_mode = 0644;
constexpr time_t temporary_age = 10;  // seconds after which an unlocked one belongs to a process that died
constexpr int attempts = 8;

constexpr std::string_view temporary_prefix = "new~";  // no entry is called so: they begin with a kind and '-'

struct file_without_name {
  descriptor file;
  std::string temporary;
  struct stat status{};
};

result<std::uint64_t> random_number() {
  std::uint64_t drawn = 0;
  const result<void> filled = system::random(buffer(&drawn, sizeof drawn));
  if (!filled) return filled.error();
  return drawn;
}

void discard(const directory& where, const std::string& temporary) noexcept {
  if (!temporary.empty()) (void)system::unlink_at(where.handle.get(), temporary);
}

bool is_locked(const directory& where, const std::string& file) {
  const result<descriptor> opened = system::open_at(where.handle.get(), file, O_RDWR | O_NONBLOCK);
  if (!opened) return true;
  const result<bool> locked = system::try_write_lock(opened->get(), 0, 0);
  return !locked || !*locked;
}

/// Removes what creators left that were killed before they could publish. `now` is the file system's own clock.
void sweep(const directory& where, time_t now) {
  const result<std::vector<std::string>> files = system::list_directory(where.handle.get());
  if (!files) return;
  for (const std::string& file : *files) {
    if (!file.starts_with(temporary_prefix)) continue;
    const result<struct stat> found = system::status_at(where.handle.get(), file);
    if (!found || !S_ISREG(found->st_mode) || now - found->st_mtime <= temporary_age) continue;
    if (!is_locked(where, file)) discard(where, file);
  }
}

void sweep_now_and_then(const directory& where, time_t now) {
  // One word per process is enough: a directory that is missed now is swept by another creator.
  static std::atomic<time_t> last{0};
  time_t before = last.load(std::memory_order_relaxed);
  if (now - before <= temporary_age || !last.compare_exchange_strong(before, now)) return;
  sweep(where, now);
}

result<file_without_name> open_temporary(const directory& where) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const result<std::uint64_t> random = random_number();
    if (!random) return random.error();
    std::string name = detail::object_name(temporary_prefix.substr(0, temporary_prefix.size() - 1), *random);
    name[temporary_prefix.size() - 1] = '~';
    result<descriptor> file = system::open_at(where.handle.get(), name, O_RDWR | O_CREAT | O_EXCL, own_mode);
    if (file) return file_without_name{std::move(*file), std::move(name)};
    if (file.error() != errc::already_exists) return file.error();
  }
  return errc::already_exists;
}

result<file_without_name> open_nameless(const directory& where) {
  if (system::unnamed_files()) {
    result<descriptor> file = system::open_unnamed(where.handle.get());
    if (file) return file_without_name{std::move(*file), {}};
    // A file system without them, where VIADUCT_RUNTIME_DIR points to one.
    if (file.error() != errc::not_supported) return file.error();
  }
  return open_temporary(where);
}

/// A complete file that has no name yet, or only a random one. Removed again if anything fails.
result<file_without_name> make_nameless(const directory& where, const entry_image& image, mode_t mode) {
  result<file_without_name> made = open_nameless(where);
  if (!made) return made.error();
  const int file = made->file.get();
  const result<void> filled = [&]() -> result<void> {
    const result<struct stat> found = system::status(file);
    if (!found) return found.error();
    made->status = *found;
    if ((found->st_mode & 07777) != mode) {  // an umask, or a copy for others
      if (const result<void> changed = system::change_mode(file, mode); !changed) return changed.error();
    }
    return system::write_at(file, image, 0);
  }();
  if (!filled) {
    discard(where, made->temporary);
    return filled.error();
  }
  if (!made->temporary.empty()) sweep_now_and_then(where, made->status.st_mtime);
  return made;
}

result<void> give_name(const directory& where, int file, const std::string& temporary, const std::string& name) {
  if (temporary.empty()) return system::link_unnamed(file, where.handle.get(), name);
  return system::rename_exclusive(where.handle.get(), temporary, name);
}

result<entry_record> describe(const entry_place& place, const backend::entry_request& request,
                              const own_process& self) {
  const result<std::uint64_t> random = random_number();
  if (!random) return random.error();
  entry_record record;
  record.kind = request.kind;
  record.life = request.life;
  record.is_public = !request.who.is_private();
  record.full_name = request.what.text();
  record.native_name = detail::object_name(place.file_name, *random);
  record.contract = request.contract;
  record.process_id = self.process_id;
  record.start_time = self.start_time;
  record.pid_namespace = system::pid_namespace();
  record.boot_id = system::boot_id().value_or(std::string());
  if (record.life == lifetime::persistent && record.boot_id.empty()) {
    return error(errc::not_supported).advise("persistent objects need /proc/sys/kernel/random/boot_id");
  }
  return record;
}

}  // namespace

result<candidate> candidate::make(const entry_place& place, const backend::entry_request& request) {
  const result<own_process> self = this_process();
  if (!self) return self.error();
  result<entry_record> record = describe(place, request, *self);
  if (!record) return record.error();
  for (int attempt = 0; attempt < attempts; ++attempt) {
    result<file_without_name> made = make_nameless(*place.where, encode(*record, entry_phase::building), own_mode);
    if (!made) return made.error();
    candidate mine(opened_entry{place.where, place.file_name, std::move(made->file),
                                file_id{made->status.st_dev, made->status.st_ino}, *record, entry_phase::building},
                   std::move(made->temporary));
    const result<bool> locked = mine.lock(*self);
    if (!locked) return locked.error();
    if (*locked) return mine;
    // A sweeper was looking at it: it has a name, and we were stopped for long. Make another.
  }
  return error(errc::os_error).advise("another program locks the files of the registry directory");
}

candidate::~candidate() {
  if (opened_.where) discard(*opened_.where, temporary_);
}

result<bool> candidate::lock(const own_process& self) const {
  if (opened_.record.life == lifetime::owner) {
    result<bool> owner = system::try_write_lock(opened_.file.get(), owner_byte, 1);
    if (!owner || !*owner) return owner;
  }
  return system::try_write_lock(opened_.file.get(), member_byte(self.member), 1);
}

result<void> candidate::take_name() {
  const result<void> named = give_name(*opened_.where, opened_.file.get(), temporary_, opened_.file_name);
  if (named) temporary_.clear();
  return named;
}

result<void> publish_to_others(const opened_entry& entry) {
  const result<std::shared_ptr<const directory>> shared = own_public_directory();
  if (!shared) return shared.error();
  const directory& others = **shared;
  const result<void> linked = system::link_at(entry.where->handle.get(), entry.record.native_name, others.handle.get(),
                                              entry.record.native_name);
  if (!linked) return linked.error();
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const result<file_without_name> copy =
        make_nameless(others, encode(entry.record, entry_phase::published), copy_mode);
    if (!copy) return copy.error();
    const result<void> named = give_name(others, copy->file.get(), copy->temporary, entry.file_name);
    if (named) return {};
    discard(others, copy->temporary);
    if (named.error() == errc::not_found) continue;  // swept
    if (named.error() != errc::already_exists) return named.error();
    // The name is ours, so what lies here is left over from an owner whose private entry was removed by hand.
    const result<void> removed = system::unlink_at(others.handle.get(), entry.file_name);
    if (!removed && removed.error() != errc::not_found) return removed.error();
  }
  return error(errc::already_exists).advise("the public copy of the entry could not be replaced");
}

}  // namespace viaduct::posix
