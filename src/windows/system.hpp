// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every raw Win32 call of the Windows backend. Each asks the seam first (the call's Win32 name) and turns
// GetLastError() into our error, once. Handles made here are never inheritable unless the name says so.
//
// Functions on a hot path return the Windows error code (ERROR_SUCCESS for success); the others return result<>.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "windows/error.hpp"
#include "windows/handle.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows::system {

// --- handles (system.cpp)
void close(HANDLE handle) noexcept;
/// A second handle in this process with the same access.
[[nodiscard]] result<unique_handle> duplicate(HANDLE handle);
struct duplication {
  HANDLE from_process = nullptr;
  HANDLE handle = nullptr;
  HANDLE to_process = nullptr;
  DWORD access = 0;
  bool inheritable = false;
  DWORD options = DUPLICATE_SAME_ACCESS;
};
/// DuplicateHandle; the value counts in to_process's table.
[[nodiscard]] result<HANDLE> duplicate_between(const duplication& what);
[[nodiscard]] result<void> set_inheritable(HANDLE handle, bool on);
/// FILE_TYPE_PIPE, _DISK, _CHAR. invalid_argument if it is no file.
[[nodiscard]] result<DWORD> file_type(HANDLE handle);
/// The process's standard handle (STD_INPUT_HANDLE, ...), borrowed; null if it has none.
[[nodiscard]] HANDLE standard_handle(DWORD which) noexcept;

// --- files (system.cpp)
struct file_request {
  const std::wstring& path;
  DWORD access = 0;
  DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  DWORD disposition = OPEN_EXISTING;
  DWORD flags = 0;
  SECURITY_ATTRIBUTES* security = nullptr;  // of what is created; must say "not inheritable"
};
/// CreateFileW, for files, directories, pipes and devices.
[[nodiscard]] result<unique_handle> open_file(const file_request& request);
/// On a synchronous handle. Fewer bytes than asked for only at the end of the file.
[[nodiscard]] result<std::size_t> read_file_at(HANDLE file, buffer into, std::uint64_t offset);
/// All of it.
[[nodiscard]] result<void> write_file_at(HANDLE file, bytes from, std::uint64_t offset);
/// Tells those who watch the directory that this file has changed; a mere write is told only when it reaches the disk.
[[nodiscard]] result<void> touch_file(HANDLE file);
[[nodiscard]] result<BY_HANDLE_FILE_INFORMATION> file_information(HANDLE file);
/// The file goes when its last handle is closed.
[[nodiscard]] result<void> mark_for_deletion(HANDLE file);
[[nodiscard]] result<void> delete_file(const std::wstring& path);
[[nodiscard]] result<void> create_directory(const std::wstring& path, SECURITY_ATTRIBUTES* security);
/// Names in a directory that match a pattern ("C:\\x\\y*"), without "." and "..".
[[nodiscard]] result<std::vector<std::wstring>> list_files(const std::wstring& pattern);
/// The absolute form of a path.
[[nodiscard]] result<std::wstring> full_path(const std::wstring& path);
/// False also when it cannot be asked.
[[nodiscard]] bool is_directory(const std::wstring& path) noexcept;
/// DRIVE_FIXED, DRIVE_REMOTE, ... of the volume a path is on.
[[nodiscard]] result<UINT> drive_type(const std::wstring& path);
/// FILE_PERSISTENT_ACLS and the like, of the volume an open file or directory is on.
[[nodiscard]] result<DWORD> volume_flags(HANDLE file);
/// The directory of what all users of the machine share (%ProgramData%).
[[nodiscard]] result<std::wstring> shared_data_directory();

// --- byte-range locks, never waiting, on synchronous handles (system.cpp)
enum class lock_mode { shared, exclusive };
/// True: got it. False: another handle holds a conflicting lock in the range.
[[nodiscard]] result<bool> try_lock(HANDLE file, std::uint64_t start, std::uint64_t length, lock_mode mode);
/// Of a lock this handle holds.
void unlock(HANDLE file, std::uint64_t start, std::uint64_t length) noexcept;

