// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include <pwd.h>

#include <charconv>
#include <string>
#include <vector>

#include "backend/system.hpp"
#include "posix/error.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

namespace system = posix::system;

user current_user() { return user::from_id(std::to_string(system::effective_user())); }

result<user> find_user(std::string_view name_or_id) {
  uid_t number = 0;
  const auto [stop, failure] = std::from_chars(name_or_id.data(), name_or_id.data() + name_or_id.size(), number);
  if (failure == std::errc() && stop == name_or_id.data() + name_or_id.size())
    return user::from_id(std::to_string(number));
  std::vector<char> memory(16384);
  struct passwd entry{};
  struct passwd* found = nullptr;
  const int code = ::getpwnam_r(std::string(name_or_id).c_str(), &entry, memory.data(), memory.size(), &found);
  if (found != nullptr) return user::from_id(std::to_string(found->pw_uid));
  if (code != 0 && code != ENOENT && code != ESRCH) return posix::failure(code);
  return error(errc::not_found).advise("no user has this login name");
}

}  // namespace viaduct::backend
