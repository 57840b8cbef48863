// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/system_stream.hpp"

#include <array>
#include <cstring>
#include <limits>

#include "windows/raw_call.hpp"

namespace viaduct::windows::system {

namespace {

// NtQueryInformationFile is documented, but its header is part of the driver kit.
struct status_block {
  std::uintptr_t status;
  std::uintptr_t information;
};
using query_file = LONG(NTAPI*)(HANDLE, status_block*, void*, ULONG, int);

constexpr int file_access_information = 8;
constexpr int file_mode_information = 16;
constexpr int file_pipe_local_information = 24;
constexpr ULONG synchronous_alert = 0x10;
constexpr ULONG synchronous_nonalert = 0x20;
constexpr ULONG closing_state = 4;
constexpr DWORD console_has_none = 0;

struct pipe_local_information {
  ULONG type, configuration, maximum_instances, instances;
  ULONG inbound_quota, read_available, outbound_quota, write_available;
  ULONG state, end;
};

query_file find_query() noexcept {
  const HMODULE library = ::GetModuleHandleW(L"ntdll.dll");
  if (library == nullptr) return nullptr;
  const FARPROC found = ::GetProcAddress(library, "NtQueryInformationFile");
  query_file function = nullptr;
  static_assert(sizeof function == sizeof found);
  std::memcpy(&function, &found, sizeof function);
  return function;
}

template <class Information>
DWORD query(HANDLE file, int kind, Information& into) noexcept {
  static const query_file function = find_query();
  return coded("NtQueryInformationFile", [&]() -> DWORD {
    if (function == nullptr) return ERROR_CALL_NOT_IMPLEMENTED;
    status_block done{};
    const LONG status = function(file, &done, &into, sizeof into, kind);
    return status >= 0 ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
  });
}

struct mapped_view {
  explicit mapped_view(void* at) noexcept : address(at) {}
  mapped_view(const mapped_view&) = delete;
  mapped_view& operator=(const mapped_view&) = delete;
  ~mapped_view() {
    if (address != nullptr) ::UnmapViewOfFile(address);
  }
  void* address;
};

}  // namespace

result<bool> is_synchronous(HANDLE file) {
  ULONG mode = 0;
  if (const DWORD code = query(file, file_mode_information, mode); code != ERROR_SUCCESS) return failure(code);
  return (mode & (synchronous_alert | synchronous_nonalert)) != 0;
}

result<ACCESS_MASK> granted_access(HANDLE file) {
  ACCESS_MASK access = 0;
  if (const DWORD code = query(file, file_access_information, access); code != ERROR_SUCCESS) return failure(code);
  return access;
}

std::size_t write_room(HANDLE pipe) noexcept {
  pipe_local_information local{};
  return query(pipe, file_pipe_local_information, local) == ERROR_SUCCESS ? local.write_available : 0;
}

bool is_abandoned_pipe(HANDLE pipe) noexcept {
  pipe_local_information local{};
  return query(pipe, file_pipe_local_information, local) == ERROR_SUCCESS && local.state == closing_state;
}

result<unique_handle> create_semaphore() {
  return made("CreateSemaphoreW",
              [] { return ::CreateSemaphoreW(nullptr, 0, std::numeric_limits<LONG>::max(), nullptr); });
}

DWORD release_semaphore(HANDLE semaphore, LONG count) noexcept {
  return raw("ReleaseSemaphore", [&] { return ::ReleaseSemaphore(semaphore, count, nullptr); });
}

DWORD cancel_synchronous_io(HANDLE thread) noexcept {
  return ::CancelSynchronousIo(thread) ? static_cast<DWORD>(ERROR_SUCCESS) : ::GetLastError();
}

result<unique_handle> own_thread() {
  return made("DuplicateHandle", [] {
    HANDLE copy = nullptr;
    const HANDLE self = ::GetCurrentProcess();
    const BOOL ok = ::DuplicateHandle(self, ::GetCurrentThread(), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return ok ? copy : nullptr;
  });
}

void keep_library_loaded() noexcept {
  HMODULE module = nullptr;
  const auto address = reinterpret_cast<LPCWSTR>(&keep_library_loaded);
  ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, address, &module);
}

DWORD register_wait(HANDLE& made_wait, HANDLE object, wait_callback call, void* context, DWORD milliseconds) noexcept {
  return raw("RegisterWaitForSingleObject", [&] {
    return ::RegisterWaitForSingleObject(&made_wait, object, call, context, milliseconds, WT_EXECUTEONLYONCE);
  });
}

void unregister_wait(HANDLE wait) noexcept { ::UnregisterWaitEx(wait, nullptr); }

result<unique_handle> create_section(const std::wstring& name, std::size_t size, SECURITY_ATTRIBUTES* security) {
  result<unique_handle> section = made("CreateFileMappingW", [&]() -> HANDLE {
    ::SetLastError(ERROR_SUCCESS);
    return ::CreateFileMappingW(INVALID_HANDLE_VALUE, security, PAGE_READWRITE, 0, static_cast<DWORD>(size),
                                name.c_str());
  });
  if (section && ::GetLastError() == ERROR_ALREADY_EXISTS) return failure(ERROR_ALREADY_EXISTS);
  return section;
}

result<unique_handle> open_section(const std::wstring& name) {
  return made("OpenFileMappingW", [&] { return ::OpenFileMappingW(FILE_MAP_READ, FALSE, name.c_str()); });
}

result<void> write_section(HANDLE section, bytes from) {
  mapped_view view(nullptr);
  const DWORD code = raw("MapViewOfFile", [&] {
    view.address = ::MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, from.size());
    return view.address != nullptr;
  });
  if (code != ERROR_SUCCESS) return failure(code);
  std::memcpy(view.address, from.data(), from.size());
  return {};
}

result<void> read_section(HANDLE section, buffer into) {
  mapped_view view(nullptr);
  const DWORD code = raw("MapViewOfFile", [&] {
    view.address = ::MapViewOfFile(section, FILE_MAP_READ, 0, 0, into.size());
    return view.address != nullptr;
  });
  if (code != ERROR_SUCCESS) return failure(code);
  std::memcpy(into.data(), view.address, into.size());
  return {};
}

void remove_environment_value(const wchar_t* key) noexcept { ::SetEnvironmentVariableW(key, nullptr); }

DWORD add_console_handler(PHANDLER_ROUTINE handler) noexcept {
  return raw("SetConsoleCtrlHandler", [&] { return ::SetConsoleCtrlHandler(handler, TRUE); });
}

bool has_console() noexcept { return ::GetConsoleCP() != console_has_none; }

}  // namespace viaduct::windows::system
