// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Opens, makes and checks the directories of directory.cpp, and keeps our own two open.
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "posix/directory.hpp"
#include "posix/entry_table.hpp"
#include "posix/error.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

using directory_ptr = std::shared_ptr<const directory>;

constexpr mode_t permission_bits = 0777;
constexpr mode_t private_mode = 0700;
constexpr mode_t public_mode = 0711;

error hijacked(const char* why) { return error(errc::name_hijacked).advise(why); }

error parent_failure(const error& cause, const std::string& path) {
  const bool no_directory = cause.os_code() == ENOTDIR || cause.os_code() == ELOOP;
  error made = no_directory ? error(errc::invalid_argument, cause.os_code()) : cause;
  return made.advise(path + " is not a directory that can be opened: names live there, or below VIADUCT_RUNTIME_DIR");
}

/// Who may rename or replace what lies in the parent decides whether its names mean anything.
result<void> check_parent(const std::string& path) {
  const result<descriptor> opened = system::open_at(AT_FDCWD, path, search_only());
  if (!opened) return parent_failure(opened.error(), path);
  const result<struct stat> found = system::status(opened->get());
  if (!found) return found.error();
  if (found->st_uid != 0 && found->st_uid != system::effective_user()) {
    return hijacked("the parent of the registry directory belongs to another user");
  }
  if ((found->st_mode & (S_IWGRP | S_IWOTH)) != 0 && (found->st_mode & S_ISVTX) == 0) {
    return hijacked("others can replace what lies in the parent of the registry directory: it needs the sticky bit");
  }
  return {};
}

/// Ours, a directory, and no wider than it must be. A mode that is too narrow comes from an umask or from a process that
/// died between making and widening it, and is put right.
result<void> check_own(const directory& opened, mode_t mode) {
  const result<struct stat> found = system::status(opened.handle.get());
  if (!found) return found.error();
  if (!S_ISDIR(found->st_mode)) return hijacked("something that is no directory sits where names live");
  if (found->st_uid != system::effective_user()) return hijacked("the registry directory belongs to another user");
  const mode_t bits = found->st_mode & permission_bits;
  if ((bits & ~mode) != 0)
    return hijacked("the registry directory is open to others: remove it or take their rights away");
  if (bits != mode) return system::change_mode(opened.handle.get(), mode);
  return {};
}

result<directory_ptr> open_own(const std::string& path, mode_t mode) {
  const result<void> made = system::make_directory_at(AT_FDCWD, path, mode);
  if (!made && made.error() != errc::already_exists) return made.error();
  result<descriptor> opened = system::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error() == errc::access_denied && made) {
    // An umask that takes the owner's own rights. Nobody else can have replaced it: check_parent.
    if (const result<void> widened = system::change_mode_at(AT_FDCWD, path, mode); !widened) return widened.error();
    opened = system::open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  }
  if (!opened) {
    if (opened.error() == errc::access_denied) return hijacked("the registry directory cannot be opened by its user");
    return opened.error();
  }
  auto result_directory = std::make_shared<directory>(directory{std::move(*opened), path});
  if (const result<void> checked = check_own(*result_directory, mode); !checked) return checked.error();
  return directory_ptr(std::move(result_directory));
}

pthread_mutex_t cache_mutex = PTHREAD_MUTEX_INITIALIZER;
struct kept_directory {
  directory_ptr opened;
  dev_t device = 0;
  ino_t inode = 0;
};
std::array<kept_directory, 2> cache;  // private, public

class cache_lock {
 public:
  cache_lock() noexcept { (void)pthread_mutex_lock(&cache_mutex); }
  ~cache_lock() { (void)pthread_mutex_unlock(&cache_mutex); }
  cache_lock(const cache_lock&) = delete;
  cache_lock& operator=(const cache_lock&) = delete;
};

/// Does the path still mean the directory we hold? If not, other processes would not meet us there.
bool is_current(const kept_directory& kept, const std::string& path) {
  if (!kept.opened || kept.opened->path != path) return false;
  const result<struct stat> named = system::status_at(AT_FDCWD, path);
  return named && named->st_dev == kept.device && named->st_ino == kept.inode;
}

result<directory_ptr> own(std::size_t which, const result<std::string>& path, mode_t mode) {
  if (!path) return path.error();
  install_fork_handlers();
  const cache_lock held;
  kept_directory& kept = cache[which];
  if (is_current(kept, *path)) return kept.opened;
  const std::string around = path->substr(0, path->rfind('/'));
  if (const result<void> parent = check_parent(around); !parent) return located(parent.error(), around);
  result<directory_ptr> opened = open_own(*path, mode);
  if (!opened) return located(opened.error(), *path);
  const result<struct stat> found = system::status((*opened)->handle.get());
  if (!found) return found.error();
  kept = {*opened, found->st_dev, found->st_ino};
  return opened;
}

result<uid_t> user_number(const user& owner) {
  uid_t number = 0;
  const std::string& text = owner.id();
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (owner.is_unknown() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return error(errc::name_invalid).advise("the name's owner is not a user of this system");
  }
  if (number == system::overflow_user()) {
    return error(errc::name_invalid).advise("the system cannot tell the name's owner from other users");
  }
  return number;
}

result<directory_ptr> open_public_of(uid_t owner, const std::string& path) {
  result<descriptor> opened = system::open_at(AT_FDCWD, path, search_only());
  if (!opened) return opened.error();
  const result<struct stat> found = system::status(opened->get());
  if (!found) return found.error();
  if (!S_ISDIR(found->st_mode))
    return hijacked("something that is no directory sits where the other user's names live");
  if (found->st_uid != owner) return hijacked("the other user's public directory belongs to somebody else");
  if ((found->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return hijacked("others may write to the other user's public directory");
  return directory_ptr(std::make_shared<directory>(directory{std::move(*opened), path}));
}

result<directory_ptr> open_foreign(uid_t owner) {
  const result<std::string> path = public_path(owner);
  if (!path) return path.error();
  result<directory_ptr> opened = open_public_of(owner, *path);
  if (!opened) return located(opened.error(), *path);
  return opened;
}

}  // namespace

result<directory_ptr> own_directory() { return own(0, private_path(system::effective_user()), private_mode); }

result<directory_ptr> own_public_directory() { return own(1, public_path(system::effective_user()), public_mode); }

result<directory_ptr> directory_of(const user& owner) {
  const result<uid_t> number = user_number(owner);
  if (!number) return number.error();
  return *number == system::effective_user() ? own_directory() : open_foreign(*number);
}

void lock_directories() noexcept { (void)pthread_mutex_lock(&cache_mutex); }
void unlock_directories() noexcept { (void)pthread_mutex_unlock(&cache_mutex); }
void forget_directories() noexcept {
  cache_mutex = PTHREAD_MUTEX_INITIALIZER;
  for (kept_directory& kept : cache) kept.opened.reset();
}

}  // namespace viaduct::posix
