// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/entry_file.hpp"

#include <map>
#include <utility>

#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

constexpr std::uint64_t gate_patience_ms = 30;
constexpr std::uint64_t patience_ms = 1000;
constexpr DWORD delete_pending = ERROR_DELETE_PENDING;

std::map<file_id, std::weak_ptr<entry_file>>& table() {
  static std::map<file_id, std::weak_ptr<entry_file>> open_files;
  return open_files;
}

error hijacked(const entry_place& place, std::string_view why) {
  std::string hint = to_utf8(place.path());
  hint.append(": ").append(why).append("; find out who made it and remove it, or use another name");
  return error(errc::name_hijacked).advise(std::move(hint));
}

result<entry_file_ptr> open_checked(const entry_place& place, const system::file_request& request) {
  result<unique_handle> handle = system::open_file(request);
  if (!handle) return handle.error();
  const result<BY_HANDLE_FILE_INFORMATION> information = system::file_information(handle->get());
  if (!information) return information.error();
  if ((information->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0) {
    return hijacked(place, "no plain file");
  }
  const result<void> owned = verify_owner(handle->get(), place.where->owner, place.where->level);
  if (!owned) return owned.error() == errc::name_hijacked ? hijacked(place, owned.error().hint()) : owned.error();
  auto made = std::make_shared<entry_file>();
  made->handle = std::move(*handle);
  made->id = {information->dwVolumeSerialNumber,
              std::uint64_t{information->nFileIndexHigh} << 32 | information->nFileIndexLow};
  return made;
}

/// Exclusively, for as long as it takes those who ask to be done.
result<void> lock_own(const entry_file& file, std::uint64_t byte) {
  for (backoff others;;) {
    const result<bool> got = system::try_lock(file.handle.get(), byte, 1, system::lock_mode::exclusive);
    if (!got) return got.error();
    if (*got) return {};
    if (!others.pause()) return error(errc::os_error, ERROR_LOCK_VIOLATION).advise("locked by another program");
  }
}

}  // namespace

std::mutex& entry_mutex() noexcept {
  static std::mutex guard;
  return guard;
}

bool is_held_open(const error& why) noexcept {
  const auto code = static_cast<DWORD>(why.os_code());
  return code == ERROR_SHARING_VIOLATION || code == ERROR_ACCESS_DENIED || code == ERROR_FILE_EXISTS ||
         code == ERROR_LOCK_VIOLATION || code == delete_pending || code == ERROR_USER_MAPPED_FILE;
}

result<entry_file_ptr> open_entry_file(const entry_place& place, DWORD disposition) {
  std::optional<security_attributes> security;
  if (disposition != OPEN_EXISTING) {
    result<security_attributes> made = private_object();
    if (!made) return made.error();
    security = std::move(*made);
  }
  const std::wstring path = place.path();
  result<entry_file_ptr> opened = open_checked(place, {.path = path,
                                                       .access = GENERIC_READ | GENERIC_WRITE,
                                                       .disposition = disposition,
                                                       .flags = FILE_FLAG_OPEN_REPARSE_POINT,
                                                       .security = security ? security->get() : nullptr});
  if (!opened) return opened;
  std::weak_ptr<entry_file>& known = table()[(*opened)->id];
  if (entry_file_ptr held = known.lock()) return held;
  std::erase_if(table(), [&](const auto& one) { return one.first != (*opened)->id && one.second.expired(); });
  known = *opened;
  return opened;
}

result<entry_file_ptr> look_at_entry_file(const entry_place& place) {
  const std::wstring path = place.path();
  return open_checked(place, {.path = path, .access = GENERIC_READ, .flags = FILE_FLAG_OPEN_REPARSE_POINT});
}

gate::gate(gate&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
gate& gate::operator=(gate&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}
gate::~gate() {
  if (file_ == nullptr) return;
  system::unlock(file_->handle.get(), gate_byte, 1);
  file_->gated = false;
}

result<std::optional<gate>> gate::enter(entry_file& file) {
  if (file.gated) return std::optional<gate>();
  const std::uint64_t until = ::GetTickCount64() + gate_patience_ms;
  for (;;) {
    const result<bool> got = system::try_lock(file.handle.get(), gate_byte, 1, system::lock_mode::exclusive);
    if (!got) return got.error();
    if (*got) break;
    if (::GetTickCount64() >= until) return std::optional<gate>();
    system::pause(0);
  }
  file.gated = true;
  return std::optional<gate>(gate(file));
}

result<std::optional<entry_record>> read_record(const entry_file& file, const entry_place& place) {
  entry_bytes memory;
  const result<std::size_t> size = system::read_file_at(file.handle.get(), memory, 0);
  if (!size) return size.error();
  return decode(bytes(memory).first(*size), place.name);
}

result<void> write_record(const entry_file& file, const entry_record& what) {
  const result<void> written = system::write_file_at(file.handle.get(), encode(what), 0);
  if (!written || what.phase == entry_phase::building) return written;
  return system::touch_file(file.handle.get());  // for those who wait for the name and watch the directory
}

result<bool> is_locked(const entry_file& file, std::uint64_t start, std::uint64_t length) {
  const result<bool> got = system::try_lock(file.handle.get(), start, length, system::lock_mode::shared);
  if (!got) return got.error();
  if (*got) system::unlock(file.handle.get(), start, length);
  return !*got;
}

result<bool> has_members(const entry_file& file) {
  if (file.members > 0) return true;
  return is_locked(file, members_start, members_length);
}

result<bool> lives(const entry_file& file, const entry_record& what) {
  if (what.phase != entry_phase::live) return false;
  switch (what.description.life) {
    case lifetime::owner:
      return file.owns ? result<bool>(true) : is_locked(file, owner_byte, 1);
    case lifetime::users:
      return has_members(file);
    case lifetime::persistent:
      break;
  }
  const result<std::uint64_t> boot = system::boot_id();
  if (!boot) return boot.error();
  return *boot == what.boot_id;
}

result<void> become_member(entry_file& file, std::uint64_t member) {
  if (file.members == 0) {
    const result<void> locked = lock_own(file, members_start + member);
    if (!locked) return locked;
  }
  ++file.members;
  return {};
}

result<void> become_owner(entry_file& file) {
  const result<void> locked = lock_own(file, owner_byte);
  if (locked) file.owns = true;
  return locked;
}

void stop_being_member(entry_file& file, std::uint64_t member) noexcept {
  if (--file.members == 0) system::unlock(file.handle.get(), members_start + member, 1);
}

void stop_being_owner(entry_file& file) noexcept {
  if (std::exchange(file.owns, false)) system::unlock(file.handle.get(), owner_byte, 1);
}

bool backoff::pause() noexcept {
  const std::uint64_t now = ::GetTickCount64();
  if (until_ == 0) until_ = now + patience_ms;
  if (now >= until_) return false;
  system::pause(round_ < 4 ? 0 : 1 + round_ % 3);
  ++round_;
  return true;
}

}  // namespace viaduct::windows
