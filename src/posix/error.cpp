// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/error.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include "backend/system.hpp"

namespace viaduct::posix {

namespace {

struct row {
  int code;
  errc portable;
  const char* hint;
};

constexpr std::array table{
    row{EPIPE, errc::closed, ""},
    row{ECONNRESET, errc::closed, ""},
    row{ENOTCONN, errc::closed, ""},
    row{ESHUTDOWN, errc::closed, ""},
    row{ETIMEDOUT, errc::timed_out, ""},
    row{EAGAIN, errc::timed_out, ""},
    row{ENOENT, errc::not_found, ""},
    row{ENXIO, errc::not_found, ""},
    row{ECONNREFUSED, errc::not_found, ""},
    row{ESRCH, errc::not_found, ""},
    row{ECHILD, errc::not_found, ""},
    row{EEXIST, errc::already_exists, ""},
    row{EADDRINUSE, errc::already_exists, ""},
    row{EACCES, errc::access_denied, "the operating system does not let this user do that"},
    row{EPERM, errc::access_denied, "the operating system does not let this user do that"},
    row{EROFS, errc::access_denied, "the file system is read-only"},
    row{ENOSPC, errc::no_space, "the file system, often /dev/shm, is full"},
    row{EFBIG, errc::no_space, "larger than the file system or a limit of the process (ulimit -f) allows"},
    row{ENOMEM, errc::no_space, "the system has no memory left"},
    row{ENOBUFS, errc::no_space, "the system has no buffer memory left"},
    row{EDQUOT, errc::no_space, "the user's disk quota is used up"},
    row{EMFILE, errc::limit_reached,
        "the process has no descriptors left: raise RLIMIT_NOFILE (ulimit -n) or close some"},
    row{ENFILE, errc::limit_reached, "the system has no descriptors left: see /proc/sys/fs/file-max"},
    row{ETOOMANYREFS, errc::limit_reached, "too many descriptors are in flight: let the receiver take some"},
    row{ENOLCK, errc::limit_reached, "the system has no file locks left"},
    row{E2BIG, errc::limit_reached, "arguments and environment are longer than the system allows (getconf ARG_MAX)"},
    row{EINVAL, errc::invalid_argument, ""},
    row{EBADF, errc::invalid_argument, "the descriptor is not open: it was closed behind the back of its owner"},
    row{ENOEXEC, errc::invalid_argument, "the file is no program: a script begins with a line such as #!/bin/sh"},
    row{EISDIR, errc::invalid_argument, "this is a directory"},
    row{ENOTSOCK, errc::invalid_argument, ""},
    row{EMSGSIZE, errc::message_too_large, ""},
    row{ENAMETOOLONG, errc::name_invalid, "the path is too long for this file system"},
    row{ELOOP, errc::name_hijacked, "a symbolic link sits where this name lives"},
    row{ENOTDIR, errc::name_hijacked, "something that is no directory sits where names live"},
    row{ENOSYS, errc::not_supported, "this kernel does not have the system call"},
    row{EOPNOTSUPP, errc::not_supported, ""},
    row{EAFNOSUPPORT, errc::not_supported, ""},
};

}  // namespace

error failure(int code) noexcept {
  for (const row& candidate : table) {
    if (candidate.code == code) return error(candidate.portable, code).advise(candidate.hint);
  }
  return error(errc::os_error, code);
}

error located(const error& cause, const std::string& path) {
  if (cause != errc::name_hijacked) return cause;
  std::string hint = path + ": ";
  hint.append(cause.hint()).append("; find out who made it and remove it, or use another name or VIADUCT_RUNTIME_DIR");
  return error(cause).advise(std::move(hint));
}

}  // namespace viaduct::posix

namespace viaduct::backend {

std::string os_message(int os_code) { return std::system_category().message(os_code); }
const char* os_code_label() noexcept { return "errno"; }

}  // namespace viaduct::backend
