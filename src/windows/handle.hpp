// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// unique_handle: owns one HANDLE and closes it once. Both of the system's ways to say "none" (null and
// INVALID_HANDLE_VALUE) are one here.
#pragma once

#include <utility>

#include "viaduct/native_handle.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

namespace system {
void close(HANDLE handle) noexcept;
}

class unique_handle {
 public:
  unique_handle() noexcept = default;
  explicit unique_handle(HANDLE handle) noexcept : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
  unique_handle(unique_handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  unique_handle& operator=(unique_handle&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  unique_handle(const unique_handle&) = delete;
  unique_handle& operator=(const unique_handle&) = delete;
  ~unique_handle() { reset(); }

  [[nodiscard]] HANDLE get() const noexcept { return handle_; }
  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != nullptr; }
  [[nodiscard]] native_view view() const noexcept { return handle_ ? native_view(handle_) : native_view(); }

  /// Gives the handle away: the caller closes it from now on.
  [[nodiscard]] HANDLE release() noexcept { return std::exchange(handle_, nullptr); }
  [[nodiscard]] native_handle to_native() noexcept { return handle_ ? native_handle(release()) : native_handle(); }

  void reset() noexcept {
    if (handle_ != nullptr) system::close(std::exchange(handle_, nullptr));
  }

 private:
  HANDLE handle_ = nullptr;
};

[[nodiscard]] inline HANDLE to_handle(native_view view) noexcept { return reinterpret_cast<HANDLE>(view.value()); }

}  // namespace viaduct::windows
