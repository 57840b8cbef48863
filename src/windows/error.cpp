// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/error.hpp"

#include <array>

namespace viaduct::windows {

namespace {

struct row {
  DWORD code;
  errc portable;
  const char* hint;
};

// Missing in some SDKs' headers.
constexpr DWORD elevation_required = 740;
constexpr DWORD disk_quota_exceeded = 1295;

constexpr std::array table{
    row{ERROR_BROKEN_PIPE, errc::closed, ""},
    row{ERROR_NO_DATA, errc::closed, ""},
    row{ERROR_PIPE_NOT_CONNECTED, errc::closed, ""},
    row{ERROR_BAD_PIPE, errc::closed, ""},
    row{ERROR_HANDLE_EOF, errc::closed, ""},
    row{ERROR_SEM_TIMEOUT, errc::timed_out, ""},
    row{WAIT_TIMEOUT, errc::timed_out, ""},
    row{ERROR_PIPE_BUSY, errc::timed_out, "all instances of the pipe are busy"},
    row{ERROR_OPERATION_ABORTED, errc::cancelled, ""},
    row{ERROR_FILE_NOT_FOUND, errc::not_found, ""},
    row{ERROR_PATH_NOT_FOUND, errc::not_found, ""},
    row{ERROR_MOD_NOT_FOUND, errc::not_found, ""},
    row{ERROR_NONE_MAPPED, errc::not_found, "Windows knows no account of that name"},
    row{ERROR_INVALID_SID, errc::not_found, "that is not the text of a SID"},
    row{ERROR_ENVVAR_NOT_FOUND, errc::not_found, ""},
    row{ERROR_ALREADY_EXISTS, errc::already_exists, ""},
    row{ERROR_FILE_EXISTS, errc::already_exists, ""},
    row{ERROR_ACCESS_DENIED, errc::access_denied, "Windows does not let this user do that"},
    row{ERROR_PRIVILEGE_NOT_HELD, errc::access_denied, "Windows does not let this user do that"},
    row{ERROR_CANT_OPEN_ANONYMOUS, errc::access_denied, "the other side is anonymous"},
    row{ERROR_BAD_IMPERSONATION_LEVEL, errc::access_denied, "the other side does not let itself be identified"},
    row{ERROR_WRITE_PROTECT, errc::access_denied, "the volume is read-only"},
    row{elevation_required, errc::access_denied, "the program must be started elevated"},
    row{ERROR_DISK_FULL, errc::no_space, "the disk is full"},
    row{ERROR_HANDLE_DISK_FULL, errc::no_space, "the disk is full"},
    row{disk_quota_exceeded, errc::no_space, "the user's disk quota is used up"},
    row{ERROR_NOT_ENOUGH_MEMORY, errc::no_space, "the system has no memory left"},
    row{ERROR_OUTOFMEMORY, errc::no_space, "the system has no memory left"},
    row{ERROR_COMMITMENT_LIMIT, errc::no_space, "the page file is too small: no memory is left to commit"},
    row{ERROR_NO_SYSTEM_RESOURCES, errc::no_space, "the system has no pool memory left"},
    row{ERROR_NOT_ENOUGH_QUOTA, errc::limit_reached, "a quota of this process is used up"},
    row{ERROR_TOO_MANY_OPEN_FILES, errc::limit_reached, "the process has no handles left"},
    row{ERROR_INVALID_PARAMETER, errc::invalid_argument, ""},
    row{ERROR_INVALID_HANDLE, errc::invalid_argument, ""},
    row{ERROR_BAD_EXE_FORMAT, errc::invalid_argument, "the file is no program for this Windows"},
    row{ERROR_DIRECTORY, errc::not_found, "the directory does not exist"},
    row{ERROR_INVALID_NAME, errc::name_invalid, "Windows does not allow this name"},
    row{ERROR_BAD_PATHNAME, errc::name_invalid, "Windows does not allow this name"},
    row{ERROR_FILENAME_EXCED_RANGE, errc::name_invalid, "the path is too long"},
    row{ERROR_NO_UNICODE_TRANSLATION, errc::name_invalid, "the text is not valid UTF-8"},
    row{ERROR_MORE_DATA, errc::buffer_too_small, ""},
    row{ERROR_NOT_SUPPORTED, errc::not_supported, ""},
    row{ERROR_INVALID_FUNCTION, errc::not_supported, ""},
    row{ERROR_CALL_NOT_IMPLEMENTED, errc::not_supported, "this Windows does not have the call"},
    row{ERROR_SHARING_VIOLATION, errc::os_error, "held open by another program"},
    row{ERROR_LOCK_VIOLATION, errc::os_error, "locked by another program"},
    row{ERROR_DELETE_PENDING, errc::os_error, "being deleted, and still held open by another program"},
};

}  // namespace

error failure(DWORD code) noexcept {
  const int kept = static_cast<int>(code);
  for (const row& candidate : table) {
    if (candidate.code == code) return error(candidate.portable, kept).advise(candidate.hint);
  }
  return error(errc::os_error, kept);
}

}  // namespace viaduct::windows
