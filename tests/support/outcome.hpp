// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a call came to, for comparing and printing: CHECK(outcome(pipe.read_some(...)) == errc::closed).
#pragma once

#include <optional>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "viaduct/error.hpp"
#include "viaduct/result.hpp"

namespace viaduct::test {

struct success_t {};
inline constexpr success_t success;

class outcome {
 public:
  template <class T>
  explicit outcome(const result<T>& from) {
    if (from.has_error()) error_ = from.error();
  }
  [[nodiscard]] bool ok() const noexcept { return !error_; }
  [[nodiscard]] std::size_t size() const noexcept { return error_ ? error_->size() : 0; }

  friend bool operator==(const outcome& left, errc right) noexcept { return left.error_ && *left.error_ == right; }
  friend bool operator==(const outcome& left, success_t) noexcept { return left.ok(); }
  friend std::ostream& operator<<(std::ostream& out, const outcome& what) {
    return what.error_ ? out << *what.error_ : out << "success";
  }

 private:
  std::optional<error> error_;
};

inline std::ostream& operator<<(std::ostream& out, success_t) { return out << "success"; }

/// The code alone; 0 for success.
template <class T>
[[nodiscard]] errc outcome_code(const result<T>& from) {
  return from.has_error() ? from.error().code() : errc{};
}

/// The value, or an exception with the whole error: for what must succeed in a test or a role.
template <class T>
T must(result<T>&& from) {
  if (from.has_error()) throw std::runtime_error("unexpected: " + from.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*from);
}

}  // namespace viaduct::test
