// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/pipe_instance.hpp"

#include <array>

#include "backend/system.hpp"
#include "common/base32.hpp"
#include "windows/overlapped.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

constexpr std::wstring_view pipe_prefix = L"\\\\.\\pipe\\";
constexpr std::size_t largest_buffer = std::size_t{1} << 30;
// A pending read of 64 KiB leaves as much for the writer to see.
constexpr std::size_t default_buffer = 128 * 1024;
constexpr std::uint32_t longest_wait_ms = 3'600'000;

/// One wait for a free instance, at most until the deadline. timed_out, not_found.
result<void> wait_while_busy(const std::wstring& path, detail::timer& wait) {
  const std::wstring device(pipe_prefix);
  result<unique_handle> pipes =
      system::open_file({.path = device, .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE, .flags = FILE_FLAG_OVERLAPPED});
  if (!pipes) return pipes.error();
  operation waiting;
  if (result<void> opened = waiting.open(); !opened) return opened;
  const std::wstring bare = path.substr(pipe_prefix.size());
  system::pipe_wait request{.name = bare, .milliseconds = wait.remaining_ms(longest_wait_ms)};
  OVERLAPPED& how = waiting.prepare();
  DWORD code = system::wait_for_pipe(pipes->get(), request, how);
  // The system keeps the time itself: it is not asked to stop early.
  if (code == ERROR_IO_PENDING) code = waiting.finish(pipes->get()).code;
  if (code == ERROR_SEM_TIMEOUT && wait.expired()) {
    return error(errc::timed_out, ERROR_PIPE_BUSY).advise("it is there, but busy with others");
  }
  if (code == ERROR_SUCCESS || code == ERROR_SEM_TIMEOUT) return {};
  return failure(code);
}

}  // namespace

std::wstring pipe_path(const std::string& native_name) { return std::wstring(pipe_prefix) + widen_ascii(native_name); }

result<std::wstring> random_pipe_path() {
  std::array<std::byte, 16> noise{};
  if (result<void> filled = backend::random_bytes(noise); !filled) return filled.error();
  return pipe_path("viaduct-" + detail::to_base32(noise));
}

result<unique_handle> make_instance(const instance_request& request) {
  if (request.buffer > largest_buffer) {
    return error(errc::limit_reached).advise("a pipe's buffer is at most 1 GiB");
  }
  const auto buffer = static_cast<DWORD>(request.buffer == 0 ? default_buffer : request.buffer);
  DWORD mode = request.direction;
  if (request.overlapped) mode |= FILE_FLAG_OVERLAPPED;
  if (request.first) mode |= FILE_FLAG_FIRST_PIPE_INSTANCE;
  return system::create_pipe_instance({.name = request.path,
                                       .open_mode = mode,
                                       .pipe_mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
                                       .instances = request.only ? DWORD{1} : DWORD{PIPE_UNLIMITED_INSTANCES},
                                       .out_buffer = buffer,
                                       .in_buffer = buffer,
                                       .security = request.security.get()});
}

result<unique_handle> open_client(const client_request& request, detail::timer& wait) {
  const DWORD overlapped = request.overlapped ? DWORD{FILE_FLAG_OVERLAPPED} : DWORD{0};
  for (;;) {
    result<unique_handle> opened =
        system::open_file({.path = request.path,
                           .access = request.access,
                           .share = 0,
                           .flags = overlapped | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION});
    if (opened || opened.error().os_code() != ERROR_PIPE_BUSY) return opened;
    if (!wait.may_wait()) return error(errc::timed_out, ERROR_PIPE_BUSY).advise("it is there, but busy with others");
    if (result<void> waited = wait_while_busy(request.path, wait); !waited) return waited.error();
  }
}

result<instance_pair> make_instance_pair(const pair_request& request) {
  const result<std::wstring> path = random_pipe_path();
  if (!path) return path.error();
  const result<security_attributes> security = private_object();
  if (!security) return security.error();
  result<unique_handle> server =
      make_instance({.path = *path, .direction = request.direction, .buffer = request.buffer, .security = *security});
  if (!server) return server.error();
  detail::timer at_once(deadline::now());
  result<unique_handle> client =
      open_client({.path = *path, .access = request.client_access, .overlapped = request.client_overlapped}, at_once);
  if (!client) return client.error();
  return instance_pair{std::move(*server), std::move(*client)};
}

}  // namespace viaduct::windows
