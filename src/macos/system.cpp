// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The raw calls in which POSIX systems differ, for macOS 13 and later. Replaces src/posix/system.cpp.
//
// What newer systems add (pipe2, dup3, ppoll, MSG_NOSIGNAL) is not used: it would make a second road that only they test.
#include "posix/system.hpp"

#include <fcntl.h>
#include <os/os_sync_wait_on_address.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "posix/raw_call.hpp"

// Public since the SDK of macOS 27; older kernels have them too, or say EINVAL.
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 90
#define F_OFD_GETLK 92
#endif

namespace viaduct::posix::system {

namespace {

/// Close-on-exec only now: a program that another thread starts at this very moment, and not through us, may still get it.
result<void> make_ours(int made) {
  if (result<void> set = set_close_on_exec(made, true); !set) return set;
  return set_nonblocking(made, true);
}

int flags_of(patience how) noexcept { return how == patience::now ? MSG_DONTWAIT : 0; }

msghdr message_of(std::span<const iovec> parts) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = static_cast<int>(parts.size());
  return message;
}

/// The words of an fd_set, as many as the highest descriptor needs: select() takes any number here.
class descriptor_set {
 public:
  explicit descriptor_set(int highest) {
    const std::size_t words = static_cast<std::size_t>(highest + 1) / bits + 1;
    if (words > few_.size()) many_.resize(words);
  }
  void add(int descriptor) noexcept { word(descriptor) |= bit(descriptor); }
  [[nodiscard]] bool has(int descriptor) noexcept { return (word(descriptor) & bit(descriptor)) != 0; }
  [[nodiscard]] fd_set* get() noexcept { return reinterpret_cast<fd_set*>(words()); }

 private:
  static constexpr std::size_t bits = 32;
  [[nodiscard]] std::uint32_t* words() noexcept { return many_.empty() ? few_.data() : many_.data(); }
  [[nodiscard]] std::uint32_t& word(int descriptor) noexcept {
    return words()[static_cast<std::size_t>(descriptor) / bits];
  }
  [[nodiscard]] static std::uint32_t bit(int descriptor) noexcept {
    return std::uint32_t{1} << (static_cast<std::size_t>(descriptor) % bits);
  }

  std::array<std::uint32_t, FD_SETSIZE / bits> few_{};
  std::vector<std::uint32_t> many_;
};

/// Rounded up: waking before the time is over would cost another round.
timeval span_of(detail::timer::nanoseconds left) noexcept {
  constexpr std::int64_t longest = 1'000'000;  // seconds; the loop comes back for the rest
  const std::int64_t microseconds = left.count() / 1'000 + (left.count() % 1'000 != 0 ? 1 : 0);
  if (microseconds / 1'000'000 >= longest) return {.tv_sec = longest, .tv_usec = 0};
  return {.tv_sec = microseconds / 1'000'000, .tv_usec = static_cast<suseconds_t>(microseconds % 1'000'000)};
}

int note_ready(std::span<pollfd> descriptors, descriptor_set& readable, descriptor_set& writable) noexcept {
  int count = 0;
  for (pollfd& one : descriptors) {
    one.revents = 0;
    if (one.fd < 0) continue;
    if ((one.events & POLLIN) != 0 && readable.has(one.fd)) one.revents |= POLLIN;
    if ((one.events & POLLOUT) != 0 && writable.has(one.fd)) one.revents |= POLLOUT;
    if (one.revents != 0) ++count;
  }
  return count;
}

/// Tells of every descriptor that came, also with a message that was cut short: the kernel has put them all into our table.
template <class Take>
void collect(const msghdr& message, Take&& take) {
  const auto* const end = static_cast<const std::byte*>(message.msg_control) + message.msg_controllen;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(0)) continue;
    const auto* const first = reinterpret_cast<const std::byte*>(CMSG_DATA(header));
    const auto there = static_cast<std::size_t>(std::max<std::ptrdiff_t>(end - first, 0));
    const std::size_t total = std::min<std::size_t>(header->cmsg_len - CMSG_LEN(0), there) / sizeof(int);
    for (std::size_t index = 0; index < total; ++index) {
      int value = -1;
      std::memcpy(&value, first + index * sizeof(int), sizeof value);
      take(value);
    }
  }
}

