// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// How system*.cpp make a raw call: ask the seam, keep GetLastError().
#pragma once

#include "backend/seam.hpp"
#include "viaduct/result.hpp"
#include "windows/error.hpp"
#include "windows/handle.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows::system {

/// ERROR_SUCCESS if the call returned something true, else the system's error code; it stays in GetLastError() too.
template <class Call>
[[nodiscard]] DWORD raw(const char* name, Call&& call) noexcept {
  if (const int injected = backend::seam::before(name); injected != 0) {
    const DWORD code = static_cast<DWORD>(injected);
    ::SetLastError(code);
    return code;
  }
  if (call()) return ERROR_SUCCESS;
  const DWORD code = ::GetLastError();
  return code != ERROR_SUCCESS ? code : static_cast<DWORD>(ERROR_GEN_FAILURE);
}

/// For calls that return their error code.
template <class Call>
[[nodiscard]] DWORD coded(const char* name, Call&& call) noexcept {
  if (const int injected = backend::seam::before(name); injected != 0) return static_cast<DWORD>(injected);
  return static_cast<DWORD>(call());
}

[[nodiscard]] inline result<void> done(DWORD code) noexcept {
  if (code != ERROR_SUCCESS) return failure(code);
  return {};
}

/// For calls that return a handle, or null or INVALID_HANDLE_VALUE.
template <class Call>
[[nodiscard]] result<unique_handle> made(const char* name, Call&& call) noexcept {
  unique_handle handle;
  const DWORD code = raw(name, [&] {
    handle = unique_handle(call());
    return static_cast<bool>(handle);
  });
  if (code != ERROR_SUCCESS) return failure(code);
  return handle;
}

}  // namespace viaduct::windows::system
