// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/security.hpp"

#include <aclapi.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

// Labels: no write up; the private ones also no read up, because an entry tells the object's unguessable name.
constexpr std::string_view private_label = "NRNW";
constexpr std::string_view public_label = "NW";
constexpr std::string_view everyone_sid = "S-1-1-0";
constexpr std::string_view system_sid = "S-1-5-18";
constexpr std::string_view owner_rights_sid = "S-1-3-4";

struct local_memory {
  void* memory = nullptr;
  local_memory() = default;
  explicit local_memory(void* owned) noexcept : memory(owned) {}
  local_memory(const local_memory&) = delete;
  local_memory& operator=(const local_memory&) = delete;
  ~local_memory() {
    if (memory != nullptr) system::free_local(memory);
  }
};

std::uint32_t level_of_sid(PSID sid) noexcept {
  const UCHAR count = *::GetSidSubAuthorityCount(sid);
  return count == 0 ? 0 : static_cast<std::uint32_t>(*::GetSidSubAuthority(sid, count - DWORD{1}));
}

std::string hex(DWORD value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += digits[value >> static_cast<unsigned>(shift) & 15U];
  return text;
}

std::string owner_and_group(const token_identity& me) { return "O:" + me.sid + "G:" + me.sid; }

std::string label_ace(std::string_view flags, std::string_view rights, std::uint32_t level) {
  std::string text("S:(ML;");
  text.append(flags).append(";").append(rights).append(";;;S-1-16-").append(std::to_string(level)).append(")");
  return text;
}

std::string ace(std::string_view flags, std::string_view rights, std::string_view sid) {
  return std::string("(A;").append(flags).append(";").append(rights).append(";;;").append(sid).append(")");
}

struct sddl_parts {
  std::string_view inheritance;  // "OICI" for directories
  std::string more_aces;
  std::string_view label;
  std::uint32_t level = 0;
};

/// Owner, group, a protected DACL with full access for us and SYSTEM, and a label.
result<security_attributes> build(const token_identity& me, const sddl_parts& parts) {
  std::string text = owner_and_group(me) + "D:P";
  text += ace(parts.inheritance, "GA", me.sid) + ace(parts.inheritance, "GA", system_sid) + parts.more_aces;
  text += label_ace(parts.inheritance, parts.label, parts.level);
  return security_attributes::from_sddl(widen_ascii(text));
}

result<std::string> client_aces(const permission& who) {
  const std::string rights = hex(pipe_client_access);
  switch (who.kind()) {
    case permission::scope::only_me:
      return std::string();
    case permission::scope::everyone:
      return ace("", rights, everyone_sid);
    case permission::scope::group: {
      const result<account> group = find_account(who.group_name());
      if (!group) return group.error();
      if (group->use == SidTypeUser) return error(errc::not_found).advise("that is a user, not a group");
      return ace("", rights, group->sid);
    }
    case permission::scope::users:
      break;
  }
  std::string text;
  for (const user& one : who.allowed_users()) {
    const result<std::string> sid = canonical_sid(one.id());
    if (!sid) return sid.error();
    text += ace("", rights, *sid);
  }
  return text;
}

}  // namespace

result<token_identity> identity_of(HANDLE token) {
  result<std::vector<std::byte>> owner = system::token_information(token, TokenUser);
  if (!owner) return owner.error();
  const result<std::wstring> sid = system::sid_to_text(reinterpret_cast<const TOKEN_USER*>(owner->data())->User.Sid);
  if (!sid) return sid.error();
  const result<std::vector<std::byte>> label = system::token_information(token, TokenIntegrityLevel);
  if (!label) return label.error();
  const std::uint32_t level = level_of_sid(reinterpret_cast<const TOKEN_MANDATORY_LABEL*>(label->data())->Label.Sid);
  return token_identity{to_utf8(*sid), level};
}

result<token_identity> own_identity() {
  static std::mutex guard;
  static std::optional<token_identity> known;
  const std::lock_guard lock(guard);
  if (known) return *known;
  const result<unique_handle> token = system::open_process_token(::GetCurrentProcess(), TOKEN_QUERY);
  if (!token) return token.error();
  result<token_identity> me = identity_of(token->get());
  if (me) known = *me;
  return me;
}

security_attributes::security_attributes(PSECURITY_DESCRIPTOR descriptor) noexcept {
  attributes_.nLength = sizeof attributes_;
  attributes_.lpSecurityDescriptor = descriptor;
  attributes_.bInheritHandle = FALSE;
}

security_attributes::security_attributes(security_attributes&& other) noexcept
    : attributes_(std::exchange(other.attributes_, {})) {}

security_attributes& security_attributes::operator=(security_attributes&& other) noexcept {
  std::swap(attributes_, other.attributes_);
  return *this;
}

security_attributes::~security_attributes() {
  if (attributes_.lpSecurityDescriptor != nullptr) system::free_local(attributes_.lpSecurityDescriptor);
}

