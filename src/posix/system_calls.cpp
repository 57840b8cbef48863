// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The raw calls that are the same on every POSIX system. What differs is in system.cpp.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "posix/raw_call.hpp"
#include "posix/system.hpp"

namespace viaduct::posix::system {

namespace {

// What no object may be opened without: close-on-exec, no link at the end, no controlling terminal.
constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;

struct flock whole_file_lock(short type, std::int64_t start, std::int64_t length) noexcept {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(start);
  lock.l_len = static_cast<off_t>(length);
  return lock;
}

/// EINVAL is a kernel that does not know these locks: the ranges we ask for are good.
error lock_failure(int code) noexcept {
  if (code != EINVAL) return failure(code);
  return error(errc::not_supported, code).advise("this kernel has no open-file-description locks");
}

}  // namespace

void close(int descriptor) noexcept { (void)::close(descriptor); }

result<void> set_nonblocking(int descriptor, bool on) {
  const result<int> flags = checked("fcntl", [&] { return ::fcntl(descriptor, F_GETFL); });
  if (!flags) return flags.error();
  const int wanted = on ? *flags | O_NONBLOCK : *flags & ~O_NONBLOCK;
  if (wanted == *flags) return {};
  return done("fcntl", [&] { return ::fcntl(descriptor, F_SETFL, wanted); });
}

result<bool> is_nonblocking(int descriptor) {
  const result<int> flags = checked("fcntl", [&] { return ::fcntl(descriptor, F_GETFL); });
  if (!flags) return flags.error();
  return (*flags & O_NONBLOCK) != 0;
}

result<void> set_close_on_exec(int descriptor, bool on) {
  return done("fcntl", [&] { return ::fcntl(descriptor, F_SETFD, on ? FD_CLOEXEC : 0); });
}

result<int> access_mode(int descriptor) {
  const result<int> flags = checked("fcntl", [&] { return ::fcntl(descriptor, F_GETFL); });
  if (!flags) return flags.error();
  return *flags & O_ACCMODE;
}

result<int> duplicate(int descriptor) {
  return checked("fcntl", [&] { return ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0); });
}

result<descriptor> open_at(int directory, const std::string& path, int flags, mode_t mode) {
  const fork_guard guard;
  const result<int> opened = checked("openat", [&] { return ::openat(directory, path.c_str(), flags | always, mode); });
  if (!opened) return opened.error();
  return descriptor(*opened);
}

result<descriptor> open_path(const std::string& path, int flags) {
  const fork_guard guard;
  const result<int> opened =
      checked("openat", [&] { return ::openat(AT_FDCWD, path.c_str(), flags | O_CLOEXEC | O_NOCTTY); });
  if (!opened) return opened.error();
  return descriptor(*opened);
}

result<void> link_at(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  return done("linkat", [&] { return ::linkat(from_directory, from.c_str(), to_directory, to.c_str(), 0); });
}

result<void> unlink_at(int directory, const std::string& path) {
  return done("unlinkat", [&] { return ::unlinkat(directory, path.c_str(), 0); });
}

result<void> make_directory_at(int directory, const std::string& path, mode_t mode) {
  return done("mkdirat", [&] { return ::mkdirat(directory, path.c_str(), mode); });
}

result<void> make_fifo_at(int directory, const std::string& path, mode_t mode) {
  return done("mkfifoat", [&] { return ::mkfifoat(directory, path.c_str(), mode); });
}

result<struct stat> status_at(int directory, const std::string& path) {
  struct stat found{};
  const result<void> asked =
      done("fstatat", [&] { return ::fstatat(directory, path.c_str(), &found, AT_SYMLINK_NOFOLLOW); });
  if (!asked) return asked.error();
  return found;
}

result<struct stat> status(int descriptor) {
  struct stat found{};
  const result<void> asked = done("fstat", [&] { return ::fstat(descriptor, &found); });
  if (!asked) return asked.error();
  return found;
}

result<void> change_mode(int descriptor, mode_t mode) {
  return done("fchmod", [&] { return ::fchmod(descriptor, mode); });
}

result<void> change_mode_at(int directory, const std::string& path, mode_t mode) {
  return done("fchmodat", [&] { return ::fchmodat(directory, path.c_str(), mode, 0); });
}

result<void> change_group_at(int directory, const std::string& path, gid_t group) {
  return done("fchownat",
              [&] { return ::fchownat(directory, path.c_str(), static_cast<uid_t>(-1), group, AT_SYMLINK_NOFOLLOW); });
}