// --- memory (system_memory.cpp)
/// FSCTL_SET_COMPRESSION: the file takes its whole size on the disk, whatever its directory says.
[[nodiscard]] result<void> set_uncompressed(HANDLE file);
/// FileEndOfFileInfo. For a file that is neither sparse nor compressed the space is taken now; it reads as zero.
[[nodiscard]] result<void> set_file_size(HANDLE file, std::uint64_t size);
/// Bytes left for this user on the volume that this directory is on.
[[nodiscard]] result<std::uint64_t> available_space(const std::wstring& directory);
/// Bytes that this process could commit now; for hints.
[[nodiscard]] result<std::uint64_t> available_memory();
struct section_request {
  HANDLE file = nullptr;  // null: the page file
  std::uint64_t size = 0;
  bool writable = true;
  SECURITY_ATTRIBUTES* security = nullptr;
};
/// CreateFileMappingW, without a name.
[[nodiscard]] result<unique_handle> create_section(const section_request& request);
struct section_information {
  DWORD attributes = 0;  // SEC_...
  std::uint64_t size = 0;
};
/// NtQuerySection (needs SECTION_QUERY). invalid_argument if it is no section.
[[nodiscard]] result<section_information> section_info(HANDLE section);
/// NtQueryObject: what may be done through this handle.
[[nodiscard]] result<DWORD> granted_rights(HANDLE handle);
struct view_request {
  HANDLE section = nullptr;
  DWORD access = FILE_MAP_READ;
  std::uint64_t offset = 0;  // a multiple of allocation_granularity()
  std::size_t length = 0;
};
[[nodiscard]] result<void*> map_view(const view_request& request);
void unmap_view(void* base) noexcept;
[[nodiscard]] DWORD flush_view(const void* base, std::size_t length) noexcept;
[[nodiscard]] std::size_t allocation_granularity() noexcept;

// --- waiting and overlapped I/O (system_io.cpp)
/// CreateEventW. already_exists if a named one exists.
struct event_request {
  bool manual_reset = true;
  bool signalled = false;
  const wchar_t* name = nullptr;
  SECURITY_ATTRIBUTES* security = nullptr;
};
[[nodiscard]] result<unique_handle> create_event(const event_request& request = {});
[[nodiscard]] result<unique_handle> open_event(const std::wstring& name, DWORD access);
void set_event(HANDLE event) noexcept;
void reset_event(HANDLE event) noexcept;
/// Waits for any of at most 64 handles: its index, or nullopt when the time is over.
[[nodiscard]] result<std::optional<std::size_t>> wait(std::span<const HANDLE> handles, detail::timer& wait);
/// Is it signalled now?
[[nodiscard]] bool is_signalled(HANDLE handle) noexcept;
/// Gives the processor to others (0), or sleeps for about this long.
void pause(DWORD milliseconds) noexcept;

/// What became of an I/O operation. code: ERROR_SUCCESS, ERROR_IO_PENDING (overlapped), or why it failed.
/// ERROR_MORE_DATA comes with a count.
struct io {
  DWORD code = ERROR_SUCCESS;
  DWORD count = 0;
};
/// ReadFile and WriteFile; synchronous if `how` is null. The memory and `how` must live until the operation has ended.
[[nodiscard]] io read(HANDLE from, buffer into, OVERLAPPED* how) noexcept;
[[nodiscard]] io write(HANDLE to, bytes from, OVERLAPPED* how) noexcept;
/// GetOverlappedResult. Not waiting: ERROR_IO_INCOMPLETE while it runs.
[[nodiscard]] io finish(HANDLE file, OVERLAPPED& how, bool wait) noexcept;
/// CancelIoEx: asks for the end of one operation (null: of all). ERROR_NOT_FOUND: there is none. finish() tells what
/// came.
DWORD cancel_io(HANDLE file, OVERLAPPED* how) noexcept;
/// FlushFileBuffers: a pipe's peer has read everything. Blocks.
[[nodiscard]] DWORD flush(HANDLE file) noexcept;
/// ReadDirectoryChangesW on an overlapped directory handle, that directory alone.
[[nodiscard]] DWORD watch_directory(HANDLE directory, buffer into, DWORD filter, OVERLAPPED& how) noexcept;

