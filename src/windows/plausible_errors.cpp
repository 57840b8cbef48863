// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Which errors tests may inject into a call: those the call documents for an ordinary machine that runs short of
// something, or that another program disturbs.
#include "backend/seam.hpp"

#if VIADUCT_FAULT_INJECTION

#include <array>
#include <string_view>

#include "windows/win32.hpp"

namespace viaduct::backend::seam {

namespace {

struct row {
  std::string_view call;
  std::array<int, 5> errors;  // ends with 0
};

constexpr std::array table{
    row{"CreateFileW", {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES, ERROR_DISK_FULL}},
    row{"ReadFile", {ERROR_NO_SYSTEM_RESOURCES, ERROR_LOCK_VIOLATION}},
    row{"WriteFile", {ERROR_DISK_FULL, ERROR_NO_SYSTEM_RESOURCES}},
    row{"SetFileTime", {ERROR_ACCESS_DENIED}},
    row{"GetFileInformationByHandle", {ERROR_NOT_ENOUGH_MEMORY}},
    row{"SetFileInformationByHandle", {ERROR_ACCESS_DENIED, ERROR_DISK_FULL}},
    row{"DeleteFileW", {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION}},
    row{"CreateDirectoryW", {ERROR_ACCESS_DENIED, ERROR_DISK_FULL}},
    row{"FindFirstFileW", {ERROR_NO_SYSTEM_RESOURCES}},
    row{"FindNextFileW", {ERROR_NO_SYSTEM_RESOURCES}},
    row{"LockFileEx", {ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_QUOTA}},
    row{"DuplicateHandle", {ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES}},
    row{"CreateEventW", {ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY}},
    row{"OpenEventW", {ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED}},
    row{"GetDiskFreeSpaceExW", {ERROR_ACCESS_DENIED}},
    row{"CreateFileMappingW", {ERROR_COMMITMENT_LIMIT, ERROR_DISK_FULL, ERROR_NO_SYSTEM_RESOURCES}},
    row{"MapViewOfFile", {ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT}},
    row{"FlushViewOfFile", {ERROR_LOCK_VIOLATION, ERROR_DISK_FULL}},
    row{"WaitForMultipleObjects", {ERROR_NOT_ENOUGH_MEMORY}},
    row{"CreateNamedPipeW", {ERROR_PIPE_BUSY, ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES}},
    row{"ConnectNamedPipe", {ERROR_NO_SYSTEM_RESOURCES}},
    row{"DeviceIoControl", {ERROR_FILE_NOT_FOUND, ERROR_NO_SYSTEM_RESOURCES}},
    row{"SetNamedPipeHandleState", {ERROR_PIPE_NOT_CONNECTED}},
    row{"ReadDirectoryChangesW", {ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY}},
    row{"GetNamedPipeClientProcessId", {ERROR_PIPE_NOT_CONNECTED}},
    row{"GetNamedPipeServerProcessId", {ERROR_PIPE_NOT_CONNECTED}},
    row{"ImpersonateNamedPipeClient", {ERROR_CANNOT_IMPERSONATE, ERROR_NO_SYSTEM_RESOURCES}},
    row{"FlushFileBuffers", {ERROR_BROKEN_PIPE}},
    row{"OpenProcess", {ERROR_ACCESS_DENIED, ERROR_INVALID_PARAMETER}},
    row{"CreateProcessW", {ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY}},
    row{"TerminateProcess", {ERROR_ACCESS_DENIED}},
    row{"OpenProcessToken", {ERROR_NO_SYSTEM_RESOURCES}},
    row{"OpenThreadToken", {ERROR_NO_TOKEN}},
    row{"GetTokenInformation", {ERROR_NOT_ENOUGH_MEMORY}},
    row{"LookupAccountNameW", {ERROR_NONE_MAPPED, ERROR_TRUSTED_RELATIONSHIP_FAILURE}},
    row{"ConvertStringSecurityDescriptorToSecurityDescriptorW", {ERROR_NOT_ENOUGH_MEMORY}},
    row{"GetSecurityInfo", {ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY}},
    row{"BCryptGenRandom", {ERROR_GEN_FAILURE}},
};
// What any call may say when the kernel runs out of memory for it.
constexpr std::array<int, 2> anything{ERROR_NO_SYSTEM_RESOURCES, 0};

}  // namespace

const int* plausible_errors(const char* call) noexcept {
  for (const row& candidate : table) {
    if (candidate.call == call) return candidate.errors.data();
  }
  return anything.data();
}

}  // namespace viaduct::backend::seam

#endif
