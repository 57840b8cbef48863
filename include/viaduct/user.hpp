// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// user: a user of this machine, as the kernel knows it: a uid on POSIX systems, a SID on Windows, kept as its usual text
// ("1000", "S-1-5-21-..."). A value; comparing two users compares these texts. Threads: a plain value.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "viaduct/export.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

class VIADUCT_EXPORT user {
 public:
  /// The user this process acts as (effective uid; the token's user).
  [[nodiscard]] static const user& current();

  /// From a login name or from the text of a uid or SID. not_found if there is no such user.
  [[nodiscard]] static result<user> find(std::string_view name_or_id);

  /// From the text of a uid or SID, unchecked.
  [[nodiscard]] static user from_id(std::string id) { return user(std::move(id)); }

  /// A user that could not be established: never equal to a real one, and refused everywhere.
  [[nodiscard]] static user unknown() { return user({}); }

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] bool is_unknown() const noexcept { return id_.empty(); }

  friend bool operator==(const user& left, const user& right) noexcept {
    return !left.id_.empty() && left.id_ == right.id_;
  }

 private:
  explicit user(std::string id) : id_(std::move(id)) {}
  std::string id_;
};

VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, const user& who);

}  // namespace viaduct

template <>
struct std::hash<viaduct::user> {
  std::size_t operator()(const viaduct::user& who) const noexcept { return std::hash<std::string>()(who.id()); }
};
