// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Where the directories are on macOS, and how a socket in one of them is reached. Replaces src/posix/directory.cpp.
#include "posix/directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "backend/system.hpp"
#include "posix/error.hpp"
#include "posix/socket_address.hpp"
#include "posix/system.hpp"

// Exported by the system since 10.12, in no public header: the working directory of one thread. -1: the process's again.
extern "C" int pthread_fchdir_np(int directory);

namespace viaduct::posix {

namespace {

/// The directory that VIADUCT_RUNTIME_DIR names, nullopt if it names none.
result<std::optional<std::string>> chosen_parent() {
  std::optional<std::string> chosen = backend::environment_variable("VIADUCT_RUNTIME_DIR");
  if (!chosen || chosen->empty()) return std::optional<std::string>();
  if (chosen->front() != '/') {
    return error(errc::invalid_argument).advise("VIADUCT_RUNTIME_DIR must be an absolute path");
  }
  return chosen;
}

/// A sandboxed program has such directories for itself alone and would meet nobody there.
result<void> check_not_sandboxed() {
  const char* const container = "APP_SANDBOX_CONTAINER_ID";
  if (!backend::environment_variable(container)) return {};
  return error(errc::not_supported)
      .advise("in the app sandbox VIADUCT_RUNTIME_DIR must name a folder in the app group's container");
}

/// Of the effective user, made by the system, not cleaned while it is in use; without a slash at its end.
result<std::string> user_directory() {
  std::array<char, 1024> path{};
  const std::size_t size = ::confstr(_CS_DARWIN_USER_DIR, path.data(), path.size());
  if (size == 0)
    return error(failure(errno)).advise("the system has no directory for this user: set VIADUCT_RUNTIME_DIR");
  if (size > path.size()) return failure(ENAMETOOLONG);
  std::string text(path.data());
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

result<std::string> own_parent(const char* usual) {
  const result<std::optional<std::string>> chosen = chosen_parent();
  if (!chosen) return chosen.error();
  if (*chosen) return **chosen;
  if (const result<void> free = check_not_sandboxed(); !free) return free.error();
  return usual != nullptr ? result<std::string>(usual) : user_directory();
}

std::string name_of(uid_t owner) { return "/viaduct-" + std::to_string(owner); }

}  // namespace

std::string path_in(const directory& where, const std::string& file) { return where.path + "/" + file; }

result<address_in> address_in::make(const directory& where, const std::string& file) {
  const result<socket_address> whole = address_of(path_in(where, file));
  if (whole) return address_in(*whole, false);
  const result<socket_address> alone = address_of(file);
  if (!alone) return alone.error();
  if (::pthread_fchdir_np(where.handle.get()) != 0) return failure(errno);
  return address_in(*alone, true);
}

address_in::~address_in() {
  if (moved_) (void)::pthread_fchdir_np(-1);
}

result<std::string> parent_of_directories() { return own_parent(nullptr); }

result<std::string> private_path(uid_t owner) {
  const result<std::optional<std::string>> chosen = chosen_parent();
  if (!chosen) return chosen.error();
  if (*chosen) return **chosen + name_of(owner);
  if (owner != system::effective_user())
    return error(errc::access_denied).advise("another user's names are in their public directory");
  result<std::string> parent = parent_of_directories();
  if (parent) *parent += "/viaduct";
  return parent;
}

result<std::string> public_path(uid_t owner) {
  result<std::string> parent = own_parent("/var/tmp");
  if (parent) *parent += name_of(owner) + ".public";
  return parent;
}

int search_only() noexcept { return O_SEARCH; }

}  // namespace viaduct::posix
