// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// result<T>: a value or an error. Thin over boost::system::result<T, error>: the same vocabulary (has_value, value,
// operator*, error), except that error() returns a reference and every result is [[nodiscard]].
//
// Only value() throws, and it throws viaduct::exception. Threads: a plain value.
#pragma once

#include <boost/system/result.hpp>
#include <memory>
#include <type_traits>
#include <utility>

#include "viaduct/error.hpp"

namespace viaduct {

namespace detail {

/// A value or an error. Not std::variant: results are most of what a read or write does beside its system call, and this
/// one is made, asked and destroyed with half the instructions.
template <class T>
class value_or_error {
  static_assert(std::is_nothrow_move_constructible_v<T>, "a result's value must move without exceptions");

 public:
  template <class U>
  value_or_error(std::true_type /*value*/, U&& from) : value_(std::forward<U>(from)), failed_(false) {}
  value_or_error(std::false_type /*value*/, class error&& from) noexcept : error_(std::move(from)), failed_(true) {}
  value_or_error(value_or_error&& other) noexcept : failed_(other.failed_) {
    if (failed_) {
      std::construct_at(&error_, std::move(other.error_));
    } else {
      std::construct_at(&value_, std::move(other.value_));
    }
  }
  value_or_error(const value_or_error& other)
    requires std::is_copy_constructible_v<T>
      : failed_(other.failed_) {
    if (failed_) {
      std::construct_at(&error_, other.error_);
    } else {
      std::construct_at(&value_, other.value_);
    }
  }
  value_or_error& operator=(value_or_error&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  value_or_error& operator=(const value_or_error& other)
    requires std::is_copy_constructible_v<T>
  {
    if (this != &other) *this = value_or_error(other);
    return *this;
  }
  ~value_or_error() {
    if (failed_) [[unlikely]] {
      std::destroy_at(&error_);
    } else {
      std::destroy_at(&value_);
    }
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] T& value() noexcept { return value_; }
  [[nodiscard]] const T& value() const noexcept { return value_; }
  [[nodiscard]] class error& error() noexcept { return error_; }
  [[nodiscard]] const class error& error() const noexcept { return error_; }

 private:
  union {
    T value_;
    class error error_;
  };
  bool failed_;
};

struct nothing {};

}  // namespace detail

template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = viaduct::error;

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
             !std::is_same_v<std::remove_cvref_t<U>, viaduct::error> && !std::is_same_v<std::remove_cvref_t<U>, errc>)
  result(U&& value) : state_(std::true_type(), std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
  result(viaduct::error failure) noexcept                                  // NOLINT(google-explicit-constructor)
      : state_(std::false_type(), std::move(failure)) {}
  result(errc code) noexcept  // NOLINT(google-explicit-constructor)
      : state_(std::false_type(), viaduct::error(code)) {}

  [[nodiscard]] bool has_value() const noexcept { return !state_.failed(); }
  [[nodiscard]] bool has_error() const noexcept { return state_.failed(); }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws viaduct::exception if there is none.
  [[nodiscard]] T& value() & { return require(), state_.value(); }
  [[nodiscard]] const T& value() const& { return require(), state_.value(); }
  [[nodiscard]] T&& value() && { return require(), std::move(state_.value()); }

  /// The value, unchecked: the caller has looked at has_value().
  [[nodiscard]] T& operator*() & noexcept { return state_.value(); }
  [[nodiscard]] const T& operator*() const& noexcept { return state_.value(); }
  [[nodiscard]] T&& operator*() && noexcept { return std::move(state_.value()); }
  [[nodiscard]] T* operator->() noexcept { return &state_.value(); }
  [[nodiscard]] const T* operator->() const noexcept { return &state_.value(); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(other));
  }

  /// The error; only when has_error().
  [[nodiscard]] const viaduct::error& error() const& noexcept { return state_.error(); }
  [[nodiscard]] viaduct::error& error() & noexcept { return state_.error(); }
  [[nodiscard]] viaduct::error&& error() && noexcept { return std::move(state_.error()); }

  /// For code that speaks boost::system::result.
  [[nodiscard]] boost::system::result<T, viaduct::error> to_boost() && {
    if (has_value()) return std::move(**this);
    return std::move(*this).error();
  }

 private:
  void require() const {
    if (has_error()) throw_exception_from_error(error(), BOOST_CURRENT_LOCATION);
  }

  detail::value_or_error<T> state_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = viaduct::error;

  result() noexcept : state_(std::true_type(), detail::nothing()) {}
  result(viaduct::error failure) noexcept  // NOLINT(google-explicit-constructor)
      : state_(std::false_type(), std::move(failure)) {}
  result(errc code) noexcept  // NOLINT(google-explicit-constructor)
      : state_(std::false_type(), viaduct::error(code)) {}

  [[nodiscard]] bool has_value() const noexcept { return !state_.failed(); }
  [[nodiscard]] bool has_error() const noexcept { return state_.failed(); }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

  /// Throws viaduct::exception if there is an error.
  void value() const {
    if (has_error()) throw_exception_from_error(error(), BOOST_CURRENT_LOCATION);
  }

  [[nodiscard]] const viaduct::error& error() const& noexcept { return state_.error(); }
  [[nodiscard]] viaduct::error& error() & noexcept { return state_.error(); }
  [[nodiscard]] viaduct::error&& error() && noexcept { return std::move(state_.error()); }

 private:
  detail::value_or_error<detail::nothing> state_;
};

}  // namespace viaduct
