// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/entry_directory.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "backend/system.hpp"
#include "common/base32.hpp"
#include "common/log.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

constexpr std::wstring_view verbatim = L"\\\\?\\";  // the system neither shortens nor reinterprets what follows

error hijacked(const std::wstring& path, std::string_view why) {
  std::string hint = to_utf8(path).append(": ").append(why);
  return error(errc::name_hijacked)
      .advise(hint.append("; find out who made it and remove it, or set VIADUCT_RUNTIME_DIR"));
}

/// Checked, in the verbatim form. An empty choice is the system's directory.
result<std::wstring> make_parent(const std::string& chosen) {
  result<std::wstring> path = chosen.empty() ? system::shared_data_directory() : to_wide(chosen);
  if (!path) return path;
  const bool absolute = path->size() >= 3 && (*path)[1] == L':' && ((*path)[2] == L'\\' || (*path)[2] == L'/');
  if (!absolute) {
    return error(errc::invalid_argument).advise("VIADUCT_RUNTIME_DIR must be an absolute path on a local drive");
  }
  result<std::wstring> full = system::full_path(*path);
  if (!full) return full;
  while (full->size() > 2 && full->back() == L'\\') full->pop_back();
  const result<UINT> drive = system::drive_type(*full);
  if (!drive) return drive.error();
  if (*drive == DRIVE_REMOTE) {
    return error(errc::not_supported).advise("names cannot be kept on a network drive: set VIADUCT_RUNTIME_DIR");
  }
  return std::wstring(verbatim) + *full;
}

/// Asking for the parent reads the registry and the drive: once for each value of the variable.
result<std::wstring> find_parent() {
  static std::mutex guard;
  static std::map<std::string, std::wstring> known;
  const std::string chosen = backend::environment_variable("VIADUCT_RUNTIME_DIR").value_or("");
  const std::lock_guard lock(guard);
  if (const auto found = known.find(chosen); found != known.end()) return found->second;
  result<std::wstring> made = make_parent(chosen);
  if (made) known.emplace(chosen, *made);
  return made;
}

/// Does the file system keep an integrity label that a new file asks for? NTFS does. Where labels are not kept, a
/// missing one says nothing about who made the directory.
result<bool> keeps_labels(const directory& where) {
  std::array<std::byte, 10> random{};
  if (const result<void> drawn = backend::random_bytes(random); !drawn) return drawn.error();
  const result<security_attributes> security = private_object();
  if (!security) return security.error();
  const std::wstring path = where.file("label-test." + detail::to_base32(random));
  const result<unique_handle> file = system::open_file({.path = path,
                                                        .access = GENERIC_READ | DELETE,
                                                        .share = 0,
                                                        .disposition = CREATE_NEW,
                                                        .flags = FILE_FLAG_DELETE_ON_CLOSE,
                                                        .security = security->get()});
  if (!file) return file.error();
  const result<object_security> found = security_of(file->get());
  if (!found) return found.error();
  return found->labelled;
}

/// The directory must belong to its owner, at no lower level than asked for; sets where.level.
result<void> verify(directory& where, std::uint32_t level, bool ours) {
  const result<object_security> found = security_of(where.handle.get());
  if (!found) return found.error();
  if (!(found->owner == where.owner)) return hijacked(where.path, "belongs to another user");
  where.level = level;
  if (found->level >= level) return {};
  if (!found->labelled && ours) {
    const result<bool> kept = keeps_labels(where);
    if (!kept) return kept.error();
    if (!*kept) {
      detail::write_log(log_level::debug, "the file system of the registry keeps no integrity labels");
      where.level = 0;
      return {};
    }
  }
  return hijacked(where.path, "was made by a process of a lower integrity level");
}

struct directory_request {
  std::wstring path;
  user owner;
  std::uint32_t level = 0;
  bool ours = false;
};

result<directory_ptr> open_checked(const directory_request& request) {
  auto where = std::make_shared<directory>();
  where->path = request.path;
  where->owner = request.owner;
  result<unique_handle> handle =
      system::open_file({.path = request.path,
                         .access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE,
                         .share = FILE_SHARE_READ | FILE_SHARE_WRITE,
                         .flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT});
  if (!handle) {
    if (request.ours && handle.error() == errc::access_denied) return hijacked(request.path, "cannot be opened by us");
    return handle.error();
  }
  where->handle = std::move(*handle);
  const result<BY_HANDLE_FILE_INFORMATION> information = system::file_information(where->handle.get());
  if (!information) return information.error();
  if ((information->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) return hijacked(request.path, "is no directory");
  if ((information->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) return hijacked(request.path, "is a link");
  const result<DWORD> flags = system::volume_flags(where->handle.get());
  if (!flags) return flags.error();
  if ((*flags & FILE_PERSISTENT_ACLS) == 0) {
    return error(errc::not_supported).advise("names cannot be kept on a volume without access control");
  }
  if (const result<void> ok = verify(*where, request.level, request.ours); !ok) return ok.error();
  return directory_ptr(std::move(where));
}

result<void> make(const std::wstring& path, const result<security_attributes>& security) {
  if (!security) return security.error();
  result<void> made = system::create_directory(path, security->get());
  if (made || made.error() == errc::already_exists) return {};
  if (made.error().os_code() == ERROR_PATH_NOT_FOUND) made.error().advise("the parent directory does not exist");
  return made;
}

/// Directories stay open until the process ends.
result<directory_ptr> cached(const directory_request& request, result<security_attributes> (*security)()) {
  static std::mutex guard;
  static std::map<std::wstring, directory_ptr> known;
  const std::lock_guard lock(guard);
  if (const auto found = known.find(request.path); found != known.end()) return found->second;
  if (security != nullptr) {
    if (const result<void> made = make(request.path, security()); !made) return made.error();
  }
  result<directory_ptr> opened = open_checked(request);
  if (opened) known.emplace(request.path, *opened);
  return opened;
}

}  // namespace

std::wstring directory::file(std::string_view name) const { return path + L'\\' + widen_ascii(name); }

result<std::wstring> directory_parent() { return find_parent(); }

result<std::wstring> public_directory_path(const user& owner) {
  // The text becomes part of a path: only what is the canonical text of a SID may.
  const result<std::string> sid = canonical_sid(owner.id());
  if (!sid || *sid != owner.id()) return error(errc::name_invalid).advise("the name's owner is no SID");
  const result<std::wstring> parent = find_parent();
  if (!parent) return parent;
  return *parent + L"\\viaduct-" + widen_ascii(*sid) + L".public";
}

result<directory_ptr> own_directory() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  const result<std::wstring> parent = find_parent();
  if (!parent) return parent.error();
  const std::wstring name = L"\\viaduct-" + widen_ascii(me->sid) + L'-' + std::to_wstring(me->level);
  return cached({.path = *parent + name, .owner = user::from_id(me->sid), .level = me->level, .ours = true},
                private_directory);
}

result<directory_ptr> own_public_directory() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  const result<std::wstring> path = public_directory_path(user::from_id(me->sid));
  if (!path) return path.error();
  const std::uint32_t level = std::min(me->level, medium_level);
  return cached({.path = *path, .owner = user::from_id(me->sid), .level = level, .ours = true}, public_directory);
}

result<directory_ptr> public_directory_of(const user& owner) {
  const result<std::wstring> path = public_directory_path(owner);
  if (!path) return path.error();
  return cached({.path = *path, .owner = owner, .level = medium_level, .ours = false}, nullptr);
}

}  // namespace viaduct::windows
