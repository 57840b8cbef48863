// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// native_handle: owns one handle of the operating system (a file descriptor, a HANDLE) and closes it once.
// native_view: borrows one. Both hold the value as std::intptr_t so that no system header is needed here:
//   int descriptor = static_cast<int>(view.value());                 // POSIX
//   HANDLE handle = reinterpret_cast<HANDLE>(view.value());          // Windows
//
// Move-only; parts with the handle only by release(). Threads: one at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

#include "viaduct/export.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

class native_view {
 public:
  using value_type = std::intptr_t;
  static constexpr value_type none = -1;  // also INVALID_HANDLE_VALUE

  constexpr native_view() noexcept = default;
  /// A template, so that a literal 0, which is a descriptor, is not a null HANDLE as well.
  template <std::integral Value>
  constexpr explicit native_view(Value value) noexcept : value_(static_cast<value_type>(value)) {}
  /// From a HANDLE.
  explicit native_view(void* handle) noexcept : value_(reinterpret_cast<value_type>(handle)) {}

  [[nodiscard]] constexpr value_type value() const noexcept { return value_; }
  [[nodiscard]] constexpr bool is_valid() const noexcept { return value_ != none; }

 private:
  value_type value_ = none;
};

class VIADUCT_EXPORT native_handle {
 public:
  using value_type = native_view::value_type;

  native_handle() noexcept = default;
  template <std::integral Value>
  explicit native_handle(Value value) noexcept : value_(static_cast<value_type>(value)) {}
  explicit native_handle(void* handle) noexcept : value_(reinterpret_cast<value_type>(handle)) {}
  native_handle(native_handle&& other) noexcept : value_(std::exchange(other.value_, native_view::none)) {}
  native_handle& operator=(native_handle&& other) noexcept {
    if (this != &other) {
      close();
      value_ = std::exchange(other.value_, native_view::none);
    }
    return *this;
  }
  native_handle(const native_handle&) = delete;
  native_handle& operator=(const native_handle&) = delete;
  ~native_handle() { close(); }

  [[nodiscard]] value_type value() const noexcept { return value_; }
  [[nodiscard]] bool is_valid() const noexcept { return value_ != native_view::none; }
  [[nodiscard]] native_view view() const noexcept { return native_view(value_); }

  /// Gives the handle away: the caller closes it from now on.
  [[nodiscard]] value_type release() noexcept { return std::exchange(value_, native_view::none); }

  /// Closes it now. Idempotent.
  void close() noexcept;

  /// A second handle to the same object, not inheritable. limit_reached, os_error.
  [[nodiscard]] result<native_handle> duplicate() const;

 private:
  value_type value_ = native_view::none;
};

}  // namespace viaduct