// One message carries 512 at most, and several without data can come at once: room for what a socket holds by default.
constexpr std::size_t most_arriving = 2048;

/// The kernel installs descriptors whether or not there is room for them in the message: who wants none must take them too.
template <class Take>
io receive_message(int socket, std::span<const iovec> parts, bool& truncated, Take&& take) {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_arriving * sizeof(int))> control;
  msghdr message = message_of(parts);
  message.msg_control = control.data();
  message.msg_controllen = static_cast<socklen_t>(control.size());
  const fork_guard guard;  // nothing waits here: our sockets do not block
  const io count = raw_once("recvmsg", [&] { return ::recvmsg(socket, &message, MSG_DONTWAIT); });
  if (count == -EMSGSIZE) return -EMFILE;  // there is no room in our table for the descriptors that came
  if (count < 0) return count;
  collect(message, take);
  truncated = (message.msg_flags & MSG_CTRUNC) != 0;
  return count;
}

}  // namespace

bool sockets_block() noexcept { return false; }
bool signal_free_pipe_writes() noexcept { return true; }
bool refuses_when_full() noexcept { return true; }
bool tears_down_sockets_in_flight() noexcept { return true; }
bool unnamed_files() noexcept { return false; }
// A kqueue would tell of the directory, but not that a lock was lost or a writer closed: name_watch must look again anyway.
bool watches_directories() noexcept { return false; }
const char* name() noexcept { return "macOS"; }
const char* name_directory() noexcept { return "viaduct/ in the user's own directory below /var/folders"; }
const char* child_mechanism() noexcept { return "posix_spawn, kqueue"; }
const char* wait_mechanism() noexcept { return has_address_waits() ? "os_sync_wait_on_address" : "FIFOs"; }
bool settable_pipe_capacity() noexcept { return false; }

bool duplicate_over(int source, int target) noexcept {
  if (::dup2(source, target) < 0) return false;
  return ::fcntl(target, F_SETFD, FD_CLOEXEC) == 0;
}
int open_null() noexcept { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }

result<descriptor> open_unnamed(int /*directory*/) { return failure(EOPNOTSUPP); }
result<void> link_unnamed(int /*file*/, int /*directory*/, const std::string& /*path*/) { return failure(EOPNOTSUPP); }

result<void> rename_exclusive(int directory, const std::string& from, const std::string& to) {
  return done("renameatx_np",
              [&] { return ::renameatx_np(directory, from.c_str(), directory, to.c_str(), RENAME_EXCL); });
}

bool reserves_memory() noexcept { return false; }

result<void> reserve(int file, std::size_t size) {
  return done("ftruncate", [&] { return ::ftruncate(file, static_cast<off_t>(size)); });
}

lock_commands file_locks() noexcept { return {F_OFD_SETLK, F_OFD_GETLK}; }

// select() and not poll(): to poll() the last writer of a FIFO never leaves.
result<int> wait(std::span<pollfd> descriptors, detail::timer& wait) {
  int highest = -1;
  for (const pollfd& one : descriptors) highest = std::max(highest, one.fd);
  for (;;) {
    descriptor_set readable(highest);
    descriptor_set writable(highest);
    for (const pollfd& one : descriptors) {
      if (one.fd >= 0 && (one.events & POLLIN) != 0) readable.add(one.fd);
      if (one.fd >= 0 && (one.events & POLLOUT) != 0) writable.add(one.fd);
    }
    const detail::timer::nanoseconds left = wait.remaining();
    timeval span = span_of(left);
    const bool forever = left == detail::timer::nanoseconds::max();
    if (const int injected = backend::seam::before("select"); injected != 0) return failure(injected);
    const int ready = ::select(highest + 1, readable.get(), writable.get(), nullptr, forever ? nullptr : &span);
    if (ready > 0) return note_ready(descriptors, readable, writable);
    if (ready < 0 && errno != EINTR) return failure(errno);
    if (ready == 0 && wait.expired()) return 0;
  }
}

bool has_address_waits() noexcept {
  if (__builtin_available(macOS 14.4, *)) return true;
  return false;
}

