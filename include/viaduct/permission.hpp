// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// permission: who may reach an object. Private by default. group(), everyone() and users() are for named pipes only;
// elsewhere they are not_supported with a hint.
//
// Threads: a plain value.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "viaduct/user.hpp"

namespace viaduct {

class permission {
 public:
  enum class scope { only_me, group, everyone, users };

  /// The same user alone (on Windows: at the same integrity level). The default.
  [[nodiscard]] static permission only_me() { return permission(scope::only_me); }

  /// Members of a group, by name or by the text of its gid or SID.
  [[nodiscard]] static permission group(std::string name_or_id) {
    permission made(scope::group);
    made.group_ = std::move(name_or_id);
    return made;
  }

  /// Any user of this machine; never another machine.
  [[nodiscard]] static permission everyone() { return permission(scope::everyone); }

  /// These users, and always the owner.
  [[nodiscard]] static permission users(std::vector<user> allowed) {
    permission made(scope::users);
    made.users_ = std::move(allowed);
    return made;
  }

  [[nodiscard]] scope kind() const noexcept { return scope_; }
  [[nodiscard]] bool is_private() const noexcept { return scope_ == scope::only_me; }
  [[nodiscard]] const std::string& group_name() const noexcept { return group_; }
  [[nodiscard]] const std::vector<user>& allowed_users() const noexcept { return users_; }

 private:
  explicit permission(scope kind) : scope_(kind) {}

  scope scope_;
  std::string group_;
  std::vector<user> users_;
};

}  // namespace viaduct
