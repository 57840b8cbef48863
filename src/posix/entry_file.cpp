// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry_file.hpp"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>

#include "backend/system.hpp"
#include "posix/bell_name.hpp"
#include "posix/error.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

constexpr mode_t permission_bits = 07777;
constexpr mode_t own_mode = 0600;
constexpr mode_t copy_mode = 0644;

error hijacked(const char* why) { return error(errc::name_hijacked).advise(why); }

result<void> check_file(const struct stat& found, const entry_place& place, uid_t directory_owner) {
  if (!S_ISREG(found.st_mode)) return hijacked("something that is no file sits where the registry entry belongs");
  if (found.st_uid != directory_owner) return hijacked("the registry entry belongs to another user than its directory");
  if (found.st_nlink == 0) return errc::not_found;
  if (found.st_nlink != 1) return hijacked("the registry entry has a second name");
  const mode_t wanted = place.origin == file_origin::own ? own_mode : copy_mode;
  if ((found.st_mode & permission_bits) != wanted) return hijacked("the registry entry has the wrong mode");
  return {};
}

struct opened_file {
  descriptor file;
  file_id id;
};

result<opened_file> try_open(const entry_place& place, file_access access) {
  // Non-blocking, in case it is a FIFO or is leased: what it is shows only afterwards.
  const int flags = (access == file_access::look ? O_RDONLY : O_RDWR) | O_NONBLOCK;
  result<descriptor> file = system::open_at(place.where->handle.get(), place.file_name, flags);
  if (!file) {
    // ENXIO is a socket or a device, EISDIR a directory opened for writing.
    const int code = file.error().os_code();
    if (code == ENXIO || code == EISDIR)
      return hijacked("something that is no file sits where the registry entry belongs");
    return file.error();
  }
  const result<struct stat> found = system::status(file->get());
  if (!found) return found.error();
  uid_t owner = system::effective_user();
  if (place.origin == file_origin::foreign) {
    const result<struct stat> around = system::status(place.where->handle.get());
    if (!around) return around.error();
    owner = around->st_uid;
  }
  if (const result<void> checked = check_file(*found, place, owner); !checked) return checked.error();
  return opened_file{std::move(*file), file_id{found->st_dev, found->st_ino}};
}

result<opened_file> open_checked(const entry_place& place, file_access access) {
  result<opened_file> opened = try_open(place, access);
  if (opened || opened.error() != errc::name_hijacked) return opened;
  return located(opened.error(), place.where->path + "/" + place.file_name);
}

/// A process that was cloned without our fork handler may hold the dead owner's lock. Only what the recorded process id
/// really says is evidence: same boot, same PID namespace, and the process gone, ended, or another one by now.
bool is_creator_gone(const entry_record& record) {
  const result<std::string> boot = system::boot_id();
  if (!boot || *boot != record.boot_id || system::pid_namespace() != record.pid_namespace) return false;
  const auto process = static_cast<pid_t>(record.process_id);
  const result<descriptor> watch = system::watch_process(process);
  if (!watch) return watch.error().os_code() == ESRCH;
  pollfd ended{watch->get(), POLLIN, 0};
  detail::timer now{deadline::now()};
  const result<int> ready = system::wait({&ended, 1}, now);
  if (ready && *ready > 0) return true;
  const result<std::uint64_t> started = system::process_start_time(process);
  return started && *started != record.start_time;
}

/// Is byte 0 held by a living owner?
result<bool> has_owner(const opened_entry& entry) {
  const result<std::optional<std::int64_t>> held = system::query_lock(entry.file.get(), owner_byte, 1);
  if (!held) return held.error();
  return held->has_value() && !is_creator_gone(entry.record);
}

enum class membership { none, destroyer, member };
result<membership> members(const opened_entry& entry) {
  const result<std::optional<std::int64_t>> held = system::query_lock(entry.file.get(), destroyer_byte, 0);
  if (!held) return held.error();
  if (!held->has_value()) return membership::none;
  return **held < first_member_byte ? membership::destroyer : membership::member;
}

result<bool> is_of_this_boot(const entry_record& record) {
  const result<std::string> boot = system::boot_id();
  if (!boot) return error(errc::not_supported).advise("persistent objects need /proc/sys/kernel/random/boot_id");
  return *boot == record.boot_id;
}