io wait_on_address(const std::atomic<std::uint64_t>& count, std::uint64_t seen, const wake_moment& until) noexcept {
  if (__builtin_available(macOS 14.4, *)) {
    void* const word = const_cast<std::atomic<std::uint64_t>*>(&count);
    if (!until) {
      return raw_once("os_sync_wait_on_address", [&] {
        return ::os_sync_wait_on_address(word, seen, sizeof count, OS_SYNC_WAIT_ON_ADDRESS_SHARED);
      });
    }
    const std::chrono::nanoseconds left = *until - std::chrono::steady_clock::now();
    if (left.count() <= 0) return -ETIMEDOUT;
    return raw_once("os_sync_wait_on_address_with_timeout", [&] {
      return ::os_sync_wait_on_address_with_timeout(word, seen, sizeof count, OS_SYNC_WAIT_ON_ADDRESS_SHARED,
                                                    OS_CLOCK_MACH_ABSOLUTE_TIME,
                                                    static_cast<std::uint64_t>(left.count()));
    });
  }
  return -ENOSYS;
}

void wake_on_address(const std::atomic<std::uint64_t>& count, wake_whom whom) noexcept {
  if (__builtin_available(macOS 14.4, *)) {
    void* const word = const_cast<std::atomic<std::uint64_t>*>(&count);
    (void)backend::seam::before("os_sync_wake_by_address");  // to be counted
    // ENOENT: nobody sleeps there.
    if (whom == wake_whom::one) {
      (void)::os_sync_wake_by_address_any(word, sizeof count, OS_SYNC_WAKE_BY_ADDRESS_SHARED);
    } else {
      (void)::os_sync_wake_by_address_all(word, sizeof count, OS_SYNC_WAKE_BY_ADDRESS_SHARED);
    }
  }
}

result<pipe_descriptors> make_pipe() {
  const fork_guard guard;
  std::array<int, 2> ends{};
  const result<void> made = done("pipe", [&] { return ::pipe(ends.data()); });
  if (!made) return made.error();
  pipe_descriptors both{descriptor(ends[0]), descriptor(ends[1])};
  for (const int end : ends) {
    if (result<void> set = make_ours(end); !set) return set.error();
  }
  return both;
}

result<bell_ends> make_bell() {
  result<pipe_descriptors> made = make_pipe();
  if (!made) return made.error();
  return bell_ends{std::move(made->read), std::move(made->write)};
}

void ring(int bell) noexcept {
  const std::byte one{1};
  // A full bell has been rung already.
  if (::write(bell, &one, sizeof one) < 0) return;
}

void quiet(int bell) noexcept {
  std::array<std::byte, 64> taken{};
  while (::read(bell, taken.data(), taken.size()) == static_cast<ssize_t>(taken.size())) {
  }
}

result<descriptor> make_watch() { return failure(EOPNOTSUPP); }
result<void> watch_path(int /*watch*/, const std::string& /*path*/, bool /*directory*/) { return failure(EOPNOTSUPP); }
void drain_watch(int /*watch*/) noexcept {}

// A hint without effect, as capabilities() says: this system chooses by what flows.
result<void> set_pipe_capacity(int /*descriptor*/, std::size_t /*size*/) { return {}; }

// A socket whose both directions are over takes no options any more; it must have had this one before.
result<void> set_signal_free(int descriptor, bool on) {
  result<void> set = done("fcntl", [&] { return ::fcntl(descriptor, F_SETNOSIGPIPE, on ? 1 : 0); });
  if (set || set.error().os_code() != EINVAL) return set;
  const result<int> is_on = checked("fcntl", [&] { return ::fcntl(descriptor, F_GETNOSIGPIPE); });
  return is_on && (*is_on != 0) == on ? result<void>() : set;
}

io write_pipe(int descriptor, std::span<const iovec> parts) noexcept {
  return raw("writev", [&] { return ::writev(descriptor, parts.data(), static_cast<int>(parts.size())); });
}

