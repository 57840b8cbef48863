// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Who is at the other end of a pipe: never from a process id, which may be anybody's by now.
#include <cstdlib>

#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

constexpr std::string_view anonymous_sid = "S-1-5-7";

/// Acts as the client of a pipe while it lives.
class impersonation {
 public:
  explicit impersonation(HANDLE server_end) : begun_(system::impersonate_pipe_client(server_end)) {}
  impersonation(const impersonation&) = delete;
  impersonation& operator=(const impersonation&) = delete;
  ~impersonation() {
    // A thread that cannot become itself again must not run any further.
    if (begun_ && system::revert_to_self() != ERROR_SUCCESS) std::abort();
  }
  [[nodiscard]] const result<void>& begun() const noexcept { return begun_; }

 private:
  result<void> begun_;
};

bool is_untold(int code) noexcept {
  return code == ERROR_CANNOT_IMPERSONATE || code == ERROR_PIPE_NOT_CONNECTED || code == ERROR_NO_DATA ||
         code == ERROR_BROKEN_PIPE || code == ERROR_PIPE_LISTENING;
}

result<unique_handle> client_token(HANDLE server_end) {
  const impersonation as_client(server_end);
  if (!as_client.begun()) return as_client.begun().error();
  return system::open_thread_token(TOKEN_QUERY);
}

}  // namespace

result<user> client_user(HANDLE server_end) {
  const result<unique_handle> token = client_token(server_end);
  if (!token) {
    if (is_untold(token.error().os_code())) return user::unknown();
    return token.error();
  }
  const result<token_identity> who = identity_of(token->get());
  if (!who) return who.error();
  if (who->sid == anonymous_sid) return error(errc::access_denied).advise("the client is anonymous");
  return user::from_id(who->sid);
}

result<identity> client_identity(HANDLE server_end) {
  const result<user> who = client_user(server_end);
  if (!who) return who.error();
  const result<DWORD> process = system::pipe_client_process(server_end);
  return identity(process ? *process : 0, *who);
}

result<identity> verify_server(HANDLE client_end, const user& expected, std::uint32_t level) {
  const result<object_security> security = security_of(client_end);
  if (!security) return security.error();
  if (!(security->owner == expected)) {
    return error(errc::wrong_peer)
        .advise("the server runs as user " + (security->owner.is_unknown() ? "unknown" : security->owner.id()) +
                ", expected was " + expected.id());
  }
  if (security->level < level) {
    return error(errc::wrong_peer).advise("the server runs at a lower integrity level than the name says");
  }
  const result<DWORD> process = system::pipe_server_process(client_end);
  return identity(process ? *process : 0, expected);
}

}  // namespace viaduct::windows
