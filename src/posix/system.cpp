// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The raw calls in which POSIX systems differ, for Linux. src/macos/system.cpp replaces this file.
#include "posix/system.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "posix/raw_call.hpp"
#include "viaduct_features.hpp"

// Newer than some of the headers we compile with; the kernel says at run time whether it knows them.
#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x00000100
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

namespace viaduct::posix::system {

namespace {

constexpr bool portable = VIADUCT_PORTABLE_FALLBACKS != 0;
constexpr int socket_mode = SOCK_CLOEXEC | (portable ? SOCK_NONBLOCK : 0);

/// Linux 6.18 and later. Older kernels refuse the flag, so one byte into a pipe of our own tells.
bool probe_nosignal() noexcept {
  if constexpr (portable || VIADUCT_HAVE_PREADV2 == 0) return false;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  char byte = 0;
  const iovec one{&byte, 1};
  const bool known = ::pwritev2(ends[1], &one, 1, -1, RWF_NOSIGNAL) == 1;
  (void)::close(ends[0]);
  (void)::close(ends[1]);
  return known;
}

int flags_of(patience how) noexcept { return how == patience::now ? MSG_DONTWAIT : 0; }

/// A futex is 32 bits wide; the low half of a counter comes first on the processors we know of.
const void* low_half(const std::atomic<std::uint64_t>& count) noexcept {
  static_assert(std::endian::native == std::endian::little);
  return &count;
}

timespec timespec_of(const wake_moment& until) noexcept {
  timespec made{};
  if (!until) return made;
  const std::int64_t count = std::max<std::int64_t>(0, until->time_since_epoch().count());
  made.tv_sec = static_cast<time_t>(count / 1'000'000'000);
  made.tv_nsec = static_cast<long>(count % 1'000'000'000);
  return made;
}

error full(int file, std::size_t size, int code) {
  struct statfs room{};
  error failed(errc::no_space, code);
  if (::fstatfs(file, &room) != 0) return failed.advise("the file system, often /dev/shm, is full");
  const std::uint64_t available = static_cast<std::uint64_t>(room.f_bavail) * static_cast<std::uint64_t>(room.f_bsize);
  return failed.advise(std::to_string(size) + " bytes needed, " + std::to_string(available) +
                       " available: make room there, or raise its limit (mount -o remount,size=... /dev/shm)");
}

msghdr message_of(std::span<const iovec> parts) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return message;
}

/// Blocks SIGPIPE in this thread for one write and swallows the one the write raised; one that was already pending stays.
class signal_mask {
 public:
  signal_mask() noexcept {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~signal_mask() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signal_mask(const signal_mask&) = delete;
  signal_mask& operator=(const signal_mask&) = delete;

  void swallow() const noexcept {
    if (was_pending_) return;
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace

bool sockets_block() noexcept { return !portable; }
bool signal_free_pipe_writes() noexcept {
  static const bool known = probe_nosignal();
  return known;
}
bool refuses_when_full() noexcept { return false; }
bool tears_down_sockets_in_flight() noexcept { return portable; }  // Linux does not; this runs the road
bool unnamed_files() noexcept { return !portable && VIADUCT_HAVE_O_TMPFILE != 0; }
bool watches_directories() noexcept { return !portable && VIADUCT_HAVE_INOTIFY != 0; }
const char* name() noexcept { return "Linux"; }
const char* name_directory() noexcept { return "/dev/shm/viaduct-<uid>"; }
const char* child_mechanism() noexcept { return "posix_spawn, pidfd"; }
const char* wait_mechanism() noexcept { return portable ? "FIFOs" : "futex"; }
bool settable_pipe_capacity() noexcept { return true; }

bool duplicate_over(int source, int target) noexcept { return ::dup3(source, target, O_CLOEXEC) >= 0; }
int open_null() noexcept { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }

result<descriptor> open_unnamed(int directory) {
  if (!unnamed_files()) return failure(EOPNOTSUPP);
  return open_at(directory, ".", O_TMPFILE | O_RDWR, 0600);
}

result<void> link_unnamed(int file, int directory, const std::string& path) {
  const result<void> direct =
      done("linkat", [&] { return ::linkat(file, "", directory, path.c_str(), AT_EMPTY_PATH); });
  // Before Linux 6.10 AT_EMPTY_PATH wants a capability and says ENOENT without it.
  if (direct || (direct.error().os_code() != ENOENT && direct.error().os_code() != EPERM)) return direct;
  const std::string by_number = "/proc/self/fd/" + std::to_string(file);
  return done("linkat",
              [&] { return ::linkat(AT_FDCWD, by_number.c_str(), directory, path.c_str(), AT_SYMLINK_FOLLOW); });
}

result<void> rename_exclusive(int directory, const std::string& from, const std::string& to) {
  return done("renameat2", [&] {
    return static_cast<int>(
        ::syscall(SYS_renameat2, directory, from.c_str(), directory, to.c_str(), 1U /* RENAME_NOREPLACE */));
  });
}

bool reserves_memory() noexcept { return !portable; }
bool seals_memory() noexcept { return !portable && VIADUCT_HAVE_MEMFD != 0; }

result<void> reserve(int file, std::size_t size) {
  const auto length = static_cast<off_t>(size);
  if (!reserves_memory()) return done("ftruncate", [&] { return ::ftruncate(file, length); });
  const result<void> reserved = done("fallocate", [&] { return ::fallocate(file, 0, 0, length); });
  if (reserved || reserved.error() != errc::no_space) return reserved;
  return full(file, size, reserved.error().os_code());
}

lock_commands file_locks() noexcept { return {F_OFD_SETLK, F_OFD_GETLK}; }

result<int> wait(std::span<pollfd> descriptors, detail::timer& wait) {
  for (;;) {
    const detail::timer::nanoseconds left = wait.remaining();
    timespec span{};
    const bool forever = left == detail::timer::nanoseconds::max();
    span.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    span.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    if (const int injected = backend::seam::before("ppoll"); injected != 0) return failure(injected);
    const int ready = ::ppoll(descriptors.data(), descriptors.size(), forever ? nullptr : &span, nullptr);
    if (ready > 0) return ready;
    if (ready < 0 && errno != EINTR) return failure(errno);
    if (ready == 0 && wait.expired()) return 0;
  }
}

result<bell_ends> make_bell() {
  const fork_guard guard;
  if constexpr (portable) {
    std::array<int, 2> ends{};
    const result<void> made = done("pipe2", [&] { return ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK); });
    if (!made) return made.error();
    return bell_ends{descriptor(ends[0]), descriptor(ends[1])};
  } else {
    const result<int> made = checked("eventfd2", [&] { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); });
    if (!made) return made.error();
    return bell_ends{descriptor(*made), descriptor()};
  }
}

void ring(int bell) noexcept {
  const std::uint64_t one = 1;
  // A full bell has been rung already.
  if (::write(bell, &one, sizeof one) < 0) return;
}

void quiet(int bell) noexcept {
  std::array<std::byte, 64> taken{};
  while (::read(bell, taken.data(), taken.size()) == static_cast<ssize_t>(taken.size())) {
  }
}

bool has_address_waits() noexcept { return !portable; }

io wait_on_address(const std::atomic<std::uint64_t>& count, std::uint64_t seen, const wake_moment& until) noexcept {
  const timespec end = timespec_of(until);
  // The bitset form takes an absolute time of the monotonic clock.
  return raw_once("futex", [&] {
    return ::syscall(SYS_futex, low_half(count), FUTEX_WAIT_BITSET, static_cast<std::uint32_t>(seen),
                     until ? &end : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  });
}

void wake_on_address(const std::atomic<std::uint64_t>& count, wake_whom whom) noexcept {
  const int most = whom == wake_whom::one ? 1 : std::numeric_limits<int>::max();
  (void)backend::seam::before("futex_wake");  // to be counted: it cannot fail for a good address
  (void)::syscall(SYS_futex, low_half(count), FUTEX_WAKE, most, nullptr, nullptr, 0);
}

result<descriptor> make_watch() {
  if (!watches_directories()) return failure(EOPNOTSUPP);
  const fork_guard guard;
  const result<int> made = checked("inotify_init1", [&] { return ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK); });
  if (!made) return made.error();
  return descriptor(*made);
}

result<void> watch_path(int watch, const std::string& path, bool directory) {
  const std::uint32_t events = directory ? IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_ONLYDIR
                                         : IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF;
  return done("inotify_add_watch", [&] { return ::inotify_add_watch(watch, path.c_str(), events); });
}

void drain_watch(int watch) noexcept {
  alignas(inotify_event) std::array<std::byte, 4096> events{};
  while (::read(watch, events.data(), events.size()) > 0) {
  }
}

result<pipe_descriptors> make_pipe() {
  const fork_guard guard;
  std::array<int, 2> ends{};
  const result<void> made = done("pipe2", [&] { return ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK); });
  if (!made) return made.error();
  return pipe_descriptors{descriptor(ends[0]), descriptor(ends[1])};
}

result<void> set_pipe_capacity(int descriptor, std::size_t size) {
  const int wanted = size > 1U << 30 ? 1 << 30 : static_cast<int>(size);
  const result<void> set = done("fcntl", [&] { return ::fcntl(descriptor, F_SETPIPE_SZ, wanted); });
  if (set || set.error().os_code() != EPERM) return set;
  return error(errc::limit_reached, EPERM)
      .advise("larger pipes are limited by /proc/sys/fs/pipe-max-size and by the user's pipe pages");
}

// No property here: each write takes care of itself.
result<void> set_signal_free(int /*descriptor*/, bool /*on*/) { return {}; }

io write_pipe(int descriptor, std::span<const iovec> parts) noexcept {
  const int count = static_cast<int>(parts.size());
  if (signal_free_pipe_writes()) {
    return raw("pwritev2", [&] { return ::pwritev2(descriptor, parts.data(), count, -1, RWF_NOSIGNAL); });
  }
  const signal_mask masked;
  const io written = raw("writev", [&] { return ::writev(descriptor, parts.data(), count); });
  if (written == -EPIPE) masked.swallow();
  return written;
}

io write_shared_pipe(int descriptor, std::span<const iovec> parts) noexcept { return write_pipe(descriptor, parts); }

result<descriptor> make_socket() {
  const fork_guard guard;
  const result<int> made = checked("socket", [&] { return ::socket(AF_UNIX, SOCK_STREAM | socket_mode, 0); });
  if (!made) return made.error();
  return descriptor(*made);
}

result<std::pair<descriptor, descriptor>> make_socket_pair() {
  const fork_guard guard;
  std::array<int, 2> ends{};
  const result<void> made =
      done("socketpair", [&] { return ::socketpair(AF_UNIX, SOCK_STREAM | socket_mode, 0, ends.data()); });
  if (!made) return made.error();
  return std::pair(descriptor(ends[0]), descriptor(ends[1]));
}

io connect(int socket, const sockaddr_un& address, socklen_t size) noexcept {
  return raw_once("connect", [&] { return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), size); });
}

io accept(int socket, descriptor& accepted) noexcept {
  const fork_guard guard;
  const io made = raw("accept4", [&] { return ::accept4(socket, nullptr, nullptr, socket_mode); });
  if (made >= 0) accepted = descriptor(static_cast<int>(made));
  return made;
}

io receive(int socket, std::span<const iovec> parts, patience how) noexcept {
  if (parts.size() == 1) {
    return raw_once("recvfrom", [&] { return ::recv(socket, parts[0].iov_base, parts[0].iov_len, flags_of(how)); });
  }
  msghdr message = message_of(parts);
  return raw_once("recvmsg", [&] { return ::recvmsg(socket, &message, flags_of(how)); });
}

io send(int socket, std::span<const iovec> parts, patience how) noexcept {
  if (parts.size() == 1) {
    return raw_once("sendto",
                    [&] { return ::send(socket, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | flags_of(how)); });
  }
  const msghdr message = message_of(parts);
  return raw_once("sendmsg", [&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL | flags_of(how)); });
}

