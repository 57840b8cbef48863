// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// name: how processes find an object. Any UTF-8 text of 1 to 255 bytes without control characters, compared byte by
// byte on every operating system. It belongs to a user: "sensor" is mine, name::of(user, "sensor") is that user's.
//
// The constructor cannot fail; the first call that uses an invalid name reports name_invalid. Objects of different
// kinds have separate namespaces. docs/names.md tells where names live. Threads: a plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "viaduct/export.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"

namespace viaduct {

class VIADUCT_EXPORT name {
 public:
  name(std::string text) : text_(std::move(text)) {}   // NOLINT(google-explicit-constructor)
  name(std::string_view text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  name(const char* text) : text_(text ? text : "") {}  // NOLINT(google-explicit-constructor)

  /// An object of another user, who must have allowed us in.
  [[nodiscard]] static name of(user owner, std::string text);

  /// The operating system's own name of something another program made (a path, \\.\pipe\x): opened, never created.
  [[nodiscard]] static name native(std::string text);

  /// A name nobody else has, to be passed on as text. 128 random bits.
  [[nodiscard]] static name unique();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool is_native() const noexcept { return native_; }

  /// Whose name it is: the user given to of(), else the current user.
  [[nodiscard]] const user& owner() const { return owner_ ? *owner_ : user::current(); }
  [[nodiscard]] bool is_mine() const { return !owner_ || *owner_ == user::current(); }

  /// Success, or name_invalid with a hint that says what is wrong.
  [[nodiscard]] result<void> check() const;

  friend bool operator==(const name& left, const name& right) noexcept {
    return left.native_ == right.native_ && left.text_ == right.text_ && left.owner_ == right.owner_;
  }

 private:
  std::string text_;
  std::optional<user> owner_;
  bool native_ = false;
};

/// Its text on one line: control characters and what is not UTF-8 as \xNN.
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, const name& what);

}  // namespace viaduct

template <>
struct std::hash<viaduct::name> {
  std::size_t operator()(const viaduct::name& what) const noexcept { return std::hash<std::string>()(what.text()); }
};
