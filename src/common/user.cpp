// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/user.hpp"

#include <ostream>

#include "backend/system.hpp"
#include "viaduct/identity.hpp"

namespace viaduct {

const user& user::current() {
  // Asked once: a process that changes its user does so before it opens anything.
  static const user known = backend::current_user();
  return known;
}

result<user> user::find(std::string_view name_or_id) {
  result<user> found = backend::find_user(name_or_id);
  if (!found) return std::move(found.error().during("user::find").on(std::make_shared<const std::string>(name_or_id)));
  return found;
}

std::ostream& operator<<(std::ostream& out, const user& who) {
  return out << (who.is_unknown() ? std::string("unknown") : who.id());
}

identity identity::self() { return {backend::current_process_id(), viaduct::user::current()}; }

result<std::uint64_t> identity::start_time() const {
  result<std::uint64_t> found = backend::process_start_time(process_id_);
  if (!found) return std::move(found.error().during("identity::start_time"));
  return found;
}

result<std::filesystem::path> identity::executable() const {
  result<std::filesystem::path> found = backend::process_executable(process_id_);
  if (!found) return std::move(found.error().during("identity::executable"));
  return found;
}

std::ostream& operator<<(std::ostream& out, const identity& who) {
  return out << "process " << who.process_id() << ", user " << who.user();
}

}  // namespace viaduct
