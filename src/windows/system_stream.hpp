// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Raw calls that only streams and children need: what a handle is, threads of the pool, small named sections. Part of the
// system-call seam (see system.hpp).
#pragma once

#include <cstddef>
#include <string>

#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows::system {

/// Was the file opened without FILE_FLAG_OVERLAPPED?
[[nodiscard]] result<bool> is_synchronous(HANDLE file);
/// The rights a handle carries.
[[nodiscard]] result<ACCESS_MASK> granted_access(HANDLE file);
/// Bytes a write to this end of a pipe could store at once. 0: none, or unknown.
[[nodiscard]] std::size_t write_room(HANDLE pipe) noexcept;

/// Has the other end of a pipe been closed?
[[nodiscard]] bool is_abandoned_pipe(HANDLE pipe) noexcept;

/// A semaphore that counts from zero up.
[[nodiscard]] result<unique_handle> create_semaphore();
[[nodiscard]] DWORD release_semaphore(HANDLE semaphore, LONG count) noexcept;

/// Ends the blocking call another thread is in; ERROR_NOT_FOUND if it is in none.
DWORD cancel_synchronous_io(HANDLE thread) noexcept;
/// A handle of the calling thread that other threads may use.
[[nodiscard]] result<unique_handle> own_thread();
/// This library stays loaded until the process ends: it has a thread of its own.
void keep_library_loaded() noexcept;

/// RegisterWaitForSingleObject: a thread of the pool calls back once, when `object` is signalled or the time is over.
using wait_callback = void(CALLBACK*)(void* context, BOOLEAN timed_out);
[[nodiscard]] DWORD register_wait(HANDLE& made, HANDLE object, wait_callback call, void* context,
                                  DWORD milliseconds) noexcept;
/// Does not wait; also from inside the callback.
void unregister_wait(HANDLE wait) noexcept;

/// Memory under a name of this session. already_exists.
[[nodiscard]] result<unique_handle> create_section(const std::wstring& name, std::size_t size,
                                                   SECURITY_ATTRIBUTES* security);
[[nodiscard]] result<unique_handle> open_section(const std::wstring& name);
/// Copies memory in and out of a section.
[[nodiscard]] result<void> write_section(HANDLE section, bytes from);
[[nodiscard]] result<void> read_section(HANDLE section, buffer into);

/// Takes a variable out of this process's environment.
void remove_environment_value(const wchar_t* key) noexcept;
/// SetConsoleCtrlHandler: adds a handler.
[[nodiscard]] DWORD add_console_handler(PHANDLER_ROUTINE handler) noexcept;
/// Has this process a console it shares with its children?
[[nodiscard]] bool has_console() noexcept;

}  // namespace viaduct::windows::system
