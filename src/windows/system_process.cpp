// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Processes, tokens, accounts, security descriptors, random bytes.
#include "windows/raw_call.hpp"
#include "windows/system.hpp"

#include <aclapi.h>
#include <bcrypt.h>
#include <sddl.h>

#include <algorithm>
#include <cstring>
#include <cwchar>

namespace viaduct::windows::system {

namespace {

constexpr DWORD ntstatus_failed = ERROR_GEN_FAILURE;

/// Asks twice: for the size, then for the value. `call(memory, size, needed)`.
template <class Call>
result<std::vector<std::byte>> sized(const char* name, Call&& call) {
  std::vector<std::byte> memory(128);
  for (;;) {
    DWORD needed = 0;
    const DWORD code = raw(name, [&] { return call(memory.data(), static_cast<DWORD>(memory.size()), &needed); });
    if (code == ERROR_SUCCESS) return memory;
    if (code != ERROR_INSUFFICIENT_BUFFER || needed <= memory.size()) return failure(code);
    memory.resize(needed);
  }
}

}  // namespace

DWORD own_process_id() noexcept { return ::GetCurrentProcessId(); }
DWORD own_thread_id() noexcept { return ::GetCurrentThreadId(); }

result<unique_handle> open_process(DWORD access, DWORD process_id) {
  return made("OpenProcess", [&] { return ::OpenProcess(access, FALSE, process_id); });
}

result<std::uint64_t> process_creation_time(HANDLE process) {
  FILETIME created{};
  FILETIME other{};
  const DWORD code =
      raw("GetProcessTimes", [&] { return ::GetProcessTimes(process, &created, &other, &other, &other); });
  if (code != ERROR_SUCCESS) return failure(code);
  return std::uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime;
}

result<std::wstring> process_image(HANDLE process) {
  std::wstring path(MAX_PATH, L'\0');
  for (;;) {
    auto size = static_cast<DWORD>(path.size());
    const DWORD code =
        raw("QueryFullProcessImageNameW", [&] { return ::QueryFullProcessImageNameW(process, 0, path.data(), &size); });
    if (code == ERROR_SUCCESS) {
      path.resize(size);
      return path;
    }
    if (code != ERROR_INSUFFICIENT_BUFFER || path.size() > 0x8000) return failure(code);
    path.resize(path.size() * 2);
  }
}

result<DWORD> exit_code(HANDLE process) {
  DWORD value = 0;
  const DWORD code = raw("GetExitCodeProcess", [&] { return ::GetExitCodeProcess(process, &value); });
  if (code != ERROR_SUCCESS) return failure(code);
  return value;
}

result<DWORD> process_id_of(HANDLE process) {
  DWORD id = 0;
  const DWORD code = raw("GetProcessId", [&] { return (id = ::GetProcessId(process)) != 0; });
  if (code != ERROR_SUCCESS) return failure(code);
  return id;
}

result<void> terminate(HANDLE process, DWORD code) {
  return done(raw("TerminateProcess", [&] { return ::TerminateProcess(process, code); }));
}

result<void> resume_thread(HANDLE thread) {
  return done(raw("ResumeThread", [&] { return ::ResumeThread(thread) != static_cast<DWORD>(-1); }));
}

result<created_process> create_process(const process_request& request) {
  STARTUPINFOW plain{};
  plain.cb = sizeof plain;
  PROCESS_INFORMATION made_process{};
  const DWORD code = raw("CreateProcessW", [&] {
    return ::CreateProcessW(request.program.c_str(), request.command_line.data(), nullptr, nullptr,
                            request.inherit_handles ? TRUE : FALSE, request.flags | CREATE_UNICODE_ENVIRONMENT,
                            const_cast<wchar_t*>(request.environment), request.directory,
                            request.startup != nullptr ? request.startup : &plain, &made_process);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return created_process{unique_handle(made_process.hProcess), unique_handle(made_process.hThread),
                         made_process.dwProcessId};
}

handle_list::handle_list(std::vector<std::byte> memory) noexcept : memory_(std::move(memory)) {}
handle_list::handle_list(handle_list&& other) noexcept : memory_(std::move(other.memory_)) { other.memory_.clear(); }
handle_list::~handle_list() {
  if (!memory_.empty()) ::DeleteProcThreadAttributeList(get());
}
LPPROC_THREAD_ATTRIBUTE_LIST handle_list::get() const noexcept {
  return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
}

result<handle_list> handle_list::make(std::span<HANDLE> handles) {
  SIZE_T size = 0;
  ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
  std::vector<std::byte> memory(size);
  const auto list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory.data());
  const DWORD made_list =
      raw("InitializeProcThreadAttributeList", [&] { return ::InitializeProcThreadAttributeList(list, 1, 0, &size); });
  if (made_list != ERROR_SUCCESS) return failure(made_list);
  handle_list made_handles(std::move(memory));
  const DWORD filled = raw("UpdateProcThreadAttribute", [&] {
    return ::UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(), handles.size_bytes(),
                                       nullptr, nullptr);
  });
  if (filled != ERROR_SUCCESS) return failure(filled);
  return made_handles;
}

result<void> send_console_event(DWORD event, DWORD process_group) {
  return done(raw("GenerateConsoleCtrlEvent", [&] { return ::GenerateConsoleCtrlEvent(event, process_group); }));
}

result<std::vector<std::wstring>> environment_block() {
  wchar_t* block = nullptr;
  const DWORD code = raw("GetEnvironmentStringsW", [&] { return (block = ::GetEnvironmentStringsW()) != nullptr; });
  if (code != ERROR_SUCCESS) return failure(code);
  struct closer {
    wchar_t* block;
    ~closer() { ::FreeEnvironmentStringsW(block); }
  } const closing{block};
  std::vector<std::wstring> found;
  for (const wchar_t* entry = block; *entry != L'\0'; entry += std::wcslen(entry) + 1) found.emplace_back(entry);
  return found;
}

result<std::optional<std::wstring>> environment_value(const std::wstring& key) {
  std::wstring value(128, L'\0');
  for (;;) {
    DWORD length = 0;
    const DWORD code = raw("GetEnvironmentVariableW", [&] {
      ::SetLastError(ERROR_SUCCESS);
      length = ::GetEnvironmentVariableW(key.c_str(), value.data(), static_cast<DWORD>(value.size()));
      return length != 0 || ::GetLastError() == ERROR_SUCCESS;  // set, but empty
    });
    if (code == ERROR_ENVVAR_NOT_FOUND) return std::optional<std::wstring>();
    if (code != ERROR_SUCCESS) return failure(code);
    const bool fits = length < value.size();
    value.resize(length);
    if (fits) return std::optional<std::wstring>(std::move(value));
  }
}

result<std::wstring> module_path() {
  std::wstring path(MAX_PATH, L'\0');
  for (;;) {
    DWORD length = 0;
    const DWORD code = raw("GetModuleFileNameW", [&] {
      length = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
      return length != 0;
    });
    if (code != ERROR_SUCCESS) return failure(code);
    if (length < path.size()) {
      path.resize(length);
      return path;
    }
    path.resize(path.size() * 2);
  }
}

result<unique_handle> open_process_token(HANDLE process, DWORD access) {
  HANDLE token = nullptr;
  const DWORD code = raw("OpenProcessToken", [&] { return ::OpenProcessToken(process, access, &token); });
  if (code != ERROR_SUCCESS) return failure(code);
  return unique_handle(token);
}

result<unique_handle> open_thread_token(DWORD access) {
  HANDLE token = nullptr;
  const DWORD code =
      raw("OpenThreadToken", [&] { return ::OpenThreadToken(::GetCurrentThread(), access, TRUE, &token); });
  if (code != ERROR_SUCCESS) return failure(code);
  return unique_handle(token);
}

result<std::vector<std::byte>> token_information(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  return sized("GetTokenInformation", [&](std::byte* memory, DWORD size, DWORD* needed) {
    return ::GetTokenInformation(token, what, memory, size, needed);
  });
}

result<std::wstring> sid_to_text(PSID sid) {
  LPWSTR text = nullptr;
  const DWORD code = raw("ConvertSidToStringSidW", [&] { return ::ConvertSidToStringSidW(sid, &text); });
  if (code != ERROR_SUCCESS) return failure(code);
  std::wstring copy(text);
  ::LocalFree(text);
  return copy;
}

result<std::vector<std::byte>> text_to_sid(const std::wstring& text) {
  PSID sid = nullptr;
  const DWORD code = raw("ConvertStringSidToSidW", [&] { return ::ConvertStringSidToSidW(text.c_str(), &sid); });
  if (code != ERROR_SUCCESS) return failure(code);
  std::vector<std::byte> copy(::GetLengthSid(sid));
  std::memcpy(copy.data(), sid, copy.size());
  ::LocalFree(sid);
  return copy;
}

result<account_record> look_up_account(const std::wstring& name) {
  account_record found;
  found.sid.resize(SECURITY_MAX_SID_SIZE);
  std::wstring domain(256, L'\0');
  for (;;) {
    auto sid_size = static_cast<DWORD>(found.sid.size());
    auto domain_size = static_cast<DWORD>(domain.size());
    const DWORD code = raw("LookupAccountNameW", [&] {
      return ::LookupAccountNameW(nullptr, name.c_str(), found.sid.data(), &sid_size, domain.data(), &domain_size,
                                  &found.use);
    });
    if (code == ERROR_SUCCESS) {
      found.sid.resize(::GetLengthSid(found.sid.data()));
      return found;
    }
    if (code != ERROR_INSUFFICIENT_BUFFER || domain_size <= domain.size()) return failure(code);
    domain.resize(domain_size);
  }
}

result<SID_NAME_USE> look_up_sid(PSID sid) {
  std::wstring name(256, L'\0');
  std::wstring domain(256, L'\0');
  SID_NAME_USE use = SidTypeUnknown;
  for (;;) {
    auto name_size = static_cast<DWORD>(name.size());
    auto domain_size = static_cast<DWORD>(domain.size());
    const DWORD code = raw("LookupAccountSidW", [&] {
      return ::LookupAccountSidW(nullptr, sid, name.data(), &name_size, domain.data(), &domain_size, &use);
    });
    if (code == ERROR_SUCCESS) return use;
    if (code != ERROR_INSUFFICIENT_BUFFER || (name_size <= name.size() && domain_size <= domain.size())) {
      return failure(code);
    }
    name.resize(std::max<std::size_t>(name.size(), name_size));
    domain.resize(std::max<std::size_t>(domain.size(), domain_size));
  }
}

result<PSECURITY_DESCRIPTOR> descriptor_from_sddl(const std::wstring& text) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD code = raw("ConvertStringSecurityDescriptorToSecurityDescriptorW", [&] {
    return ::ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &descriptor, nullptr);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return descriptor;
}

result<security_parts> security_info(HANDLE object, SE_OBJECT_TYPE type, SECURITY_INFORMATION what) {
  security_parts parts;
  const DWORD code = coded("GetSecurityInfo", [&] {
    return ::GetSecurityInfo(object, type, what, &parts.owner, nullptr, &parts.dacl, &parts.sacl, &parts.memory);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return parts;
}

void free_local(void* memory) noexcept { ::LocalFree(memory); }

result<void> random(buffer into) {
  return done(coded("BCryptGenRandom", [&] {
    const NTSTATUS status = ::BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(into.data()),
                                              static_cast<ULONG>(into.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return status >= 0 ? DWORD{ERROR_SUCCESS} : ntstatus_failed;
  }));
}

result<sha256_digest> sha256(bytes from) {
  const auto algorithm = reinterpret_cast<BCRYPT_ALG_HANDLE>(0x41);  // BCRYPT_SHA256_ALG_HANDLE, not in every SDK
  sha256_digest made{};
  const DWORD code = coded("BCryptHash", [&] {
    auto* const input = const_cast<PUCHAR>(reinterpret_cast<const UCHAR*>(from.data()));
    const NTSTATUS status = ::BCryptHash(algorithm, nullptr, 0, input, static_cast<ULONG>(from.size()),
                                         reinterpret_cast<PUCHAR>(made.data()), static_cast<ULONG>(made.size()));
    return status >= 0 ? DWORD{ERROR_SUCCESS} : ntstatus_failed;
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return made;
}

result<std::uint64_t> boot_id() {
  constexpr const wchar_t* key =
      L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management\\PrefetchParameters";
  DWORD value = 0;
  DWORD size = sizeof value;
  const DWORD code = coded("RegGetValueW", [&] {
    return static_cast<DWORD>(
        ::RegGetValueW(HKEY_LOCAL_MACHINE, key, L"BootId", RRF_RT_REG_DWORD, nullptr, &value, &size));
  });
  if (code == ERROR_FILE_NOT_FOUND) {
    return error(errc::not_supported, static_cast<int>(code)).advise("this Windows does not count its boots (BootId)");
  }
  if (code != ERROR_SUCCESS) return failure(code);
  return std::uint64_t{value};
}

std::wstring message_text(DWORD code) {
  LPWSTR text = nullptr;
  const DWORD length =
      ::FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                       nullptr, code, 0, reinterpret_cast<LPWSTR>(&text), 0, nullptr);
  if (length == 0) return {};
  std::wstring copy(text, length);
  ::LocalFree(text);
  return copy;
}

}  // namespace viaduct::windows::system
