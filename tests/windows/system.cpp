// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/system.hpp"

#include <windows.h>

#include <tlhelp32.h>

#include <cstdlib>
#include <stdexcept>

namespace viaduct::test {

std::filesystem::path this_program() {
  std::wstring path(32768, L'\0');
  path.resize(::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return path;
}
void set_this_program(const char* /*called*/) {}  // the system knows
std::uint64_t this_process_id() { return ::GetCurrentProcessId(); }

namespace {

// Asks of each value that may be a handle whether it is one: values are multiples of four, and low ones are used again
// first. GetProcessHandleCount would be simpler, but Wine answers it with 0.
template <class Predicate>
std::size_t count_handles(Predicate&& counts) {
  constexpr std::uintptr_t most_in_a_gap = 1024;
  std::size_t count = 0;
  for (std::uintptr_t value = 4, last = 0; value - last <= 4 * most_in_a_gap; value += 4) {
    DWORD flags = 0;
    if (!::GetHandleInformation(reinterpret_cast<HANDLE>(value), &flags)) continue;
    if (counts(reinterpret_cast<HANDLE>(value))) ++count;
    last = value;
  }
  return count;
}

}  // namespace

std::size_t open_handles() {
  return count_handles([](HANDLE) { return true; });
}
std::size_t open_files() {
  return count_handles([](HANDLE handle) { return ::GetFileType(handle) != FILE_TYPE_UNKNOWN; });
}

std::size_t running_threads() {
  const HANDLE list = ::CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  if (list == INVALID_HANDLE_VALUE) throw std::runtime_error("CreateToolhelp32Snapshot failed");
  std::size_t count = 0;
  THREADENTRY32 thread = {};
  thread.dwSize = sizeof thread;
  for (BOOL more = ::Thread32First(list, &thread); more; more = ::Thread32Next(list, &thread)) {
    if (thread.th32OwnerProcessID == ::GetCurrentProcessId()) ++count;
  }
  ::CloseHandle(list);
  return count;
}

std::vector<std::string> runtime_files(std::string_view containing) {
  std::vector<std::string> found;
  const wchar_t* const base = ::_wgetenv(L"ProgramData");
  if (base == nullptr) throw std::runtime_error("ProgramData is not set");
  std::error_code missing;
  for (const auto& directory : std::filesystem::directory_iterator(base, missing)) {
    if (directory.path().filename().string().rfind("viaduct-", 0) != 0) continue;
    for (const auto& entry : std::filesystem::directory_iterator(directory, missing)) {
      const std::string file = entry.path().filename().string();
      if (file.find(containing) != std::string::npos) found.push_back(file);
    }
  }
  return found;
}

void dump_stacks() noexcept {}  // the debugger does it: WINE_BACKTRACE=1, or a crash dump on Windows
bool has_signals() noexcept { return false; }
user stranger() { return user::from_id("S-1-5-21-1000-1000-1000-4711"); }

}  // namespace viaduct::test