// --- named pipes and mailslots (system_io.cpp)
struct pipe_request {
  const std::wstring& name;
  DWORD open_mode = 0;  // PIPE_ACCESS_..., FILE_FLAG_...
  DWORD pipe_mode = 0;  // PIPE_TYPE_..., PIPE_REJECT_REMOTE_CLIENTS
  DWORD instances = 1;
  DWORD out_buffer = 0;
  DWORD in_buffer = 0;
  SECURITY_ATTRIBUTES* security = nullptr;
};
[[nodiscard]] result<unique_handle> create_pipe_instance(const pipe_request& request);
/// ConnectNamedPipe: ERROR_IO_PENDING, ERROR_PIPE_CONNECTED (success), ERROR_NO_DATA (a client came and went).
[[nodiscard]] DWORD connect_pipe(HANDLE pipe, OVERLAPPED& how) noexcept;
[[nodiscard]] DWORD disconnect_pipe(HANDLE pipe) noexcept;
/// FSCTL_PIPE_WAIT on an overlapped handle of `\\.\pipe\`: an instance of a pipe becomes free, or ERROR_SEM_TIMEOUT.
struct pipe_wait {
  const std::wstring& name;            // without that prefix
  std::uint32_t milliseconds = 0;      // Wine 8 does not call the operation off, so it ends by itself
  std::vector<std::byte> memory = {};  // the request: must live until the operation has ended
};
[[nodiscard]] DWORD wait_for_pipe(HANDLE pipe_file_system, pipe_wait& request, OVERLAPPED& how);
[[nodiscard]] result<void> set_pipe_mode(HANDLE pipe, DWORD mode);
struct pipe_information {
  DWORD flags = 0;  // PIPE_SERVER_END, PIPE_TYPE_MESSAGE
  DWORD out_buffer = 0;
  DWORD in_buffer = 0;
  DWORD instances = 0;
};
/// invalid_argument if it is no pipe.
[[nodiscard]] result<pipe_information> pipe_info(HANDLE pipe);
/// PeekNamedPipe: bytes that could be read now; io::code as for a read.
[[nodiscard]] io peek_pipe(HANDLE pipe) noexcept;
[[nodiscard]] result<DWORD> pipe_client_process(HANDLE pipe);
[[nodiscard]] result<DWORD> pipe_server_process(HANDLE pipe);
[[nodiscard]] result<void> impersonate_pipe_client(HANDLE pipe);
/// RevertToSelf. If it fails the thread must not go on: the caller ends the process.
[[nodiscard]] DWORD revert_to_self() noexcept;
[[nodiscard]] result<unique_handle> create_mailslot(const std::wstring& name, DWORD max_message, DWORD read_timeout_ms,
                                                    SECURITY_ATTRIBUTES* security);