result<standing> look_by_owner(const opened_entry& entry) {
  const result<bool> owned = has_owner(entry);
  if (!owned) return owned.error();
  if (!*owned) return standing::dead;
  return entry.phase == entry_phase::building ? standing::building : standing::alive;
}

result<standing> look_by_members(const opened_entry& entry) {
  const result<membership> found = members(entry);
  if (!found) return found.error();
  if (*found == membership::none) return standing::dead;
  if (*found == membership::destroyer) return standing::dying;
  return entry.phase == entry_phase::building ? standing::building : standing::alive;
}

result<claim> got(const result<bool>& locked) {
  if (!locked) return locked.error();
  return *locked ? claim::destroyer : claim::busy;
}

result<claim> claim_by_owner(const opened_entry& entry) {
  const result<bool> owned = has_owner(entry);
  if (!owned) return owned.error();
  if (*owned) return claim::alive;
  return got(system::try_write_lock(entry.file.get(), destroyer_byte, 1));
}

result<claim> claim_by_members(const opened_entry& entry) {
  result<claim> locked = got(system::try_write_lock(entry.file.get(), destroyer_byte, 0));
  if (!locked || *locked == claim::destroyer) return locked;
  const result<membership> found = members(entry);
  if (!found) return found.error();
  if (*found != membership::member) return claim::busy;
  // After the query: a member's byte on an entry that is dying is one that is about to find that out.
  const result<entry_phase> phase = read_phase(entry.file.get());
  if (!phase) return phase.error();
  return *phase == entry_phase::dying ? claim::busy : claim::alive;
}

result<claim> claim_persistent(const opened_entry& entry, claim_purpose purpose) {
  const result<bool> current = is_of_this_boot(entry.record);
  if (!current) return current.error();
  if (entry.phase == entry_phase::building && *current) {
    result<claim> locked = claim_by_members(entry);
    if (!locked || *locked != claim::destroyer) return locked;
    const result<entry_phase> phase = read_phase(entry.file.get());
    if (!phase) return phase.error();
    return *phase == entry_phase::published && purpose == claim_purpose::takeover ? claim::alive : claim::destroyer;
  }
  if (entry.phase == entry_phase::published && *current) {
    if (purpose == claim_purpose::takeover) return claim::alive;
    const result<bool> owned = has_owner(entry);
    if (!owned) return owned.error();
    if (*owned) return claim::alive;
  }
  // Byte 1 alone: it excludes every other destroyer, and members of what is being removed must not block the name.
  return got(system::try_write_lock(entry.file.get(), destroyer_byte, 1));
}

result<void> unlink_if_there(const directory& where, const std::string& file) {
  const result<void> gone = system::unlink_at(where.handle.get(), file);
  if (gone || gone.error() == errc::not_found) return {};
  // A directory is EISDIR or EPERM, as the system likes.
  const result<struct stat> found = system::status_at(where.handle.get(), file);
  if (!found || !S_ISDIR(found->st_mode)) return gone.error();
  return located(hijacked("a directory sits where a file of this name belongs"), where.path + "/" + file);
}

result<void> destroy_public_half(const opened_entry& entry) {
  const result<std::shared_ptr<const directory>> shared = own_public_directory();
  if (!shared) {
    // What is not ours we neither can nor may clean.
    if (shared.error() == errc::name_hijacked) return {};
    return shared.error();
  }
  if (const result<void> gone = unlink_if_there(**shared, entry.file_name); !gone) return gone.error();
  return unlink_if_there(**shared, entry.record.native_name);
}

}  // namespace

result<opened_entry> open_entry(const entry_place& place, file_access access) {
  result<opened_file> opened = open_checked(place, access);
  if (!opened) return opened.error();
  std::array<std::byte, entry_size + 1> image;
  const result<std::size_t> size = system::read_at(opened->file.get(), image, 0);
  if (!size) return size.error();
  result<decoded_entry> read = decode(bytes(image).first(*size), place.file_name);
  if (!read) return read.error();
  return opened_entry{place.where, place.file_name,         std::move(opened->file),
                      opened->id,  std::move(read->record), read->phase};
}

result<descriptor> reopen_entry(const opened_entry& seen) {
  result<opened_file> again = open_checked({seen.where, seen.file_name}, file_access::lock);
  if (!again) return again.error();
  if (again->id != seen.id) return errc::not_found;
  return std::move(again->file);
}

result<entry_phase> read_phase(int file) {
  std::array<std::byte, 1> value{};
  const result<std::size_t> size = system::read_at(file, value, phase_offset);
  if (!size) return size.error();
  return decode_phase(value[0]);
}

