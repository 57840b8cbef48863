// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Waiting, overlapped I/O, named pipes and mailslots.
#include "windows/raw_call.hpp"
#include "windows/system.hpp"

#include <winioctl.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace viaduct::windows::system {

namespace {

constexpr DWORD longest_wait = INFINITE - 1;
// FSCTL_PIPE_WAIT of ntifs.h, which the SDK lacks.
constexpr DWORD fsctl_pipe_wait = CTL_CODE(FILE_DEVICE_NAMED_PIPE, 6, METHOD_BUFFERED, FILE_ANY_ACCESS);

DWORD transfer_size(std::size_t size) noexcept {
  return static_cast<DWORD>(std::min<std::size_t>(size, std::numeric_limits<DWORD>::max() / 2));
}

}  // namespace

result<unique_handle> create_event(const event_request& request) {
  bool existed = false;
  result<unique_handle> event = made("CreateEventW", [&] {
    const HANDLE handle = ::CreateEventW(request.security, request.manual_reset ? TRUE : FALSE,
                                         request.signalled ? TRUE : FALSE, request.name);
    existed = request.name != nullptr && handle != nullptr && ::GetLastError() == ERROR_ALREADY_EXISTS;
    return handle;
  });
  if (event && existed) return failure(ERROR_ALREADY_EXISTS);
  return event;
}

result<unique_handle> open_event(const std::wstring& name, DWORD access) {
  return made("OpenEventW", [&] { return ::OpenEventW(access, FALSE, name.c_str()); });
}

void set_event(HANDLE event) noexcept { ::SetEvent(event); }
void reset_event(HANDLE event) noexcept { ::ResetEvent(event); }

result<std::optional<std::size_t>> wait(std::span<const HANDLE> handles, detail::timer& wait) {
  for (;;) {
    const DWORD span = wait.forever() ? DWORD{INFINITE} : DWORD{wait.remaining_ms(longest_wait)};
    DWORD outcome = WAIT_FAILED;
    const DWORD code = raw("WaitForMultipleObjects", [&] {
      outcome = ::WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE, span);
      return outcome != WAIT_FAILED;
    });
    if (code != ERROR_SUCCESS) return failure(code);
    if (outcome == WAIT_TIMEOUT) {
      if (wait.expired()) return std::optional<std::size_t>();
      continue;
    }
    const DWORD first = outcome >= WAIT_ABANDONED_0 ? DWORD{WAIT_ABANDONED_0} : DWORD{WAIT_OBJECT_0};
    return std::optional<std::size_t>(outcome - first);
  }
}

bool is_signalled(HANDLE handle) noexcept { return ::WaitForSingleObject(handle, 0) == WAIT_OBJECT_0; }
void pause(DWORD milliseconds) noexcept { ::Sleep(milliseconds); }

io read(HANDLE from, buffer into, OVERLAPPED* how) noexcept {
  io outcome;
  outcome.code =
      raw("ReadFile", [&] { return ::ReadFile(from, into.data(), transfer_size(into.size()), &outcome.count, how); });
  return outcome;
}

io write(HANDLE to, bytes from, OVERLAPPED* how) noexcept {
  io outcome;
  outcome.code =
      raw("WriteFile", [&] { return ::WriteFile(to, from.data(), transfer_size(from.size()), &outcome.count, how); });
  return outcome;
}

io finish(HANDLE file, OVERLAPPED& how, bool wait) noexcept {
  // Never made to fail: an operation whose end is not awaited would go on writing to memory that is gone.
  io outcome;
  if (::GetOverlappedResult(file, &how, &outcome.count, wait ? TRUE : FALSE) == FALSE) outcome.code = ::GetLastError();
  return outcome;
}

DWORD cancel_io(HANDLE file, OVERLAPPED* how) noexcept {
  return ::CancelIoEx(file, how) != FALSE ? DWORD{ERROR_SUCCESS} : ::GetLastError();
}

DWORD flush(HANDLE file) noexcept {
  return raw("FlushFileBuffers", [&] { return ::FlushFileBuffers(file); });
}

DWORD watch_directory(HANDLE directory, buffer into, DWORD filter, OVERLAPPED& how) noexcept {
  return raw("ReadDirectoryChangesW", [&] {
    return ::ReadDirectoryChangesW(directory, into.data(), transfer_size(into.size()), FALSE, filter, nullptr, &how,
                                   nullptr);
  });
}

