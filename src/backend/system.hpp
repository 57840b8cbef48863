// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: small facts and services every operating system provides. Defined once in each OS folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "viaduct/bytes.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"

namespace viaduct::backend {

/// The system's text for one of its error codes, UTF-8, without a line end.
[[nodiscard]] std::string os_message(int os_code);

/// The system's own word for an error code, for messages ("errno", "Windows error").
[[nodiscard]] const char* os_code_label() noexcept;

/// Cryptographic random bytes. os_error.
[[nodiscard]] result<void> random_bytes(buffer into);

/// The user this process acts as; user::unknown() if the system does not say.
[[nodiscard]] user current_user();
/// From a login name or the text of an id. not_found.
[[nodiscard]] result<user> find_user(std::string_view name_or_id);

[[nodiscard]] std::uint64_t current_process_id() noexcept;
/// The calling thread, as debuggers and process viewers number it.
[[nodiscard]] std::uint64_t current_thread_id() noexcept;
/// When a process started, in units of the system, for comparison only. not_found, access_denied.
[[nodiscard]] result<std::uint64_t> process_start_time(std::uint64_t process_id);
/// not_found, access_denied.
[[nodiscard]] result<std::filesystem::path> process_executable(std::uint64_t process_id);

/// Closes a handle; errors are ignored, for there is nothing left to do.
void close_native(native_view handle) noexcept;
/// A second handle, not inheritable. limit_reached, os_error.
[[nodiscard]] result<native_handle> duplicate_native(native_view handle);

/// A value of the environment; nullopt if unset. POSIX: also nullopt in a process with raised privileges (AT_SECURE).
[[nodiscard]] std::optional<std::string> environment_variable(const char* key);

[[nodiscard]] const capability_list& capabilities();

}  // namespace viaduct::backend
