// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What system.cpp is for, about processes: Linux. src/macos/system_process.cpp replaces this file.
#include <fcntl.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include "posix/raw_call.hpp"
#include "posix/system.hpp"

namespace viaduct::posix::system {

namespace {

/// A file of /proc, empty if it cannot be read. Not by std::ifstream, whose descriptors are inherited by new programs.
std::string read_small_file(const std::string& path) {
  const result<descriptor> file = open_at(AT_FDCWD, path, O_RDONLY);
  if (!file) return {};
  std::string text(4096, '\0');
  const io size = read(file->get(), text);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

}  // namespace

result<descriptor> watch_process(pid_t process) {
  const fork_guard guard;
  const result<int> opened =
      checked("pidfd_open", [&] { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0U)); });
  if (!opened) return opened.error();
  return descriptor(*opened);
}

char** environment() noexcept { return ::environ; }

int add_child_directory(posix_spawn_file_actions_t& actions, const char* path) noexcept {
  return ::posix_spawn_file_actions_addchdir_np(&actions, path);
}

result<void> close_rest_in_child(posix_spawn_file_actions_t& actions, posix_spawnattr_t& /*attributes*/, int first) {
  const int code = ::posix_spawn_file_actions_addclosefrom_np(&actions, first);
  return code == 0 ? result<void>() : result<void>(failure(code));
}

result<void> random(buffer into) {
  while (!into.empty()) {
    const io count = raw("getrandom", [&] { return ::getrandom(into.data(), into.size(), 0); });
    if (count < 0) return failure(static_cast<int>(-count));
    into = into.after(static_cast<std::size_t>(count));
  }
  return {};
}

uid_t overflow_user() noexcept {
  static const uid_t known = [] {
    std::istringstream text(read_small_file("/proc/sys/kernel/overflowuid"));
    uid_t value = 0;
    return text >> value ? value : uid_t{65534};
  }();
  return known;
}

bool has_raised_privileges() noexcept { return ::getauxval(AT_SECURE) != 0; }

result<std::uint64_t> process_start_time(pid_t process) {
  const std::string line = read_small_file("/proc/" + std::to_string(process) + "/stat");
  // The second field is the program's name in parentheses and may hold anything; start time is field 22.
  const std::size_t after_name = line.rfind(')');
  if (after_name == std::string::npos) return failure(ESRCH);
  std::istringstream fields(line.substr(after_name + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  std::uint64_t ticks = 0;
  if (!(fields >> ticks)) return failure(ESRCH);
  return ticks;
}

std::uint64_t thread_id() noexcept { return static_cast<std::uint64_t>(::syscall(SYS_gettid)); }

result<std::string> process_executable(pid_t process) {
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  std::string target(4096, '\0');
  const io size = raw("readlink", [&] { return ::readlink(link.c_str(), target.data(), target.size()); });
  if (size < 0) return failure(size == -ENOENT ? ESRCH : static_cast<int>(-size));
  target.resize(static_cast<std::size_t>(size));
  return target;
}

result<std::string> boot_id() {
  static const std::string known = [] {
    std::string text = read_small_file("/proc/sys/kernel/random/boot_id");
    return text.substr(0, text.find('\n'));
  }();
  if (known.empty()) return failure(ENOENT);
  return known;
}

std::uint64_t pid_namespace() noexcept {
  struct stat found{};
  return ::stat("/proc/self/ns/pid", &found) == 0 ? found.st_ino : 0;
}

}  // namespace viaduct::posix::system