io send_descriptors(int socket, std::span<const iovec> parts, std::span<const int> descriptors, patience how) noexcept {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(16 * sizeof(int))> control{};
  if (descriptors.size() > 16) return -EINVAL;
  msghdr message = message_of(parts);
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  return raw_once("sendmsg", [&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL | flags_of(how)); });
}

// One message can carry no more.
constexpr std::size_t most_arriving = 253;
std::size_t most_arriving_descriptors() noexcept { return most_arriving; }

io receive_descriptors(int socket, std::span<const iovec> parts, patience how, arrived_descriptors& arrived) {
  // Room for all of them, so that nothing is installed that we do not see.
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_arriving * sizeof(int))> control;
  msghdr message = message_of(parts);
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const io count = raw_once("recvmsg", [&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags_of(how)); });
  if (count < 0) return count;
  arrived.truncated = (message.msg_flags & MSG_CTRUNC) != 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t total = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t index = 0; index < total; ++index) {
      int value = -1;
      std::memcpy(&value, CMSG_DATA(header) + index * sizeof(int), sizeof value);
      arrived.all.emplace_back(value);
    }
  }
  return count;
}

void refuse_descriptors(int socket) noexcept {
  const int off = 0;
  // Linux 6.16 and later; before that a receiver without a control buffer lets the kernel drop them.
  (void)::setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off);
}

result<credentials> peer_credentials(int socket) {
  ucred found{};
  socklen_t size = sizeof found;
  const result<void> asked =
      done("getsockopt", [&] { return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &found, &size); });
  if (!asked) return asked.error();
  if (found.pid == 0 && found.uid == static_cast<uid_t>(-1)) return failure(ENOTCONN);
  // No process id: one of another PID namespace, or nobody. The overflow uid: a user the kernel could not map.
  if (found.pid == 0 || found.uid == overflow_user()) return credentials{0, std::nullopt};
  return credentials{static_cast<std::uint64_t>(found.pid), found.uid};
}

}  // namespace viaduct::posix::system
