// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include <stdlib.h>
#include <unistd.h>

#include "backend/system.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

namespace system = posix::system;

result<void> random_bytes(buffer into) { return system::random(into); }

std::uint64_t current_process_id() noexcept { return static_cast<std::uint64_t>(::getpid()); }

std::uint64_t current_thread_id() noexcept { return system::thread_id(); }

result<std::uint64_t> process_start_time(std::uint64_t process_id) {
  return system::process_start_time(static_cast<pid_t>(process_id));
}

result<std::filesystem::path> process_executable(std::uint64_t process_id) {
  const result<std::string> found = system::process_executable(static_cast<pid_t>(process_id));
  if (!found) return found.error();
  return std::filesystem::path(*found);
}

std::optional<std::string> environment_variable(const char* key) {
  if (system::has_raised_privileges()) return std::nullopt;
  const char* value = ::getenv(key);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace viaduct::backend
