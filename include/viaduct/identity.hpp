// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// identity: who is at the other end, as the kernel attests it. The user is what access decisions rest on. The process id
// is of the process that connected; it is for logs, as are start_time() and executable(), which are looked up when asked
// for and prove nothing (a process may have handed its connection on, or replaced its program). Threads: a plain value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>

#include "viaduct/export.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"

namespace viaduct {

class VIADUCT_EXPORT identity {
 public:
  identity(std::uint64_t process_id, viaduct::user who) : process_id_(process_id), user_(std::move(who)) {}

  /// This process. self().executable() is the program to spawn again: args[0] is a bare word if a shell found it in PATH.
  [[nodiscard]] static identity self();

  /// Nobody established yet: process id 0, user::unknown().
  [[nodiscard]] static identity unknown() { return {0, viaduct::user::unknown()}; }

  [[nodiscard]] std::uint64_t process_id() const noexcept { return process_id_; }
  [[nodiscard]] const viaduct::user& user() const noexcept { return user_; }

  /// In the units of the operating system, to be compared for equality only. not_found if the process has gone.
  [[nodiscard]] result<std::uint64_t> start_time() const;

  /// For logs; proves nothing. not_found if the process has gone, access_denied if we may not look.
  [[nodiscard]] result<std::filesystem::path> executable() const;

 private:
  std::uint64_t process_id_;
  viaduct::user user_;
};

VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, const identity& who);

}  // namespace viaduct