result<unique_handle> create_pipe_instance(const pipe_request& request) {
  return made("CreateNamedPipeW", [&] {
    return ::CreateNamedPipeW(request.name.c_str(), request.open_mode, request.pipe_mode, request.instances,
                              request.out_buffer, request.in_buffer, 0, request.security);
  });
}

DWORD connect_pipe(HANDLE pipe, OVERLAPPED& how) noexcept {
  return raw("ConnectNamedPipe", [&] { return ::ConnectNamedPipe(pipe, &how); });
}

DWORD disconnect_pipe(HANDLE pipe) noexcept {
  return raw("DisconnectNamedPipe", [&] { return ::DisconnectNamedPipe(pipe); });
}

DWORD wait_for_pipe(HANDLE pipe_file_system, pipe_wait& request, OVERLAPPED& how) {
  // FILE_PIPE_WAIT_FOR_BUFFER: timeout (100 ns, 64 bit), name length in bytes (32 bit), "timeout is given" (8 bit),
  // name.
  constexpr std::size_t name_at = 14;
  const std::int64_t timeout = std::int64_t{-10'000} * request.milliseconds;  // negative: from now
  const auto length = static_cast<std::uint32_t>(request.name.size() * sizeof(wchar_t));
  std::vector<std::byte>& memory = request.memory;
  memory.assign(std::max<std::size_t>(name_at + length, 16), std::byte{0});
  std::memcpy(memory.data(), &timeout, sizeof timeout);
  std::memcpy(memory.data() + 8, &length, sizeof length);
  memory[12] = std::byte{1};
  std::memcpy(memory.data() + name_at, request.name.data(), length);
  return raw("DeviceIoControl", [&] {
    return ::DeviceIoControl(pipe_file_system, fsctl_pipe_wait, memory.data(), static_cast<DWORD>(memory.size()),
                             nullptr, 0, nullptr, &how);
  });
}

result<void> set_pipe_mode(HANDLE pipe, DWORD mode) {
  return done(raw("SetNamedPipeHandleState", [&] { return ::SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr); }));
}

result<pipe_information> pipe_info(HANDLE pipe) {
  pipe_information found;
  const DWORD code = raw("GetNamedPipeInfo", [&] {
    return ::GetNamedPipeInfo(pipe, &found.flags, &found.out_buffer, &found.in_buffer, &found.instances);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return found;
}

io peek_pipe(HANDLE pipe) noexcept {
  io outcome;
  outcome.code =
      raw("PeekNamedPipe", [&] { return ::PeekNamedPipe(pipe, nullptr, 0, nullptr, &outcome.count, nullptr); });
  return outcome;
}

result<DWORD> pipe_client_process(HANDLE pipe) {
  ULONG id = 0;
  const DWORD code = raw("GetNamedPipeClientProcessId", [&] { return ::GetNamedPipeClientProcessId(pipe, &id); });
  if (code != ERROR_SUCCESS) return failure(code);
  return DWORD{id};
}

result<DWORD> pipe_server_process(HANDLE pipe) {
  ULONG id = 0;
  const DWORD code = raw("GetNamedPipeServerProcessId", [&] { return ::GetNamedPipeServerProcessId(pipe, &id); });
  if (code != ERROR_SUCCESS) return failure(code);
  return DWORD{id};
}

result<void> impersonate_pipe_client(HANDLE pipe) {
  return done(raw("ImpersonateNamedPipeClient", [&] { return ::ImpersonateNamedPipeClient(pipe); }));
}

DWORD revert_to_self() noexcept {
  // Never made to fail: the only answer to that is to end the process.
  return ::RevertToSelf() != FALSE ? DWORD{ERROR_SUCCESS} : ::GetLastError();
}

result<unique_handle> create_mailslot(const std::wstring& name, DWORD max_message, DWORD read_timeout_ms,
                                      SECURITY_ATTRIBUTES* security) {
  return made("CreateMailslotW",
              [&] { return ::CreateMailslotW(name.c_str(), max_message, read_timeout_ms, security); });
}

}  // namespace viaduct::windows::system
