// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <optional>

#include "backend/child_process.hpp"
#include "common/generation.hpp"
#include "posix/canceller.hpp"
#include "posix/descriptor.hpp"

namespace viaduct::backend {

struct child {
  posix::canceller cancel;
  posix::descriptor watch;  // readable once it has ended (pidfd, kqueue)
  std::mutex state;         // guards the process id against reuse: no signal after it was reaped
  pid_t process = -1;
  bool reaped = false;
  bool detached = false;
  detail::born_here born;  // a forked process must not kill or reap its parent's child
};

}  // namespace viaduct::backend

namespace viaduct::posix {

/// The child's list of endpoints, in its environment: one line of text, checked strictly by the child.
///   name,kind,descriptor,device,inode,remark;...
inline constexpr const char* endpoint_variable = "VIADUCT_ENDPOINTS";

struct listed_endpoint {
  std::string name;
  endpoint::kind what = endpoint::kind::none;
  int descriptor = -1;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::string remark;
};

[[nodiscard]] std::string to_text(const std::vector<listed_endpoint>& endpoints);
/// Nothing at all if any of it does not parse.
[[nodiscard]] std::vector<listed_endpoint> parse_endpoints(std::string_view text);

/// Processes nobody waits for any more: reaped here and at the next spawn.
void reap_later(pid_t process);
void reap_ended() noexcept;

}  // namespace viaduct::posix
