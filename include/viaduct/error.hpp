// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What went wrong: the portable code, the operating system's own code, what was attempted, on which object, and a hint.
//
// An error is a value. It is cheap to copy and makes no allocation for outcomes that a hot path meets (timed_out,
// closed, cancelled, peer_died). Threads: a plain value.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "viaduct/errc.hpp"
#include "viaduct/export.hpp"

namespace viaduct {

class VIADUCT_EXPORT error {
 public:
  /// No error (code 0), for templates that return a default where there is none. A result never holds one.
  error() noexcept = default;
  explicit error(errc code, int os_code = 0) noexcept : code_(code), os_code_(os_code) {}

  [[nodiscard]] errc code() const noexcept { return code_; }

  /// errno or GetLastError() at the failing call; 0 when the operating system was not the one to complain.
  [[nodiscard]] int os_code() const noexcept { return os_code_; }

  /// What was attempted, for example "named_pipe::connect". Empty only before the library has filled it in.
  [[nodiscard]] std::string_view operation() const noexcept { return operation_; }

  /// The object's name as the user gave it, or a description such as "(unnamed)".
  [[nodiscard]] std::string_view object() const noexcept {
    return object_ ? std::string_view(*object_) : std::string_view();
  }

  /// One sentence on what to do about it; may be empty.
  [[nodiscard]] std::string_view hint() const noexcept {
    return hint_ ? std::string_view(*hint_) : std::string_view(static_hint_);
  }

  /// Bytes done before the failure (read_exactly, write_all, send) or the size needed (buffer_too_small).
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// One line for people: operation, object, code, the operating system's text and code, hint. In object and hint, control
  /// characters and what is not UTF-8 are written as \xNN.
  [[nodiscard]] std::string message() const;

  /// The code alone, for interfaces that speak error_code.
  [[nodiscard]] boost::system::error_code to_error_code() const noexcept { return make_error_code(code_); }

  // Building an error, fluently. `operation` and `hint_text` must be string literals: they are kept by address.
  error& during(const char* operation) noexcept {
    operation_ = operation;
    return *this;
  }
  error& on(std::shared_ptr<const std::string> object) noexcept {
    object_ = std::move(object);
    return *this;
  }
  error& with_size(std::size_t size) noexcept {
    size_ = size;
    return *this;
  }
  error& advise(const char* hint_text) noexcept {
    static_hint_ = hint_text;
    hint_.reset();
    return *this;
  }
  error& advise(std::string hint_text) {
    hint_ = std::make_shared<const std::string>(std::move(hint_text));
    return *this;
  }

  friend bool operator==(const error& left, errc right) noexcept { return left.code_ == right; }
  friend bool operator==(const error& left, const error& right) noexcept {
    return left.code_ == right.code_ && left.os_code_ == right.os_code_ && left.size_ == right.size_ &&
           left.operation() == right.operation() && left.object() == right.object() && left.hint() == right.hint();
  }

 private:
  errc code_{};
  int os_code_ = 0;
  std::size_t size_ = 0;
  const char* operation_ = "";
  const char* static_hint_ = "";
  std::shared_ptr<const std::string> object_;
  std::shared_ptr<const std::string> hint_;
};

VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, const error& failure);

/// Thrown by result::value() alone. what() is error().message().
class VIADUCT_EXPORT exception : public std::runtime_error {
 public:
  explicit exception(const class error& failure);
  exception(const exception&) noexcept = default;
  exception& operator=(const exception&) noexcept = default;
  ~exception() override;

  [[nodiscard]] const class error& error() const noexcept { return error_; }

 private:
  class error error_;
};

/// Makes boost::system::result<T, error>::value() throw viaduct::exception.
[[noreturn]] VIADUCT_EXPORT void throw_exception_from_error(const error& failure, const boost::source_location& where);

}  // namespace viaduct
