// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "windows/security.hpp"

namespace viaduct::backend {

namespace {

// The accounts services run as: not of type "user" for Windows, but users all the same.
bool is_service_account(std::string_view sid) noexcept {
  return sid == "S-1-5-18" || sid == "S-1-5-19" || sid == "S-1-5-20";
}

}  // namespace

user current_user() {
  const result<windows::token_identity> me = windows::own_identity();
  return me ? user::from_id(me->sid) : user::unknown();
}

result<user> find_user(std::string_view name_or_id) {
  // A SID that no account of this machine has any more may still own objects: only its form is checked.
  if (result<std::string> sid = windows::canonical_sid(name_or_id); sid) return user::from_id(std::move(*sid));
  result<windows::account> found = windows::find_account(name_or_id);
  if (!found) return found.error();
  if (found->use != SidTypeUser && !is_service_account(found->sid)) {
    return error(errc::not_found).advise("that is a group or a computer, not a user");
  }
  return user::from_id(std::move(found->sid));
}

}  // namespace viaduct::backend