// --- processes, tokens, accounts (system_process.cpp)
[[nodiscard]] DWORD own_process_id() noexcept;
[[nodiscard]] DWORD own_thread_id() noexcept;
[[nodiscard]] result<unique_handle> open_process(DWORD access, DWORD process_id);
/// 100 ns units since 1601.
[[nodiscard]] result<std::uint64_t> process_creation_time(HANDLE process);
[[nodiscard]] result<std::wstring> process_image(HANDLE process);
/// STILL_ACTIVE while it runs, if it did not exit with that number: wait on the handle to be sure.
[[nodiscard]] result<DWORD> exit_code(HANDLE process);
[[nodiscard]] result<DWORD> process_id_of(HANDLE process);
[[nodiscard]] result<void> terminate(HANDLE process, DWORD code);
[[nodiscard]] result<void> resume_thread(HANDLE thread);
struct process_request {
  const std::wstring& program;
  std::wstring& command_line;  // the system may write to it
  bool inherit_handles = false;
  DWORD flags = 0;
  const wchar_t* environment = nullptr;  // block of "key=value" texts; CREATE_UNICODE_ENVIRONMENT is added
  const wchar_t* directory = nullptr;
  STARTUPINFOW* startup = nullptr;  // or a STARTUPINFOEXW with EXTENDED_STARTUPINFO_PRESENT in flags
};
struct created_process {
  unique_handle process;
  unique_handle thread;
  DWORD id = 0;
};
[[nodiscard]] result<created_process> create_process(const process_request& request);
/// A PROC_THREAD_ATTRIBUTE_LIST with one attribute: the handles that may be inherited (kept by address, not empty).
class handle_list {
 public:
  [[nodiscard]] static result<handle_list> make(std::span<HANDLE> handles);
  handle_list(handle_list&& other) noexcept;
  handle_list& operator=(handle_list&&) = delete;
  ~handle_list();
  [[nodiscard]] LPPROC_THREAD_ATTRIBUTE_LIST get() const noexcept;

 private:
  explicit handle_list(std::vector<std::byte> memory) noexcept;
  mutable std::vector<std::byte> memory_;
};
/// GenerateConsoleCtrlEvent.
[[nodiscard]] result<void> send_console_event(DWORD event, DWORD process_group);
/// The environment block of this process, "key=value" texts.
[[nodiscard]] result<std::vector<std::wstring>> environment_block();
[[nodiscard]] result<std::optional<std::wstring>> environment_value(const std::wstring& key);
[[nodiscard]] result<std::wstring> module_path();

[[nodiscard]] result<unique_handle> open_process_token(HANDLE process, DWORD access);
/// The impersonation token of this thread (opened as the process itself).
[[nodiscard]] result<unique_handle> open_thread_token(DWORD access);
[[nodiscard]] result<std::vector<std::byte>> token_information(HANDLE token, TOKEN_INFORMATION_CLASS what);
[[nodiscard]] result<std::wstring> sid_to_text(PSID sid);
[[nodiscard]] result<std::vector<std::byte>> text_to_sid(const std::wstring& text);
struct account_record {
  std::vector<std::byte> sid;
  SID_NAME_USE use = SidTypeUnknown;
};
[[nodiscard]] result<account_record> look_up_account(const std::wstring& name);
[[nodiscard]] result<SID_NAME_USE> look_up_sid(PSID sid);
/// To be freed with LocalFree.
[[nodiscard]] result<PSECURITY_DESCRIPTOR> descriptor_from_sddl(const std::wstring& text);
/// GetSecurityInfo: the parts in `what` of a file's, directory's or pipe's descriptor; to be freed with LocalFree.
struct security_parts {
  PSID owner = nullptr;
  PACL dacl = nullptr;
  PACL sacl = nullptr;
  PSECURITY_DESCRIPTOR memory = nullptr;
};
[[nodiscard]] result<security_parts> security_info(HANDLE object, SE_OBJECT_TYPE type, SECURITY_INFORMATION what);
void free_local(void* memory) noexcept;

[[nodiscard]] result<void> random(buffer into);
using sha256_digest = std::array<std::byte, 32>;
[[nodiscard]] result<sha256_digest> sha256(bytes from);
/// A number that is new after each boot. not_supported where this Windows does not count its boots.
[[nodiscard]] result<std::uint64_t> boot_id();
/// FormatMessageW; empty if the system has no text.
[[nodiscard]] std::wstring message_text(DWORD code);

}  // namespace viaduct::windows::system
