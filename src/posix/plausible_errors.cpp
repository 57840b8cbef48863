// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// For fault injection: how each call of the seam may fail in real life.
#include "backend/seam.hpp"

#if VIADUCT_FAULT_INJECTION

#include <array>
#include <cerrno>
#include <string_view>

namespace viaduct::backend::seam {

namespace {

struct row {
  std::string_view call;
  std::array<int, 6> errors;  // ends with 0
};

constexpr std::array table{
    row{"openat", {EMFILE, ENFILE, ENOENT, EACCES, ENOSPC}},
    row{"linkat", {EEXIST, ENOENT, ENOSPC, EPERM}},
    row{"renameat2", {EEXIST, ENOENT, ENOSPC}},
    row{"renameatx_np", {EEXIST, ENOENT, ENOSPC}},
    row{"unlinkat", {ENOENT, EACCES}},
    row{"mkdirat", {EEXIST, ENOSPC, EACCES}},
    row{"mkfifoat", {EEXIST, ENOSPC, EACCES}},
    row{"fstatat", {ENOENT, EACCES}},
    row{"fstat", {ENOMEM}},
    row{"fallocate", {ENOSPC, ENOMEM, EFBIG}},
    row{"ftruncate", {ENOSPC, EFBIG}},
    row{"memfd_create", {EMFILE, ENFILE, ENOMEM}},
    row{"shm_open", {EMFILE, ENFILE, ENOSPC}},
    row{"shm_unlink", {EACCES}},
    row{"mmap", {ENOMEM, EAGAIN}},
    row{"msync", {EIO, ENOSPC}},
    row{"fstatfs", {ENOMEM}},
    row{"fchmod", {EPERM}},
    row{"fchmodat", {EPERM, ENOENT}},
    row{"fchownat", {EPERM, ENOENT}},
    row{"pread", {EIO}},
    row{"pwrite", {ENOSPC, EIO}},
    row{"fcntl", {ENOLCK, EINVAL}},
    row{"futex", {EINTR, EAGAIN, ENOMEM}},
    row{"futex_wake", {}},
    row{"os_sync_wait_on_address", {EINTR, ENOMEM}},
    row{"os_sync_wait_on_address_with_timeout", {EINTR, ENOMEM, ETIMEDOUT}},
    row{"os_sync_wake_by_address", {}},
    row{"ppoll", {ENOMEM}},
    row{"select", {ENOMEM}},
    row{"pipe2", {EMFILE, ENFILE}},
    row{"pipe", {EMFILE, ENFILE}},
    row{"eventfd2", {EMFILE, ENFILE, ENOMEM}},
    row{"pidfd_open", {EMFILE, ENFILE, ENOMEM}},
    row{"kqueue", {EMFILE, ENFILE, ENOMEM}},
    row{"kevent", {ENOMEM, ESRCH}},
    row{"waitid", {ECHILD}},
    row{"inotify_init1", {EMFILE, ENFILE, ENOMEM}},
    row{"inotify_add_watch", {ENOSPC, ENOMEM, ENOENT}},
    row{"read", {EIO, EAGAIN}},
    row{"pwritev2", {EPIPE, EIO, EAGAIN}},
    row{"writev", {EPIPE, EIO, EAGAIN}},
    row{"socket", {EMFILE, ENFILE, ENOBUFS}},
    row{"socketpair", {EMFILE, ENFILE, ENOBUFS}},
    row{"bind", {EADDRINUSE, ENOENT, ENOSPC, EACCES}},
    row{"listen", {EADDRINUSE}},
    row{"connect", {ECONNREFUSED, EAGAIN, ENOENT, EACCES, EINTR}},
    row{"accept", {EMFILE, ENFILE, ECONNABORTED, EAGAIN, ENOMEM}},
    row{"accept4", {EMFILE, ENFILE, ECONNABORTED, EAGAIN, ENOMEM}},
    row{"recvfrom", {ECONNRESET, ENOMEM, EAGAIN, EINTR}},
    row{"recvmsg", {ECONNRESET, ENOMEM, EAGAIN, EINTR}},
    row{"sendto", {EPIPE, ENOMEM, EAGAIN, EINTR}},
    row{"sendmsg", {EPIPE, ETOOMANYREFS, ENOMEM, EAGAIN, EINTR}},
    row{"setsockopt", {ENOMEM}},
    row{"getsockopt", {ENOBUFS}},
    row{"getsockname", {ENOBUFS}},
    row{"getrandom", {ENOSYS}},
    row{"getentropy", {EIO}},
    row{"getpeereid", {ENOTCONN}},
    row{"sysctl", {ENOMEM, EPERM}},
    row{"proc_pidpath", {ESRCH, EPERM}},
    row{"readlink", {ENOENT, EACCES}},
    row{"kill", {ESRCH, EPERM}},
    row{"posix_spawn", {ENOENT, EACCES, ENOMEM, EAGAIN, ENOEXEC}},
    row{"waitpid", {ECHILD}},
};

constexpr std::array<int, 2> anything{EIO, 0};

}  // namespace

const int* plausible_errors(const char* call) noexcept {
  for (const row& candidate : table) {
    if (candidate.call == call) return candidate.errors.data();
  }
  return anything.data();
}

}  // namespace viaduct::backend::seam

#endif
