// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Who we are to Windows (user and integrity level), and the security descriptors of everything we make: always
// explicit, with owner, user + SYSTEM, and an integrity label. An elevated process's default owner is the
// Administrators group, and its default label says nothing, so neither default is ever used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "viaduct/permission.hpp"
#include "viaduct/result.hpp"
#include "viaduct/user.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

/// Integrity levels, as the last number of their SID (S-1-16-n). More is higher; processes may be in between.
inline constexpr std::uint32_t low_level = 0x1000;
inline constexpr std::uint32_t medium_level = 0x2000;
inline constexpr std::uint32_t high_level = 0x3000;

struct token_identity {
  std::string sid;
  std::uint32_t level = 0;
};

/// User and integrity level of a token (needs TOKEN_QUERY).
[[nodiscard]] result<token_identity> identity_of(HANDLE token);
/// Of this process; asked once.
[[nodiscard]] result<token_identity> own_identity();

/// A security descriptor as a call takes it; handles made with it are not inheritable. Move-only.
class security_attributes {
 public:
  /// From SDDL text.
  [[nodiscard]] static result<security_attributes> from_sddl(const std::wstring& text);

  security_attributes(security_attributes&& other) noexcept;
  security_attributes& operator=(security_attributes&& other) noexcept;
  ~security_attributes();

  /// For the lpSecurityAttributes of a call; lives as long as this object.
  [[nodiscard]] SECURITY_ATTRIBUTES* get() const noexcept { return &attributes_; }

 private:
  explicit security_attributes(PSECURITY_DESCRIPTOR descriptor) noexcept;
  mutable SECURITY_ATTRIBUTES attributes_{};
};

/// What a client of a named pipe opens it with: reading and writing without FILE_CREATE_PIPE_INSTANCE, which
/// GENERIC_WRITE would include and our pipes do not grant.
inline constexpr DWORD pipe_client_access =
    (FILE_GENERIC_READ | FILE_GENERIC_WRITE) & ~DWORD{FILE_CREATE_PIPE_INSTANCE};

// Descriptors. os_error if Windows does not tell who we are.
/// Files, pipes and events only we (and SYSTEM) may open, hidden from lower levels.
[[nodiscard]] result<security_attributes> private_object();
/// A section that nobody may open, not even we: only its handles lead to it, and none of them to a better one.
[[nodiscard]] result<security_attributes> closed_object();
/// A directory whose files are private too.
[[nodiscard]] result<security_attributes> private_directory();
/// A file, or a directory of such files, that everybody may read, also at a low level, and only we may write.
[[nodiscard]] result<security_attributes> public_file();
[[nodiscard]] result<security_attributes> public_directory();
/// A named pipe (every instance of it): full access for us and SYSTEM; clients whom `who` names get pipe_client_access.
/// not_found (no such group), not_supported.
[[nodiscard]] result<security_attributes> pipe_object(const permission& who);
/// The integrity label that pipe_object(who) puts on the pipe: ours; at most medium where other users are let in; low
/// for everyone(). A client requires at least what the entry says.
[[nodiscard]] std::uint32_t pipe_level(const permission& who, std::uint32_t own_level) noexcept;

struct object_security {
  user owner = user::unknown();
  std::uint32_t level = medium_level;  // what Windows assumes of an object without a label
  bool labelled = false;
};
/// Owner and label of an open file, directory or pipe (needs READ_CONTROL).
[[nodiscard]] result<object_security> security_of(HANDLE file);
/// name_hijacked unless the file, directory or pipe is owned by `owner` and labelled at least `level`.
[[nodiscard]] result<void> verify_owner(HANDLE file, const user& owner, std::uint32_t level);

// SIDs as text
/// The canonical text of a SID's text. not_found if it is none.
[[nodiscard]] result<std::string> canonical_sid(std::string_view text);
struct account {
  std::string sid;
  SID_NAME_USE use = SidTypeUnknown;
};
/// By account name or SID text. not_found.
[[nodiscard]] result<account> find_account(std::string_view name_or_sid);

}  // namespace viaduct::windows
