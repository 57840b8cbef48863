// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Where the directories are. Nothing here opens or makes one: that is directory_cache.cpp.
#include "posix/directory.hpp"

#include <fcntl.h>

#include "backend/system.hpp"
#include "posix/socket_address.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

bool has_descriptor_paths() {
  static const bool found = system::status_at(AT_FDCWD, "/proc/self/fd").has_value();
  return found;
}

}  // namespace

std::string path_in(const directory& where, const std::string& file) {
  if (has_descriptor_paths()) return "/proc/self/fd/" + std::to_string(where.handle.get()) + "/" + file;
  return where.path + "/" + file;
}

result<address_in> address_in::make(const directory& where, const std::string& file) {
  const result<socket_address> address = address_of(path_in(where, file));
  if (!address) return address.error();
  return address_in(*address, false);
}

address_in::~address_in() = default;

result<std::string> parent_of_directories() {
  const std::optional<std::string> chosen = backend::environment_variable("VIADUCT_RUNTIME_DIR");
  if (!chosen || chosen->empty()) return std::string("/dev/shm");
  if (chosen->front() != '/') {
    return error(errc::invalid_argument).advise("VIADUCT_RUNTIME_DIR must be an absolute path");
  }
  return *chosen;
}

result<std::string> private_path(uid_t owner) {
  result<std::string> path = parent_of_directories();
  if (path) *path += "/viaduct-" + std::to_string(owner);
  return path;
}

result<std::string> public_path(uid_t owner) {
  result<std::string> path = private_path(owner);
  if (path) *path += ".public";
  return path;
}

int search_only() noexcept { return O_PATH | O_DIRECTORY; }

}  // namespace viaduct::posix
