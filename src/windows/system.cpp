// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles, files and byte-range locks.
#include "windows/system.hpp"

#include <aclapi.h>
#include <objbase.h>
#include <shlobj.h>

#include <algorithm>
#include <array>
#include <cwchar>
#include <limits>

#include "windows/raw_call.hpp"

namespace viaduct::windows::system {

namespace {

constexpr std::size_t largest_transfer = std::size_t{1} << 30;

/// FOLDERID_ProgramData, written out: the SDK keeps the constants of this kind in a library of their own.
constexpr GUID program_data{0x62AB5D82, 0xFDC1, 0x4DC3, {0xA9, 0xDD, 0x07, 0x0D, 0x1D, 0x49, 0x5D, 0x97}};

OVERLAPPED at(std::uint64_t offset) noexcept {
  OVERLAPPED where{};
  where.Offset = static_cast<DWORD>(offset);
  where.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return where;
}

DWORD transfer_size(std::size_t size) noexcept { return static_cast<DWORD>(std::min(size, largest_transfer)); }

bool is_dots(const wchar_t* name) noexcept { return std::wcscmp(name, L".") == 0 || std::wcscmp(name, L"..") == 0; }

/// Asks a call that fills a text of unknown length: `call(memory, size)` returns the length, or the size it needs.
template <class Call>
result<std::wstring> growing(const char* name, Call&& call) {
  std::wstring text(MAX_PATH, L'\0');
  for (;;) {
    DWORD length = 0;
    const DWORD code = raw(name, [&] { return (length = call(text.data(), static_cast<DWORD>(text.size()))) != 0; });
    if (code != ERROR_SUCCESS) return failure(code);
    const bool fits = length < text.size();
    text.resize(length);
    if (fits) return text;
  }
}

}  // namespace

void close(HANDLE handle) noexcept {
  // A close cannot fail for a handle we own, so there is nothing for a test to inject.
  ::CloseHandle(handle);
}

result<unique_handle> duplicate(HANDLE handle) {
  const result<HANDLE> made_handle =
      duplicate_between({.from_process = ::GetCurrentProcess(), .handle = handle, .to_process = ::GetCurrentProcess()});
  if (!made_handle) return made_handle.error();
  return unique_handle(*made_handle);
}

result<HANDLE> duplicate_between(const duplication& what) {
  HANDLE made_handle = nullptr;
  const DWORD code = raw("DuplicateHandle", [&] {
    return ::DuplicateHandle(what.from_process, what.handle, what.to_process, &made_handle, what.access,
                             what.inheritable ? TRUE : FALSE, what.options);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return made_handle;
}

result<void> set_inheritable(HANDLE handle, bool on) {
  return done(raw("SetHandleInformation",
                  [&] { return ::SetHandleInformation(handle, HANDLE_FLAG_INHERIT, on ? HANDLE_FLAG_INHERIT : 0); }));
}

result<DWORD> file_type(HANDLE handle) {
  DWORD type = FILE_TYPE_UNKNOWN;
  const DWORD code = raw("GetFileType", [&] {
    ::SetLastError(ERROR_SUCCESS);
    type = ::GetFileType(handle);
    return type != FILE_TYPE_UNKNOWN || ::GetLastError() == ERROR_SUCCESS;
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return type;
}

HANDLE standard_handle(DWORD which) noexcept {
  const HANDLE handle = ::GetStdHandle(which);
  return handle == INVALID_HANDLE_VALUE ? nullptr : handle;
}

result<unique_handle> open_file(const file_request& request) {
  return made("CreateFileW", [&] {
    return ::CreateFileW(request.path.c_str(), request.access, request.share, request.security, request.disposition,
                         request.flags, nullptr);
  });
}

result<std::size_t> read_file_at(HANDLE file, buffer into, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < into.size()) {
    OVERLAPPED where = at(offset + total);
    DWORD count = 0;
    const buffer rest = into.after(total);
    const DWORD code =
        raw("ReadFile", [&] { return ::ReadFile(file, rest.data(), transfer_size(rest.size()), &count, &where); });
    if (code == ERROR_HANDLE_EOF) break;
    if (code != ERROR_SUCCESS) return failure(code).with_size(total);
    if (count == 0) break;
    total += count;
  }
  return total;
}

result<void> write_file_at(HANDLE file, bytes from, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < from.size()) {
    OVERLAPPED where = at(offset + total);
    DWORD count = 0;
    const bytes rest = from.after(total);
    const DWORD code =
        raw("WriteFile", [&] { return ::WriteFile(file, rest.data(), transfer_size(rest.size()), &count, &where); });
    if (code != ERROR_SUCCESS) return failure(code).with_size(total);
    if (count == 0) return failure(ERROR_HANDLE_DISK_FULL).with_size(total);
    total += count;
  }
  return {};
}

result<void> touch_file(HANDLE file) {
  FILETIME now{};
  ::GetSystemTimeAsFileTime(&now);
  return done(raw("SetFileTime", [&] { return ::SetFileTime(file, nullptr, nullptr, &now); }));
}

result<BY_HANDLE_FILE_INFORMATION> file_information(HANDLE file) {
  BY_HANDLE_FILE_INFORMATION information{};
  const DWORD code =
      raw("GetFileInformationByHandle", [&] { return ::GetFileInformationByHandle(file, &information); });
  if (code != ERROR_SUCCESS) return failure(code);
  return information;
}

result<void> mark_for_deletion(HANDLE file) {
  FILE_DISPOSITION_INFO gone{};
  gone.DeleteFile = TRUE;
  return done(raw("SetFileInformationByHandle",
                  [&] { return ::SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone); }));
}

result<void> delete_file(const std::wstring& path) {
  return done(raw("DeleteFileW", [&] { return ::DeleteFileW(path.c_str()); }));
}

result<void> create_directory(const std::wstring& path, SECURITY_ATTRIBUTES* security) {
  return done(raw("CreateDirectoryW", [&] { return ::CreateDirectoryW(path.c_str(), security); }));
}

result<std::vector<std::wstring>> list_files(const std::wstring& pattern) {
  std::vector<std::wstring> found;
  WIN32_FIND_DATAW data{};
  HANDLE search = INVALID_HANDLE_VALUE;
  DWORD code = raw("FindFirstFileW", [&] {
    search = ::FindFirstFileExW(pattern.c_str(), FindExInfoBasic, &data, FindExSearchNameMatch, nullptr, 0);
    return search != INVALID_HANDLE_VALUE;
  });
  if (code == ERROR_FILE_NOT_FOUND) return found;
  if (code != ERROR_SUCCESS) return failure(code);
  struct closer {
    HANDLE search;
    ~closer() { ::FindClose(search); }
  } const closing{search};
  while (code == ERROR_SUCCESS) {
    if (!is_dots(data.cFileName)) found.emplace_back(data.cFileName);
    code = raw("FindNextFileW", [&] { return ::FindNextFileW(search, &data); });
  }
  if (code != ERROR_NO_MORE_FILES) return failure(code);
  return found;
}

result<std::wstring> full_path(const std::wstring& path) {
  return growing("GetFullPathNameW",
                 [&](wchar_t* text, DWORD size) { return ::GetFullPathNameW(path.c_str(), size, text, nullptr); });
}

bool is_directory(const std::wstring& path) noexcept {
  DWORD attributes = 0;
  const DWORD code = raw("GetFileAttributesW",
                         [&] { return (attributes = ::GetFileAttributesW(path.c_str())) != INVALID_FILE_ATTRIBUTES; });
  return code == ERROR_SUCCESS && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

result<UINT> drive_type(const std::wstring& path) {
  std::array<wchar_t, MAX_PATH + 1> root{};
  const DWORD code = raw("GetVolumePathNameW", [&] {
    return ::GetVolumePathNameW(path.c_str(), root.data(), static_cast<DWORD>(root.size()));
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return ::GetDriveTypeW(root.data());
}

result<DWORD> volume_flags(HANDLE file) {
  DWORD flags = 0;
  const DWORD code = raw("GetVolumeInformationByHandleW", [&] {
    return ::GetVolumeInformationByHandleW(file, nullptr, 0, nullptr, nullptr, &flags, nullptr, 0);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return flags;
}

result<std::wstring> shared_data_directory() {
  PWSTR text = nullptr;
  const DWORD code = coded("SHGetKnownFolderPath", [&] {
    const HRESULT outcome = ::SHGetKnownFolderPath(program_data, KF_FLAG_DEFAULT, nullptr, &text);
    if (SUCCEEDED(outcome)) return DWORD{ERROR_SUCCESS};
    return HRESULT_FACILITY(outcome) == FACILITY_WIN32 ? static_cast<DWORD>(HRESULT_CODE(outcome))
                                                       : DWORD{ERROR_PATH_NOT_FOUND};
  });
  if (code != ERROR_SUCCESS) {
    ::CoTaskMemFree(text);
    return failure(code);
  }
  std::wstring path(text);
  ::CoTaskMemFree(text);
  return path;
}

result<bool> try_lock(HANDLE file, std::uint64_t start, std::uint64_t length, lock_mode mode) {
  OVERLAPPED where = at(start);
  const DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (mode == lock_mode::exclusive ? DWORD{LOCKFILE_EXCLUSIVE_LOCK} : 0);
  const DWORD code = raw("LockFileEx", [&] {
    return ::LockFileEx(file, flags, 0, static_cast<DWORD>(length), static_cast<DWORD>(length >> 32), &where);
  });
  if (code == ERROR_LOCK_VIOLATION) return false;
  if (code != ERROR_SUCCESS) return failure(code);
  return true;
}

void unlock(HANDLE file, std::uint64_t start, std::uint64_t length) noexcept {
  // Cannot fail for a lock we hold, so there is nothing for a test to inject.
  OVERLAPPED where = at(start);
  ::UnlockFileEx(file, 0, static_cast<DWORD>(length), static_cast<DWORD>(length >> 32), &where);
}

}  // namespace viaduct::windows::system
