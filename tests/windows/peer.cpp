// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Starting peers with CreateProcess, in a job that ends them all when the test program ends, and talking to them through
// pipes. Our end of the peer's output is overlapped, so that waiting for a line has a bound.
#include <windows.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "support/peer_system.hpp"

namespace viaduct::test {
namespace {

[[noreturn]] void fail(const char* what, DWORD code = ::GetLastError()) {
  throw std::system_error(static_cast<int>(code), std::system_category(), std::string("test peer: ") + what);
}

class owned {
 public:
  explicit owned(HANDLE value = nullptr) noexcept : value_(value == INVALID_HANDLE_VALUE ? nullptr : value) {}
  owned(owned&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  owned& operator=(owned&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~owned() { close(); }
  void close() noexcept {
    if (value_ != nullptr) ::CloseHandle(std::exchange(value_, nullptr));
  }
  [[nodiscard]] HANDLE get() const noexcept { return value_; }

 private:
  HANDLE value_;
};

HANDLE job() {
  static const owned made = [] {
    owned fresh(::CreateJobObjectW(nullptr, nullptr));
    if (fresh.get() == nullptr) fail("CreateJobObject");
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (!::SetInformationJobObject(fresh.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
      fail("SetInformationJobObject");
    }
    return fresh;
  }();
  return made.get();
}

std::wstring wide(std::string_view text) {
  if (text.empty()) return {};
  const int size = static_cast<int>(text.size());
  const int need = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0);
  std::wstring made(static_cast<std::size_t>(need), L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, made.data(), need);
  return made;
}

// As CommandLineToArgvW takes it apart: backslashes count double only before a quote.
void append_quoted(std::wstring& line, const std::wstring& argument) {
  if (!line.empty()) line += L' ';
  line += L'"';
  std::size_t backslashes = 0;
  for (const wchar_t letter : argument) {
    if (letter == L'"') line.append(backslashes + 1, L'\\');
    backslashes = letter == L'\\' ? backslashes + 1 : 0;
    line += letter;
  }
  line.append(backslashes, L'\\');
  line += L'"';
}

std::wstring environment_with(const std::map<std::string, std::string>& added) {
  std::map<std::wstring, std::wstring> all;
  wchar_t* const block = ::GetEnvironmentStringsW();
  for (const wchar_t* at = block; *at != L'\0'; at += std::wcslen(at) + 1) {
    const std::wstring line = at;
    const std::size_t equals = line.find(L'=', 1);  // "=C:" begins with one
    if (equals != std::wstring::npos) all[line.substr(0, equals)] = line.substr(equals + 1);
  }
  ::FreeEnvironmentStringsW(block);
  for (const auto& [key, value] : added) all[wide(key)] = wide(value);
  std::wstring made;
  for (const auto& [key, value] : all) made += key + L'=' + value + L'\0';
  return made + L'\0';
}

SECURITY_ATTRIBUTES inheritable() { return {sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE}; }

struct line_ends {
  owned ours;
  owned theirs;
};

line_ends make_input() {
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  SECURITY_ATTRIBUTES attributes = inheritable();
  if (!::CreatePipe(&reading, &writing, &attributes, 0)) fail("CreatePipe");
  ::SetHandleInformation(writing, HANDLE_FLAG_INHERIT, 0);
  return {owned(writing), owned(reading)};
}

line_ends make_output() {
  static std::atomic<unsigned> count{0};
  const std::wstring name = L"\\\\.\\pipe\\viaduct-test-" + std::to_wstring(::GetCurrentProcessId()) + L'-' +
                            std::to_wstring(count.fetch_add(1));
  owned ours(::CreateNamedPipeW(name.c_str(),
                                PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 65536, 0, nullptr));
  if (ours.get() == nullptr) fail("CreateNamedPipe");
  SECURITY_ATTRIBUTES attributes = inheritable();
  owned theirs(::CreateFileW(name.c_str(), GENERIC_WRITE, 0, &attributes, OPEN_EXISTING, 0, nullptr));
  if (theirs.get() == nullptr) fail("CreateFile");
  return {std::move(ours), std::move(theirs)};
}

// Only these handles are inherited, whatever other threads start meanwhile.
class handle_list {
 public:
  explicit handle_list(std::vector<HANDLE> handles) : handles_(std::move(handles)) {
    SIZE_T size = 0;
    ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_.resize(size);
    if (!::InitializeProcThreadAttributeList(get(), 1, 0, &size)) fail("InitializeProcThreadAttributeList");
    if (!::UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(),
                                     handles_.size() * sizeof(HANDLE), nullptr, nullptr)) {
      fail("UpdateProcThreadAttribute");
    }
  }
  handle_list(const handle_list&) = delete;
  handle_list& operator=(const handle_list&) = delete;
  ~handle_list() { ::DeleteProcThreadAttributeList(get()); }
  [[nodiscard]] LPPROC_THREAD_ATTRIBUTE_LIST get() noexcept {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
  }

 private:
  std::vector<HANDLE> handles_;
  std::vector<char> memory_;
};

struct process final : peer::impl {
  process(owned handle, DWORD id, owned input, owned output)
      : handle_(std::move(handle)),
        id_(id),
        input_(std::move(input)),
        output_(std::move(output)),
        arrived_(::CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

  void write(std::string_view text) override {
    while (!text.empty()) {
      DWORD went = 0;
      if (!::WriteFile(input_.get(), text.data(), static_cast<DWORD>(text.size()), &went, nullptr)) {
        const DWORD code = ::GetLastError();
        if (code == ERROR_NO_DATA || code == ERROR_BROKEN_PIPE) return;
        fail("WriteFile", code);
      }
      text.remove_prefix(went);
    }
  }

  void close_input() override { input_.close(); }

  std::optional<std::size_t> read(char* into, std::size_t size, std::chrono::milliseconds bound) override {
    OVERLAPPED operation = {};
    operation.hEvent = arrived_.get();
    DWORD got = 0;
    if (!::ReadFile(output_.get(), into, static_cast<DWORD>(size), nullptr, &operation)) {
      const DWORD code = ::GetLastError();
      if (code == ERROR_BROKEN_PIPE) return 0;
      if (code != ERROR_IO_PENDING) fail("ReadFile", code);
      if (::WaitForSingleObject(arrived_.get(), static_cast<DWORD>(bound.count())) != WAIT_OBJECT_0) {
        ::CancelIoEx(output_.get(), &operation);
      }
    }
    if (::GetOverlappedResult(output_.get(), &operation, &got, TRUE)) return got;
    const DWORD code = ::GetLastError();
    if (code == ERROR_BROKEN_PIPE) return 0;
    if (code == ERROR_OPERATION_ABORTED) return std::nullopt;
    fail("GetOverlappedResult", code);
  }

  void kill() override { ::TerminateProcess(handle_.get(), static_cast<UINT>(peer::killed)); }

  int wait() override {
    DWORD code = 0;
    if (::WaitForSingleObject(handle_.get(), INFINITE) != WAIT_OBJECT_0) fail("WaitForSingleObject");
    if (!::GetExitCodeProcess(handle_.get(), &code)) fail("GetExitCodeProcess");
    return static_cast<int>(code);
  }

  [[nodiscard]] std::uint64_t id() const override { return id_; }

 private:
  owned handle_;
  DWORD id_;
  owned input_;
  owned output_;
  owned arrived_;
};

}  // namespace

std::unique_ptr<peer::impl> start_process(const std::filesystem::path& program, const arguments& args,
                                          const std::map<std::string, std::string>& environment) {
  line_ends input = make_input();
  line_ends output = make_output();
  std::wstring line;
  append_quoted(line, program.wstring());
  for (const std::string& argument : args) append_quoted(line, wide(argument));
  std::wstring variables = environment_with(environment);

  // Standard error is the test's own, through a copy that may be inherited.
  HANDLE copy = nullptr;
  ::DuplicateHandle(::GetCurrentProcess(), ::GetStdHandle(STD_ERROR_HANDLE), ::GetCurrentProcess(), &copy, 0, TRUE,
                    DUPLICATE_SAME_ACCESS);
  const owned errors(copy);
  std::vector<HANDLE> given{input.theirs.get(), output.theirs.get()};
  if (errors.get() != nullptr) given.push_back(errors.get());
  handle_list inherited(given);

  STARTUPINFOEXW start = {};
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdInput = input.theirs.get();
  start.StartupInfo.hStdOutput = output.theirs.get();
  start.StartupInfo.hStdError = errors.get();
  start.lpAttributeList = inherited.get();
  PROCESS_INFORMATION made = {};
  const auto create = [&] {
    return ::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE,
                            CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
                            variables.data(), nullptr, &start.StartupInfo, &made) != FALSE;
  };
  // Wine says "internal error" once in some thousand starts on a busy machine, when the new process ended before it began.
  for (int attempt = 1; !create(); ++attempt) {
    if (::GetLastError() != ERROR_INTERNAL_ERROR || attempt == 3) fail("CreateProcess");
    std::cerr << "test peer: the system could not start a process (internal error); once more\n";
  }
  owned handle(made.hProcess);
  const owned thread(made.hThread);
  if (!::AssignProcessToJobObject(job(), handle.get())) {
    ::TerminateProcess(handle.get(), 1);
    fail("AssignProcessToJobObject");
  }
  ::ResumeThread(thread.get());
  return std::make_unique<process>(std::move(handle), made.dwProcessId, std::move(input.ours), std::move(output.ours));
}

}  // namespace viaduct::test
