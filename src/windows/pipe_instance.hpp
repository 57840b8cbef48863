// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Making pipes, reaching them, and who is at the other end. Both kinds of pipe are Windows named pipes in byte mode with
// overlapped handles, closed to the network, under an explicit descriptor and a random name.
#pragma once

#include <cstdint>
#include <string>

#include "backend/entry.hpp"
#include "common/timer.hpp"
#include "viaduct/identity.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/security.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

/// Windows' own name of a pipe: \\.\pipe\<native name>.
[[nodiscard]] std::wstring pipe_path(const std::string& native_name);
/// A name that nobody can guess.
[[nodiscard]] result<std::wstring> random_pipe_path();

/// Rights of a client that only writes, or only reads. Both may ask who owns the pipe.
inline constexpr DWORD pipe_writer_access =
    (FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES) & ~DWORD{FILE_CREATE_PIPE_INSTANCE};
inline constexpr DWORD pipe_reader_access = FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES;

struct instance_request {
  const std::wstring& path;
  DWORD direction = PIPE_ACCESS_DUPLEX;  // as the server sees it
  bool first = true;
  bool only = true;  // no second instance can be made
  bool overlapped = true;
  std::size_t buffer = 0;  // bytes in each direction; 0: our default
  const security_attributes& security;
};
/// limit_reached (the buffer is too large, or the system has no memory for it).
[[nodiscard]] result<unique_handle> make_instance(const instance_request& request);

/// Opens a pipe as a client, which the server may identify but not act as. Waits while all instances are busy. not_found,
/// timed_out, access_denied.
struct client_request {
  const std::wstring& path;
  DWORD access = pipe_client_access;
  bool overlapped = true;
};
[[nodiscard]] result<unique_handle> open_client(const client_request& request, detail::timer& wait);

/// A fresh pipe and a client of it, connected.
struct instance_pair {
  unique_handle server;
  unique_handle client;
};
struct pair_request {
  DWORD direction = PIPE_ACCESS_DUPLEX;  // as the server sees it
  DWORD client_access = pipe_client_access;
  bool client_overlapped = true;
  std::size_t buffer = 0;
};
[[nodiscard]] result<instance_pair> make_instance_pair(const pair_request& request);

/// The user of a server's client; unknown if Windows does not tell (before the first read from a foreign client, or when it
/// has gone).
[[nodiscard]] result<user> client_user(HANDLE server_end);
[[nodiscard]] result<identity> client_identity(HANDLE server_end);
/// The process is a hint; the user owns the pipe object. wrong_peer unless that is `expected`, at `level` or above.
[[nodiscard]] result<identity> verify_server(HANDLE client_end, const user& expected, std::uint32_t level);

/// Finds the entry of `what`, waiting for it, and opens its pipe as a client. not_found (nothing live is there at the
/// deadline), timed_out (it is, but busy).
struct dialled {
  unique_handle pipe;
  backend::entry_description entry;
};
struct dial_request {
  backend::object_kind kind = backend::object_kind::named_pipe;
  const name& what;
  DWORD access = pipe_client_access;
  /// Looks at the entry before the pipe is opened; an error ends it.
  result<void> (*check)(const backend::entry_description& found, const void* context) = nullptr;
  const void* context = nullptr;
};
[[nodiscard]] result<dialled> dial(const dial_request& request, detail::timer& wait);

}  // namespace viaduct::windows