result<security_attributes> security_attributes::from_sddl(const std::wstring& text) {
  const result<PSECURITY_DESCRIPTOR> descriptor = system::descriptor_from_sddl(text);
  if (!descriptor) return descriptor.error();
  return security_attributes(*descriptor);
}

result<security_attributes> private_object() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  return build(*me, {.inheritance = "", .more_aces = "", .label = private_label, .level = me->level});
}

result<security_attributes> closed_object() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  // An owner may change the descriptor, unless it says otherwise about the rights of owners.
  const std::string text =
      owner_and_group(*me) + "D:P" + ace("", "RC", owner_rights_sid) + label_ace("", private_label, me->level);
  return security_attributes::from_sddl(widen_ascii(text));
}

result<security_attributes> private_directory() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  return build(*me, {.inheritance = "OICI", .more_aces = "", .label = private_label, .level = me->level});
}

result<security_attributes> public_file() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  return build(*me, {.inheritance = "",
                     .more_aces = ace("", "GR", everyone_sid),
                     .label = public_label,
                     .level = std::min(me->level, medium_level)});
}

result<security_attributes> public_directory() {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  return build(*me, {.inheritance = "OICI",
                     .more_aces = ace("OICI", "GRGX", everyone_sid),
                     .label = public_label,
                     .level = std::min(me->level, medium_level)});
}

std::uint32_t pipe_level(const permission& who, std::uint32_t own_level) noexcept {
  if (who.is_private()) return own_level;
  return std::min(own_level, who.kind() == permission::scope::everyone ? low_level : medium_level);
}

result<security_attributes> pipe_object(const permission& who) {
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  result<std::string> aces = client_aces(who);
  if (!aces) return aces.error();
  return build(*me, {.inheritance = "",
                     .more_aces = std::move(*aces),
                     .label = who.is_private() ? private_label : public_label,
                     .level = pipe_level(who, me->level)});
}

result<object_security> security_of(HANDLE file) {
  const result<system::security_parts> parts =
      system::security_info(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION);
  if (!parts) return parts.error();
  const local_memory freed(parts->memory);
  object_security found;
  if (parts->owner == nullptr) return found;
  const result<std::wstring> sid = system::sid_to_text(parts->owner);
  if (!sid) return sid.error();
  found.owner = user::from_id(to_utf8(*sid));
  for (DWORD index = 0; parts->sacl != nullptr && index < parts->sacl->AceCount; ++index) {
    void* entry = nullptr;
    if (::GetAce(parts->sacl, index, &entry) == FALSE) break;
    const auto* label = static_cast<SYSTEM_MANDATORY_LABEL_ACE*>(entry);
    if (label->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) continue;
    if ((label->Header.AceFlags & INHERIT_ONLY_ACE) != 0) continue;
    found.level = level_of_sid(const_cast<DWORD*>(&label->SidStart));
    found.labelled = true;
    break;
  }
  return found;
}

result<void> verify_owner(HANDLE file, const user& owner, std::uint32_t level) {
  const result<object_security> found = security_of(file);
  if (!found) return found.error();
  if (!(found->owner == owner)) {
    return error(errc::name_hijacked)
        .advise("it belongs to " + (found->owner.is_unknown() ? std::string("nobody") : found->owner.id()));
  }
  if (found->level < level) {
    return error(errc::name_hijacked).advise("it belongs to a process of a lower integrity level");
  }
  return {};
}

result<std::string> canonical_sid(std::string_view text) {
  if (text.substr(0, 2) != "S-" && text.substr(0, 2) != "s-") return failure(ERROR_INVALID_SID);
  const result<std::wstring> wide = to_wide(text);
  if (!wide) return failure(ERROR_INVALID_SID);
  result<std::vector<std::byte>> sid = system::text_to_sid(*wide);
  if (!sid) return sid.error();
  const result<std::wstring> canonical = system::sid_to_text(sid->data());
  if (!canonical) return canonical.error();
  return to_utf8(*canonical);
}

result<account> find_account(std::string_view name_or_sid) {
  if (name_or_sid.empty()) return failure(ERROR_NONE_MAPPED);
  if (result<std::string> sid = canonical_sid(name_or_sid); sid) {
    result<std::vector<std::byte>> binary = system::text_to_sid(widen_ascii(*sid));
    if (!binary) return binary.error();
    const result<SID_NAME_USE> use = system::look_up_sid(binary->data());
    if (!use) return use.error();
    return account{std::move(*sid), *use};
  }
  const result<std::wstring> wide = to_wide(name_or_sid);
  if (!wide) return failure(ERROR_NONE_MAPPED);
  result<system::account_record> found = system::look_up_account(*wide);
  if (!found) return found.error();
  const result<std::wstring> sid = system::sid_to_text(found->sid.data());
  if (!sid) return sid.error();
  return account{to_utf8(*sid), found->use};
}

}  // namespace viaduct::windows
