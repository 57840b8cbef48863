// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/system.hpp"

#include <dirent.h>
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>
#if __has_include(<sys/syscall.h>)
#include <sys/syscall.h>
#endif

#include <atomic>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "posix/directory.hpp"

namespace viaduct::test {
namespace {

std::filesystem::path& program() {
  static std::filesystem::path path;
  return path;
}

// Entries of a directory of the system, without the one that listing it opens.
std::optional<std::size_t> count_entries(const char* path) {
  DIR* const directory = ::opendir(path);
  if (directory == nullptr) return std::nullopt;
  std::size_t count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return count;
}

std::atomic<int> answered{0};

void print_own_stack(int /*signal*/) {
  void* frames[48];
  const int count = ::backtrace(frames, 48);
  constexpr char line[] = "[watchdog] thread:\n";
  (void)!::write(STDERR_FILENO, line, sizeof line - 1);
  ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
  answered.fetch_add(1);
}

// One thread after the other, where threads can be listed and asked.
void ask_threads() {
#if defined(SYS_tgkill)
  int asked = 0;
  if (DIR* directory = ::opendir("/proc/self/task")) {
    while (const dirent* entry = ::readdir(directory)) {
      if (entry->d_name[0] == '.') continue;
      if (::syscall(SYS_tgkill, ::getpid(), static_cast<int>(std::strtol(entry->d_name, nullptr, 10)), SIGUSR2) != 0)
        continue;
      ++asked;
      for (int tries = 0; answered.load() < asked && tries < 50; ++tries) ::usleep(10'000);
    }
    ::closedir(directory);
  }
#endif
}

std::vector<std::filesystem::path> runtime_directories() {
  return {posix::private_path(::geteuid()).value(), posix::public_path(::geteuid()).value()};
}

}  // namespace

std::filesystem::path this_program() { return program(); }
void set_this_program(const char* called) { program() = std::filesystem::absolute(called); }
std::uint64_t this_process_id() { return static_cast<std::uint64_t>(::getpid()); }

std::size_t open_handles() {
  if (const auto count = count_entries("/proc/self/fd")) return *count - 1;
  return count_entries("/dev/fd").value() - 1;
}
std::size_t open_files() { return open_handles(); }
std::size_t running_threads() { return count_entries("/proc/self/task").value_or(0); }

std::vector<std::string> runtime_files(std::string_view containing) {
  std::vector<std::string> found;
  for (const auto& directory : runtime_directories()) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
      const std::string file = entry.path().filename().string();
      if (file.find(containing) != std::string::npos) found.push_back(file);
    }
  }
  return found;
}

void dump_stacks() noexcept {
  struct sigaction print = {};
  print.sa_handler = print_own_stack;
  ::sigaction(SIGUSR2, &print, nullptr);
  ask_threads();
}

bool has_signals() noexcept { return true; }
user stranger() { return user::from_id("4711"); }

}  // namespace viaduct::test
