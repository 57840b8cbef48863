// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Sections, views, and the space that files take.
#include "windows/raw_call.hpp"
#include "windows/system.hpp"

#include <winioctl.h>

namespace viaduct::windows::system {

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 62;

// Of the kernel's own interface, which the SDK's headers leave out.
struct section_basic_information {
  void* base;
  ULONG attributes;
  LARGE_INTEGER size;
};
struct object_basic_information {
  ULONG attributes;
  ACCESS_MASK access;
  ULONG handles;
  ULONG references;
  ULONG reserved[10];
};
using query_object = LONG(WINAPI*)(HANDLE, int, void*, ULONG, ULONG*);
using query_section = LONG(WINAPI*)(HANDLE, int, void*, SIZE_T, SIZE_T*);
using status_to_code = ULONG(WINAPI*)(LONG);

struct native_calls {
  query_section section = nullptr;
  query_object object = nullptr;
  status_to_code code_of = nullptr;

  [[nodiscard]] bool are_there() const noexcept {
    return section != nullptr && object != nullptr && code_of != nullptr;
  }
};

template <class Function>
Function find_in(HMODULE library, const char* name) noexcept {
  // By way of void*: a function of another type cannot be meant.
  return reinterpret_cast<Function>(reinterpret_cast<void*>(::GetProcAddress(library, name)));
}

native_calls find_native_calls() noexcept {
  native_calls found;
  const HMODULE library = ::GetModuleHandleW(L"ntdll.dll");  // is in every process
  if (library == nullptr) return found;
  found.section = find_in<query_section>(library, "NtQuerySection");
  found.object = find_in<query_object>(library, "NtQueryObject");
  found.code_of = find_in<status_to_code>(library, "RtlNtStatusToDosError");
  return found;
}

const native_calls& native() noexcept {
  static const native_calls found = find_native_calls();
  return found;
}

}  // namespace

result<void> set_uncompressed(HANDLE file) {
  USHORT format = COMPRESSION_FORMAT_NONE;
  DWORD count = 0;
  return done(raw("DeviceIoControl", [&] {
    return ::DeviceIoControl(file, FSCTL_SET_COMPRESSION, &format, sizeof format, nullptr, 0, &count, nullptr);
  }));
}

result<void> set_file_size(HANDLE file, std::uint64_t size) {
  if (size > largest_file) return failure(ERROR_DISK_FULL);
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
  return done(raw("SetFileInformationByHandle",
                  [&] { return ::SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end); }));
}

result<std::uint64_t> available_space(const std::wstring& directory) {
  ULARGE_INTEGER available{};
  const std::wstring path = directory + L'\\';
  const DWORD code =
      raw("GetDiskFreeSpaceExW", [&] { return ::GetDiskFreeSpaceExW(path.c_str(), &available, nullptr, nullptr); });
  if (code != ERROR_SUCCESS) return failure(code);
  return std::uint64_t{available.QuadPart};
}

result<std::uint64_t> available_memory() {
  MEMORYSTATUSEX found{};
  found.dwLength = sizeof found;
  const DWORD code = raw("GlobalMemoryStatusEx", [&] { return ::GlobalMemoryStatusEx(&found); });
  if (code != ERROR_SUCCESS) return failure(code);
  return std::uint64_t{found.ullAvailPageFile};
}

result<unique_handle> create_section(const section_request& request) {
  if (request.size > largest_file) return failure(ERROR_NOT_ENOUGH_MEMORY);
  return made("CreateFileMappingW", [&] {
    return ::CreateFileMappingW(request.file != nullptr ? request.file : INVALID_HANDLE_VALUE, request.security,
                                request.writable ? DWORD{PAGE_READWRITE} : DWORD{PAGE_READONLY},
                                static_cast<DWORD>(request.size >> 32), static_cast<DWORD>(request.size), nullptr);
  });
}

result<section_information> section_info(HANDLE section) {
  if (!native().are_there()) return failure(ERROR_CALL_NOT_IMPLEMENTED);
  section_basic_information found{};
  const DWORD code = coded("NtQuerySection", [&] {
    constexpr int basic_information = 0;
    const LONG status = native().section(section, basic_information, &found, sizeof found, nullptr);
    return status >= 0 ? ULONG{ERROR_SUCCESS} : native().code_of(status);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return section_information{found.attributes, static_cast<std::uint64_t>(found.size.QuadPart)};
}

result<DWORD> granted_rights(HANDLE handle) {
  if (!native().are_there()) return failure(ERROR_CALL_NOT_IMPLEMENTED);
  object_basic_information found{};
  const DWORD code = coded("NtQueryObject", [&] {
    constexpr int basic_information = 0;
    const LONG status = native().object(handle, basic_information, &found, sizeof found, nullptr);
    return status >= 0 ? ULONG{ERROR_SUCCESS} : native().code_of(status);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return DWORD{found.access};
}

result<void*> map_view(const view_request& request) {
  void* base = nullptr;
  const DWORD code = raw("MapViewOfFile", [&] {
    base = ::MapViewOfFile(request.section, request.access, static_cast<DWORD>(request.offset >> 32),
                           static_cast<DWORD>(request.offset), request.length);
    return base != nullptr;
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return base;
}

void unmap_view(void* base) noexcept {
  // Cannot fail for a view of ours, so there is nothing for a test to inject.
  ::UnmapViewOfFile(base);
}

DWORD flush_view(const void* base, std::size_t length) noexcept {
  return raw("FlushViewOfFile", [&] { return ::FlushViewOfFile(base, length); });
}

std::size_t allocation_granularity() noexcept {
  SYSTEM_INFO found{};
  ::GetSystemInfo(&found);
  return found.dwAllocationGranularity;
}

}  // namespace viaduct::windows::system
