// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What system.cpp is for, about processes: macOS 13 and later. Replaces src/posix/system_process.cpp.
#include <crt_externs.h>
#include <fcntl.h>
#include <libproc.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/event.h>
#include <sys/random.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "posix/raw_call.hpp"
#include "posix/system.hpp"

namespace viaduct::posix::system {

namespace {

result<void> add_event(int queue, const struct kevent& change) {
  return done("kevent", [&] { return ::kevent(queue, &change, 1, nullptr, 0, nullptr); });
}

struct kevent event_of(uintptr_t what, std::int16_t filter, std::uint16_t flags, std::uint32_t notes) noexcept {
  struct kevent made{};
  made.ident = what;
  made.filter = filter;
  made.flags = flags;
  made.fflags = notes;
  return made;
}

/// Ours and ending, or ended: a kqueue does not find it any more, and wait() does.
bool is_own_child(pid_t process) noexcept {
  siginfo_t ignored{};
  return raw("waitid",
             [&] { return ::waitid(P_PID, static_cast<id_t>(process), &ignored, WEXITED | WNOHANG | WNOWAIT); }) >= 0;
}

}  // namespace

// The event is never taken out, so the queue stays readable from then on.
result<descriptor> watch_process(pid_t process) {
  const fork_guard guard;
  const result<int> queue = checked("kqueue", [&] { return ::kqueue(); });
  if (!queue) return queue.error();
  descriptor watch(*queue);
  if (result<void> set = set_close_on_exec(*queue, true); !set) return set.error();
  const result<void> added =
      add_event(*queue, event_of(static_cast<uintptr_t>(process), EVFILT_PROC, EV_ADD, NOTE_EXIT));
  if (added) return watch;
  if (added.error().os_code() != ESRCH || !is_own_child(process)) return added.error();
  if (result<void> made = add_event(*queue, event_of(0, EVFILT_USER, EV_ADD, 0)); !made) return made.error();
  if (result<void> rung = add_event(*queue, event_of(0, EVFILT_USER, 0, NOTE_TRIGGER)); !rung) return rung.error();
  return watch;
}

char** environment() noexcept { return *::_NSGetEnviron(); }

int add_child_directory(posix_spawn_file_actions_t& actions, const char* path) noexcept {
  if (__builtin_available(macOS 26.0, *)) return ::posix_spawn_file_actions_addchdir(&actions, path);
  return ::posix_spawn_file_actions_addchdir_np(&actions, path);
}

// Only what the actions make reaches the child; the standard streams that it inherits must be among them.
result<void> close_rest_in_child(posix_spawn_file_actions_t& actions, posix_spawnattr_t& attributes, int /*first*/) {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) < 0) continue;
    if (const int code = ::posix_spawn_file_actions_addinherit_np(&actions, stream); code != 0) return failure(code);
  }
  short flags = 0;
  if (const int code = ::posix_spawnattr_getflags(&attributes, &flags); code != 0) return failure(code);
  const int code = ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags | POSIX_SPAWN_CLOEXEC_DEFAULT));
  return code == 0 ? result<void>() : result<void>(failure(code));
}

result<void> random(buffer into) {
  constexpr std::size_t most = 256;  // of one call
  while (!into.empty()) {
    const std::size_t count = std::min(into.size(), most);
    const result<void> filled = done("getentropy", [&] { return ::getentropy(into.data(), count); });
    if (!filled) return filled;
    into = into.after(count);
  }
  return {};
}

/// Nobody: every user of this system can be told from the others.
uid_t overflow_user() noexcept { return static_cast<uid_t>(-1); }

bool has_raised_privileges() noexcept { return ::issetugid() != 0; }

result<std::uint64_t> process_start_time(pid_t process) {
  std::array<int, 4> query{CTL_KERN, KERN_PROC, KERN_PROC_PID, process};
  kinfo_proc found{};
  std::size_t size = sizeof found;
  const result<void> asked = done(
      "sysctl", [&] { return ::sysctl(query.data(), static_cast<u_int>(query.size()), &found, &size, nullptr, 0); });
  if (!asked) return asked.error();
  if (size == 0) return failure(ESRCH);
  const timeval& started = found.kp_proc.p_starttime;
  return static_cast<std::uint64_t>(started.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(started.tv_usec);
}

std::uint64_t thread_id() noexcept {
  std::uint64_t known = 0;
  (void)::pthread_threadid_np(nullptr, &known);
  return known;
}

result<std::string> process_executable(pid_t process) {
  std::string path(PROC_PIDPATHINFO_MAXSIZE, '\0');
  const io size = raw("proc_pidpath", [&] {
    const int written = ::proc_pidpath(process, path.data(), static_cast<std::uint32_t>(path.size()));
    return written > 0 ? written : -1;
  });
  if (size < 0) return failure(static_cast<int>(-size));
  path.resize(static_cast<std::size_t>(size));
  return path;
}

result<std::string> boot_id() {
  std::array<char, 64> text{};
  std::size_t size = text.size() - 1;
  const result<void> asked =
      done("sysctl", [&] { return ::sysctlbyname("kern.bootsessionuuid", text.data(), &size, nullptr, 0); });
  if (!asked) return asked.error();
  return std::string(text.data());
}

std::uint64_t pid_namespace() noexcept { return 0; }

}  // namespace viaduct::posix::system
