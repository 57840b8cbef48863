// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// result<T>: a value or an error. Thin over boost::system::result<T, error>: the same vocabulary (has_value, value,
// operator*, error), except that error() returns a reference and every result is [[nodiscard]].
//
// Only value() throws, and it throws viaduct::exception. Threads: a plain value.
#pragma once

#include <boost/system/result.hpp>
#include <type_traits>
#include <utility>
#include <variant>

#include "viaduct/error.hpp"

namespace viaduct {

template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = viaduct::error;

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
             !std::is_same_v<std::remove_cvref_t<U>, viaduct::error> && !std::is_same_v<std::remove_cvref_t<U>, errc>)
  result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
  result(viaduct::error failure) noexcept  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(failure)) {}
  result(errc code) noexcept : state_(std::in_place_index<1>, code) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  [[nodiscard]] bool has_error() const noexcept { return state_.index() == 1; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws viaduct::exception if there is none.
  [[nodiscard]] T& value() & { return require(), *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { return require(), *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { return require(), std::move(*std::get_if<0>(&state_)); }

  /// The value, unchecked: the caller has looked at has_value().
  [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(other));
  }

  /// The error; only when has_error().
  [[nodiscard]] const viaduct::error& error() const& noexcept { return *std::get_if<1>(&state_); }
  [[nodiscard]] viaduct::error& error() & noexcept { return *std::get_if<1>(&state_); }
  [[nodiscard]] viaduct::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

  /// For code that speaks boost::system::result.
  [[nodiscard]] boost::system::result<T, viaduct::error> to_boost() && {
    if (has_value()) return std::move(**this);
    return std::move(*this).error();
  }

 private:
  void require() const {
    if (has_error()) throw_exception_from_error(error(), BOOST_CURRENT_LOCATION);
  }

  std::variant<T, viaduct::error> state_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = viaduct::error;

  result() noexcept = default;
  result(viaduct::error failure) noexcept : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)
  result(errc code) noexcept : state_(std::in_place_index<1>, code) {}     // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  [[nodiscard]] bool has_error() const noexcept { return state_.index() == 1; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// Throws viaduct::exception if there is an error.
  void value() const {
    if (has_error()) throw_exception_from_error(error(), BOOST_CURRENT_LOCATION);
  }

  [[nodiscard]] const viaduct::error& error() const& noexcept { return *std::get_if<1>(&state_); }
  [[nodiscard]] viaduct::error& error() & noexcept { return *std::get_if<1>(&state_); }
  [[nodiscard]] viaduct::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<std::monostate, viaduct::error> state_;
};

}  // namespace viaduct