result<void> write_phase(int file, entry_phase phase) {
  const std::array value{static_cast<std::byte>(phase)};
  return system::write_at(file, value, phase_offset);
}

result<bool> is_named(const opened_entry& entry) {
  const result<struct stat> named = system::status_at(entry.where->handle.get(), entry.file_name);
  if (!named) {
    if (named.error() == errc::not_found) return false;
    return named.error();
  }
  return file_id{named->st_dev, named->st_ino} == entry.id;
}

result<standing> look(const opened_entry& entry) {
  if (entry.phase == entry_phase::dying) return standing::dying;
  switch (entry.record.life) {
    case lifetime::owner:
      return look_by_owner(entry);
    case lifetime::users:
      return look_by_members(entry);
    case lifetime::persistent:
      break;
  }
  const result<bool> current = is_of_this_boot(entry.record);
  if (!current) return current.error();
  if (!*current) return standing::dead;
  return entry.phase == entry_phase::published ? result<standing>(standing::alive) : look_by_members(entry);
}

result<claim> claim_dead(const opened_entry& entry, claim_purpose purpose) {
  switch (entry.record.life) {
    case lifetime::owner:
      return claim_by_owner(entry);
    case lifetime::users:
      return claim_by_members(entry);
    case lifetime::persistent:
      break;
  }
  return claim_persistent(entry, purpose);
}

result<bool> claim_own(const opened_entry& entry, entry_phase phase) {
  const bool one_byte = entry.record.life == lifetime::owner ||
                        (entry.record.life == lifetime::persistent && phase != entry_phase::building);
  return system::try_write_lock(entry.file.get(), destroyer_byte, one_byte ? 1 : 0);
}

/// What waiters that were killed left behind.
result<void> sweep_bells(const opened_entry& entry) {
  const result<std::vector<std::string>> files = system::list_directory(entry.where->handle.get());
  if (!files) return files.error();
  const std::string prefix = bell_prefix(entry.file_name);
  for (const std::string& file : *files) {
    if (file.compare(0, prefix.size(), prefix) != 0) continue;
    if (const result<void> gone = unlink_if_there(*entry.where, file); !gone) return gone.error();
  }
  return {};
}

bool may_have_bells(backend::object_kind kind) noexcept {
  return kind >= backend::object_kind::notification && !system::has_address_waits();
}

result<void> destroy(const opened_entry& entry, entry_phase reached) {
  const result<bool> named = is_named(entry);
  if (!named) return named.error();
  if (!*named) return {};
  if (const result<void> marked = write_phase(entry.file.get(), entry_phase::dying); !marked) return marked.error();
  if (entry.record.is_public) {
    if (const result<void> gone = destroy_public_half(entry); !gone) return gone.error();
  }
  if (reached != entry_phase::building && may_have_bells(entry.record.kind)) {
    if (const result<void> gone = sweep_bells(entry); !gone) return gone.error();
  }
  if (const result<void> gone = unlink_if_there(*entry.where, entry.record.native_name); !gone) return gone.error();
  return unlink_if_there(*entry.where, entry.file_name);
}

result<bool> clear_damaged(const entry_place& place) {
  const result<opened_file> opened = open_checked(place, file_access::lock);
  if (!opened) {
    if (opened.error() == errc::not_found) return true;
    return opened.error();
  }
  const result<bool> locked = system::try_write_lock(opened->file.get(), 0, 0);
  if (!locked) return locked.error();
  if (!*locked) return false;
  const result<struct stat> named = system::status_at(place.where->handle.get(), place.file_name);
  if (!named) return true;
  if (file_id{named->st_dev, named->st_ino} != opened->id) return true;
  const result<void> gone = unlink_if_there(*place.where, place.file_name);
  if (!gone) return gone.error();
  return true;
}

std::string creator_hint(const entry_record& record) {
  std::string hint = record.life == lifetime::users ? "in use; made by process " : "owned by process ";
  hint += std::to_string(record.process_id);
  if (system::pid_namespace() != record.pid_namespace) return hint + " of another PID namespace";
  if (record.process_id == backend::current_process_id()) return hint + ", this one";
  const result<std::string> program = system::process_executable(static_cast<pid_t>(record.process_id));
  if (program) hint += " (" + *program + ")";
  return hint;
}

}  // namespace viaduct::posix