void pause(std::chrono::nanoseconds span) noexcept {
  timespec left{};
  left.tv_sec = static_cast<time_t>(span.count() / 1'000'000'000);
  left.tv_nsec = static_cast<long>(span.count() % 1'000'000'000);
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

result<void> before_mapping() {
  return done("mmap", [] { return 0; });
}

result<void> flush_mapping(buffer shown) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto from = reinterpret_cast<std::uintptr_t>(shown.data());
  const std::uintptr_t before = from % page;
  return done("msync", [&] { return ::msync(shown.data() - before, shown.size() + before, MS_SYNC); });
}

result<std::size_t> read_at(int file, buffer into, std::int64_t offset) {
  const io count = raw("pread", [&] { return ::pread(file, into.data(), into.size(), static_cast<off_t>(offset)); });
  if (count < 0) return failure(static_cast<int>(-count));
  return static_cast<std::size_t>(count);
}

result<void> write_at(int file, bytes from, std::int64_t offset) {
  while (!from.empty()) {
    const io count =
        raw("pwrite", [&] { return ::pwrite(file, from.data(), from.size(), static_cast<off_t>(offset)); });
    if (count < 0) return failure(static_cast<int>(-count));
    if (count == 0) return failure(ENOSPC);
    from = from.after(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

result<std::vector<std::string>> list_directory(int directory) {
  // A descriptor of its own, because reading moves the shared position.
  result<descriptor> own = open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!own) return own.error();
  struct closer {
    void operator()(DIR* stream) const noexcept { (void)::closedir(stream); }
  };
  const std::unique_ptr<DIR, closer> stream(::fdopendir(own->get()));
  if (!stream) return failure(errno);
  (void)own->release();
  std::vector<std::string> names;
  while (const dirent* found = ::readdir(stream.get())) {
    if (std::strcmp(found->d_name, ".") != 0 && std::strcmp(found->d_name, "..") != 0)
      names.emplace_back(found->d_name);
  }
  return names;
}

result<bool> try_write_lock(int file, std::int64_t start, std::int64_t length) {
  struct flock lock = whole_file_lock(F_WRLCK, start, length);
  const io outcome = raw("fcntl", [&] { return ::fcntl(file, file_locks().set, &lock); });
  if (outcome == -EAGAIN || outcome == -EACCES) return false;
  if (outcome < 0) return lock_failure(static_cast<int>(-outcome));
  return true;
}

result<void> unlock(int file, std::int64_t start, std::int64_t length) {
  struct flock lock = whole_file_lock(F_UNLCK, start, length);
  return done("fcntl", [&] { return ::fcntl(file, file_locks().set, &lock); });
}

result<std::optional<std::int64_t>> query_lock(int file, std::int64_t start, std::int64_t length) {
  struct flock lock = whole_file_lock(F_WRLCK, start, length);
  const io outcome = raw("fcntl", [&] { return ::fcntl(file, file_locks().query, &lock); });
  if (outcome < 0) return lock_failure(static_cast<int>(-outcome));
  if (lock.l_type == F_UNLCK) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(lock.l_start);
}

rough_moment rough_now() noexcept {
#if defined(CLOCK_MONOTONIC_COARSE)
  static const detail::timer::nanoseconds tick = [] {
    timespec resolution{};
    (void)::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
    return detail::timer::nanoseconds(resolution.tv_sec * 1'000'000'000 + resolution.tv_nsec);
  }();
  timespec read{};
  (void)::clock_gettime(CLOCK_MONOTONIC_COARSE, &read);
  const detail::timer::nanoseconds since_epoch(read.tv_sec * 1'000'000'000 + read.tv_nsec);
  return {deadline::clock::time_point(since_epoch + tick), tick};
#else
  return {deadline::clock::now(), detail::timer::nanoseconds(0)};
#endif
}

io read(int descriptor, buffer into) noexcept {
  return raw("read", [&] { return ::read(descriptor, into.data(), into.size()); });
}

result<void> bind(int socket, const sockaddr_un& address, socklen_t size) {
  return done("bind", [&] { return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size); });
}

result<void> listen(int socket, int backlog) {
  return done("listen", [&] { return ::listen(socket, backlog); });
}

void shutdown(int socket, int how) noexcept { (void)::shutdown(socket, how); }

result<void> set_socket_timeout(int socket, int option, detail::timer::nanoseconds span) {
  timeval value{};
  value.tv_sec = static_cast<time_t>(span.count() / 1'000'000'000);
  value.tv_usec = static_cast<suseconds_t>(span.count() % 1'000'000'000 / 1'000);
  return done("setsockopt", [&] { return ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value); });
}

result<void> set_socket_buffers(int socket, std::size_t size) {
  const int value = size > 1U << 30 ? 1 << 30 : static_cast<int>(size);
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    const result<void> set =
        done("setsockopt", [&] { return ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value); });
    if (!set) return set.error();
  }
  return {};
}

result<int> socket_option(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  const result<void> asked =
      done("getsockopt", [&] { return ::getsockopt(socket, SOL_SOCKET, option, &value, &size); });
  if (!asked) return asked.error();
  return value;
}

result<bool> is_local_socket(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const result<void> asked =
      done("getsockname", [&] { return ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size); });
  if (!asked) return asked.error();
  return address.ss_family == AF_UNIX;
}

uid_t effective_user() noexcept { return ::geteuid(); }

result<void> send_signal(pid_t process, int signal) {
  return done("kill", [&] { return ::kill(process, signal); });
}

result<pid_t> spawn(const program_start& how) {
  if (const int injected = backend::seam::before("posix_spawn"); injected != 0) return failure(injected);
  pid_t process = -1;
  const int code = ::posix_spawn(&process, how.program, how.actions, how.attributes, how.args, how.environment);
  // Of a fork() that is no time-out.
  if (code == EAGAIN) {
    return error(errc::limit_reached, code)
        .advise(
            "the user or the system has no processes left: see RLIMIT_NPROC (ulimit -u) and the control group's "
            "pids.max");
  }
  if (code != 0) return failure(code);
  return process;
}

result<std::optional<int>> reap(pid_t process) {
  int status = 0;
  const result<int> ended = checked("waitpid", [&] { return ::waitpid(process, &status, WNOHANG); });
  if (!ended) return ended.error();
  if (*ended == 0) return std::optional<int>();
  return std::optional<int>(status);
}

}  // namespace viaduct::posix::system
