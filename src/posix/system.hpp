// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every raw system call of the POSIX backend. Interrupted calls are repeated, new descriptors are close-on-exec from the
// start where the system can do that, and errno becomes our error, once, here. Small differences between POSIX systems
// live in this file's two definitions, src/posix/system.cpp and src/macos/system.cpp, and nowhere else.
//
// Functions on a hot path return a count or -errno (type io); the others return result<>.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/timer.hpp"
#include "posix/descriptor.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"
#include "viaduct/user.hpp"

namespace viaduct::posix::system {

/// A count, or -errno.
using io = std::ptrdiff_t;

// --- what kind of system this is; chosen by probes, or by VIADUCT_PORTABLE_FALLBACKS
/// Sockets stay blocking and the kernel waits inside the call (Linux). Otherwise they are non-blocking and we poll.
[[nodiscard]] bool sockets_block() noexcept;
/// Writing to a pipe without a reader can be told not to raise SIGPIPE; false: the thread masks it around the write.
[[nodiscard]] bool signal_free_pipe_writes() noexcept;
/// connect() says ECONNREFUSED also when the backlog is full; otherwise EAGAIN.
[[nodiscard]] bool refuses_when_full() noexcept;
/// A socket whose only reference is in flight may be torn down: its sender keeps a duplicate until the receiver has it.
[[nodiscard]] bool tears_down_sockets_in_flight() noexcept;
/// O_TMPFILE, or publishing by exclusive rename.
[[nodiscard]] bool unnamed_files() noexcept;
/// The kernel tells when a directory changes.
[[nodiscard]] bool watches_directories() noexcept;
[[nodiscard]] const char* name() noexcept;
/// For capabilities(): where names live, what tells of a child's end, what wakes who waits for a lock, and whether a pipe
/// takes the capacity asked for.
[[nodiscard]] const char* name_directory() noexcept;
[[nodiscard]] const char* child_mechanism() noexcept;
[[nodiscard]] const char* wait_mechanism() noexcept;
[[nodiscard]] bool settable_pipe_capacity() noexcept;

// --- descriptors
void close(int descriptor) noexcept;
/// dup3: `source` over `target`, close-on-exec. For the fork handler: async-signal-safe.
[[nodiscard]] bool duplicate_over(int source, int target) noexcept;
[[nodiscard]] int open_null() noexcept;
[[nodiscard]] result<int> duplicate(int descriptor);
[[nodiscard]] result<void> set_nonblocking(int descriptor, bool on);
[[nodiscard]] result<bool> is_nonblocking(int descriptor);
[[nodiscard]] result<void> set_close_on_exec(int descriptor, bool on);
/// O_RDONLY, O_WRONLY or O_RDWR.
[[nodiscard]] result<int> access_mode(int descriptor);

// --- files. Every open is O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, but for open_path().
[[nodiscard]] result<descriptor> open_at(int directory, const std::string& path, int flags, mode_t mode = 0);
/// A path that the user of the library chose: links in it are followed to the end.
[[nodiscard]] result<descriptor> open_path(const std::string& path, int flags);
/// A file without a name in this directory (O_TMPFILE), mode 0600. not_supported where there is none.
[[nodiscard]] result<descriptor> open_unnamed(int directory);
/// Gives an unnamed file its name; already_exists.
[[nodiscard]] result<void> link_unnamed(int file, int directory, const std::string& path);
/// rename() that fails with already_exists instead of replacing.
[[nodiscard]] result<void> rename_exclusive(int directory, const std::string& from, const std::string& to);
[[nodiscard]] result<void> link_at(int from_directory, const std::string& from, int to_directory,
                                   const std::string& to);
[[nodiscard]] result<void> unlink_at(int directory, const std::string& path);
[[nodiscard]] result<void> make_directory_at(int directory, const std::string& path, mode_t mode);
[[nodiscard]] result<void> make_fifo_at(int directory, const std::string& path, mode_t mode);
[[nodiscard]] result<struct stat> status_at(int directory, const std::string& path);  // never follows a link
[[nodiscard]] result<struct stat> status(int descriptor);
[[nodiscard]] result<void> change_mode(int descriptor, mode_t mode);
[[nodiscard]] result<void> change_mode_at(int directory, const std::string& path, mode_t mode);
[[nodiscard]] result<void> change_group_at(int directory, const std::string& path, gid_t group);
[[nodiscard]] result<std::size_t> read_at(int file, buffer into, std::int64_t offset);
[[nodiscard]] result<void> write_at(int file, bytes from, std::int64_t offset);  // all of it
[[nodiscard]] result<std::vector<std::string>> list_directory(int directory);

// --- memory
/// The kernel keeps room for every byte that reserve() was told of; otherwise a full file system shows as a fault later.
[[nodiscard]] bool reserves_memory() noexcept;
/// Makes the file this long, with its space reserved where the system can: no_space, with both numbers in the hint.
[[nodiscard]] result<void> reserve(int file, std::size_t size);
/// Asks the seam in mmap's place; the mapping itself is made by a library.
[[nodiscard]] result<void> before_mapping();
/// msync() of the pages this lies in; waits until they are written.
[[nodiscard]] result<void> flush_mapping(buffer shown);

// Memory without a name; system_memory.cpp.
/// Nobody, its maker included, can resize it, and look_at_memory() refuses what can be.
[[nodiscard]] bool seals_memory() noexcept;
/// A read-only descriptor can be made that nobody can open for writing again.
[[nodiscard]] bool read_only_memory_handles() noexcept;
[[nodiscard]] const char* memory_mechanism() noexcept;
struct memory_descriptors {
  descriptor file;
  descriptor reading;  // read-only; invalid where reopen_read_only() makes one of `file`
};
/// Zeroed, with its space reserved where the system can: no_space, with both numbers in the hint.
[[nodiscard]] result<memory_descriptors> anonymous_memory(std::size_t size);
/// Its properties are final from here on. writers::creator: it can be mapped and written by nobody any more; what is mapped
/// stays writable. not_supported.
[[nodiscard]] result<void> finish_memory(int memory, writers who);
/// A description of its own, for reading alone. not_supported, access_denied (somebody else's).
[[nodiscard]] result<descriptor> reopen_read_only(int file);
struct memory_facts {
  std::size_t size;
  access mode;  // what its descriptor and seals leave
};
/// Believes nothing and waits for nothing: invalid_argument (no memory), access_denied (it could be resized under us).
[[nodiscard]] result<memory_facts> look_at_memory(int descriptor);
/// What shm_open() opens. name_invalid.
[[nodiscard]] result<descriptor> open_shared_object(const std::string& native_name, int flags);
/// Its size, 0 before it was given one; invalid_argument if it is something else.
[[nodiscard]] result<std::size_t> shared_object_size(int object);

// --- open-file-description locks, never blocking. not_supported where the kernel has none.
/// The commands of fcntl() for them.
struct lock_commands {
  int set;
  int query;
};
[[nodiscard]] lock_commands file_locks() noexcept;
/// True: got it. False: another description holds a lock in the range.
[[nodiscard]] result<bool> try_write_lock(int file, std::int64_t start, std::int64_t length);  // length 0: to the end
[[nodiscard]] result<void> unlock(int file, std::int64_t start, std::int64_t length);
/// The start of the first foreign lock in the range; nullopt: nobody else has one.
[[nodiscard]] result<std::optional<std::int64_t>> query_lock(int file, std::int64_t start, std::int64_t length);

// --- waiting
/// A clock read at a fifth of the cost, for starting long spans: not before the present, and after it by at most `late`.
struct rough_moment {
  deadline::clock::time_point moment;
  detail::timer::nanoseconds late;  // 0: the system has no such clock, and this one is exact
};
[[nodiscard]] rough_moment rough_now() noexcept;
/// poll() for at most the time left; the number ready, 0 when the time is over. EINTR is repeated with the time left.
[[nodiscard]] result<int> wait(std::span<pollfd> descriptors, detail::timer& wait);
/// A descriptor that becomes readable when rung: eventfd or a pipe.
struct bell_ends {
  descriptor waiting;
  descriptor ringing;  // invalid: the same as waiting
};
[[nodiscard]] result<bell_ends> make_bell();
void ring(int bell) noexcept;   // async-signal-safe
void quiet(int bell) noexcept;  // takes what was rung
/// Readable once the process has ended. not_found, not_supported.
[[nodiscard]] result<descriptor> watch_process(pid_t process);
/// Inode and directory watches on one descriptor (inotify). not_supported without.
[[nodiscard]] result<descriptor> make_watch();
[[nodiscard]] result<void> watch_path(int watch, const std::string& path, bool directory);
void drain_watch(int watch) noexcept;

// --- sleeping on a word of memory. On the low half of a counter: it is the half that always changes.
[[nodiscard]] bool has_address_waits() noexcept;
using wake_moment = std::optional<std::chrono::steady_clock::time_point>;
/// One attempt between processes: 0 (woken, or for no reason), -EAGAIN (it has changed), -ETIMEDOUT, -EINTR.
[[nodiscard]] io wait_on_address(const std::atomic<std::uint64_t>& count, std::uint64_t seen,
                                 const wake_moment& until) noexcept;
enum class wake_whom { one, all };
void wake_on_address(const std::atomic<std::uint64_t>& count, wake_whom whom) noexcept;
void pause(std::chrono::nanoseconds span) noexcept;

// --- pipes
struct pipe_descriptors {
  descriptor read;
  descriptor write;
};
[[nodiscard]] result<pipe_descriptors> make_pipe();  // both ends non-blocking
[[nodiscard]] result<void> set_pipe_capacity(int descriptor, std::size_t size);
[[nodiscard]] io read(int descriptor, buffer into) noexcept;
/// Of a pipe's or FIFO's writing end or of a socket, where that is a property: writing there raises no SIGPIPE, in whatever
/// process that has it. What we own has it on, what a child gets as a standard stream has it off.
[[nodiscard]] result<void> set_signal_free(int descriptor, bool on);
/// Writes without raising SIGPIPE. The descriptor is signal-free.
[[nodiscard]] io write_pipe(int descriptor, std::span<const iovec> parts) noexcept;
/// The same for one that is shared with others, who keep their SIGPIPE.
[[nodiscard]] io write_shared_pipe(int descriptor, std::span<const iovec> parts) noexcept;

// --- sockets. Those made and accepted here are signal-free.
enum class patience {
  now,
  socket
};  // do not wait; as long as the socket's own time-out says, and then -EINTR is possible
[[nodiscard]] result<descriptor> make_socket();  // AF_UNIX stream; blocking or not as sockets_block()
[[nodiscard]] result<std::pair<descriptor, descriptor>> make_socket_pair();
[[nodiscard]] result<void> bind(int socket, const sockaddr_un& address, socklen_t size);
[[nodiscard]] result<void> listen(int socket, int backlog);
/// -EAGAIN when the backlog is full: at once on a non-blocking socket, after SO_SNDTIMEO on a blocking one. -EINTR.
[[nodiscard]] io connect(int socket, const sockaddr_un& address, socklen_t size) noexcept;
/// One attempt; -EAGAIN when nobody waits. The new descriptor.
[[nodiscard]] io accept(int socket, descriptor& accepted) noexcept;
[[nodiscard]] io receive(int socket, std::span<const iovec> parts, patience how) noexcept;
[[nodiscard]] io send(int socket, std::span<const iovec> parts, patience how) noexcept;
/// With descriptors on the first byte.
[[nodiscard]] io send_descriptors(int socket, std::span<const iovec> parts, std::span<const int> descriptors,
                                  patience how) noexcept;
/// How many can come with one receive at most.
[[nodiscard]] std::size_t most_arriving_descriptors() noexcept;
struct arrived_descriptors {
  std::vector<descriptor> all;  // close-on-exec
  bool truncated = false;       // the kernel had to drop some
};
/// Adds the descriptors that came. There must be room for the most that can, lest what came be lost for want of memory.
[[nodiscard]] io receive_descriptors(int socket, std::span<const iovec> parts, patience how,
                                     arrived_descriptors& arrived);
void shutdown(int socket, int how) noexcept;
/// How long a blocking receive (SO_RCVTIMEO) or send (SO_SNDTIMEO) waits; 0: for ever.
[[nodiscard]] result<void> set_socket_timeout(int socket, int option, detail::timer::nanoseconds span);
[[nodiscard]] result<void> set_socket_buffers(int socket, std::size_t size);
/// Refuses descriptors from the peer where the kernel can (SO_PASSRIGHTS); else nothing.
void refuse_descriptors(int socket) noexcept;
struct credentials {
  std::uint64_t process_id;              // 0: not known (any more)
  std::optional<std::uint64_t> user_id;  // none: the kernel cannot tell
};
[[nodiscard]] result<credentials> peer_credentials(int socket);
[[nodiscard]] result<int> socket_option(int socket, int option);  // SOL_SOCKET
/// Is it a socket of the family AF_UNIX?
[[nodiscard]] result<bool> is_local_socket(int socket);

// --- processes and users
[[nodiscard]] result<void> random(buffer into);
[[nodiscard]] uid_t effective_user() noexcept;
/// The kernel's overflow uid (65534): a user it could not map, hence unknown.
[[nodiscard]] uid_t overflow_user() noexcept;
[[nodiscard]] bool has_raised_privileges() noexcept;
[[nodiscard]] std::uint64_t thread_id() noexcept;
[[nodiscard]] result<std::uint64_t> process_start_time(pid_t process);
[[nodiscard]] result<std::string> process_executable(pid_t process);
/// A text that is new after each boot.
[[nodiscard]] result<std::string> boot_id();
/// The PID namespace's inode; 0 where there is no such thing.
[[nodiscard]] std::uint64_t pid_namespace() noexcept;
[[nodiscard]] result<void> send_signal(pid_t process, int signal);
[[nodiscard]] char** environment() noexcept;
struct program_start {  // as posix_spawn takes it
  const char* program;
  const posix_spawn_file_actions_t* actions;
  const posix_spawnattr_t* attributes;
  char* const* args;
  char* const* environment;
};
/// posix_spawn: no fork handlers run. The process id.
[[nodiscard]] result<pid_t> spawn(const program_start& how);
/// The action that changes the child's working directory; 0 or an error number.
[[nodiscard]] int add_child_directory(posix_spawn_file_actions_t& actions, const char* path) noexcept;
/// Descriptors from `first` on do not reach the child. Call after the other actions and attributes were added.
[[nodiscard]] result<void> close_rest_in_child(posix_spawn_file_actions_t& actions, posix_spawnattr_t& attributes,
                                               int first);
/// One look: the wait status once it has ended, nullopt while it runs. It is reaped then.
[[nodiscard]] result<std::optional<int>> reap(pid_t process);

}  // namespace viaduct::posix::system