// The signal goes to the process, so no thread can mask it; the property belongs to everybody who has this pipe. It is ours
// for the time of one write, and of one thread, or another would give it back too early.
io write_shared_pipe(int descriptor, std::span<const iovec> parts) noexcept {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const io before = raw("fcntl", [&] { return ::fcntl(descriptor, F_GETNOSIGPIPE); });
  if (before < 0) return before;
  if (const io set = raw("fcntl", [&] { return ::fcntl(descriptor, F_SETNOSIGPIPE, 1); }); set < 0) return set;
  const io written = write_pipe(descriptor, parts);
  if (before == 0) (void)::fcntl(descriptor, F_SETNOSIGPIPE, 0);
  return written;
}

result<descriptor> make_socket() {
  const fork_guard guard;
  const result<int> made = checked("socket", [&] { return ::socket(AF_UNIX, SOCK_STREAM, 0); });
  if (!made) return made.error();
  descriptor socket(*made);
  if (result<void> set = make_ours(*made); !set) return set.error();
  if (result<void> set = set_signal_free(*made, true); !set) return set.error();
  return socket;
}

result<std::pair<descriptor, descriptor>> make_socket_pair() {
  const fork_guard guard;
  std::array<int, 2> ends{};
  const result<void> made = done("socketpair", [&] { return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()); });
  if (!made) return made.error();
  std::pair<descriptor, descriptor> both{descriptor(ends[0]), descriptor(ends[1])};
  for (const int end : ends) {
    if (result<void> set = make_ours(end); !set) return set.error();
    if (result<void> set = set_signal_free(end, true); !set) return set.error();
  }
  return both;
}

io connect(int socket, const sockaddr_un& address, socklen_t size) noexcept {
  return raw_once("connect", [&] { return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), size); });
}

// Being signal-free comes from the listening socket: one whose peer has left already would not take it any more.
io accept(int socket, descriptor& accepted) noexcept {
  const fork_guard guard;
  const io made = raw("accept", [&] { return ::accept(socket, nullptr, nullptr); });
  if (made < 0) return made;
  accepted = descriptor(static_cast<int>(made));
  const result<void> ours = make_ours(accepted.get());
  return ours ? made : -ours.error().os_code();
}

io receive(int socket, std::span<const iovec> parts, patience /*how*/) noexcept {
  bool truncated = false;
  return receive_message(socket, parts, truncated, [](int unwanted) { (void)::close(unwanted); });
}

io send(int socket, std::span<const iovec> parts, patience how) noexcept {
  const msghdr message = message_of(parts);
  return raw_once("sendmsg", [&] { return ::sendmsg(socket, &message, flags_of(how)); });
}

io send_descriptors(int socket, std::span<const iovec> parts, std::span<const int> descriptors, patience how) noexcept {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(16 * sizeof(int))> control{};
  if (descriptors.size() > 16) return -EINVAL;
  msghdr message = message_of(parts);
  message.msg_control = control.data();
  message.msg_controllen = static_cast<socklen_t>(CMSG_SPACE(descriptors.size_bytes()));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = static_cast<socklen_t>(CMSG_LEN(descriptors.size_bytes()));
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  return raw_once("sendmsg", [&] { return ::sendmsg(socket, &message, flags_of(how)); });
}

std::size_t most_arriving_descriptors() noexcept { return most_arriving; }

io receive_descriptors(int socket, std::span<const iovec> parts, patience /*how*/, arrived_descriptors& arrived) {
  const auto take = [&](int value) {
    arrived.all.emplace_back(value);
    (void)set_close_on_exec(value, true).has_value();  // fails only for a descriptor that is none
  };
  return receive_message(socket, parts, arrived.truncated, take);
}

// There is no such option: receive() closes them.
void refuse_descriptors(int /*socket*/) noexcept {}

result<credentials> peer_credentials(int socket) {
  uid_t user = 0;
  gid_t group = 0;
  const result<void> asked = done("getpeereid", [&] { return ::getpeereid(socket, &user, &group); });
  if (!asked) return asked.error();
  pid_t process = 0;
  socklen_t size = sizeof process;
  const result<void> named =
      done("getsockopt", [&] { return ::getsockopt(socket, SOL_LOCAL, LOCAL_PEERPID, &process, &size); });
  // Who the peer was is known also after it has left; which process, only as long as it is connected.
  if (!named && named.error() != errc::closed) return named.error();
  return credentials{named ? static_cast<std::uint64_t>(process) : 0, user};
}

}  // namespace viaduct::posix::system
