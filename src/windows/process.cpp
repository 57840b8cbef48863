// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::backend {

namespace {

/// A process that runs: one that has ended stays openable for as long as anybody holds a handle to it.
result<windows::unique_handle> open_running(std::uint64_t process_id) {
  const error gone(errc::not_found, ERROR_INVALID_PARAMETER);
  if (process_id == 0 || process_id > 0xFFFFFFFFU) return gone;
  result<windows::unique_handle> process =
      windows::system::open_process(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, static_cast<DWORD>(process_id));
  if (!process) return process.error().os_code() == ERROR_INVALID_PARAMETER ? gone : process.error();
  if (windows::system::is_signalled(process->get())) return gone;
  return process;
}

}  // namespace

std::uint64_t current_process_id() noexcept { return windows::system::own_process_id(); }

std::uint64_t current_thread_id() noexcept { return windows::system::own_thread_id(); }

result<std::uint64_t> process_start_time(std::uint64_t process_id) {
  const result<windows::unique_handle> process = open_running(process_id);
  if (!process) return process.error();
  return windows::system::process_creation_time(process->get());
}

result<std::filesystem::path> process_executable(std::uint64_t process_id) {
  const result<windows::unique_handle> process = open_running(process_id);
  if (!process) return process.error();
  result<std::wstring> image = windows::system::process_image(process->get());
  if (!image) return image.error();
  return std::filesystem::path(std::move(*image));
}

}  // namespace viaduct::backend
