// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "viaduct/result.hpp"

namespace viaduct::posix {

struct socket_address {
  sockaddr_un value{};
  socklen_t size = 0;
};

/// name_invalid if the path is longer than a socket address holds.
[[nodiscard]] inline result<socket_address> address_of(const std::string& path) {
  socket_address made;
  if (path.size() >= sizeof made.value.sun_path) {
    return error(errc::name_invalid)
        .advise("a socket's path has at most " + std::to_string(sizeof made.value.sun_path - 1) + " bytes");
  }
  made.value.sun_family = AF_UNIX;
  std::memcpy(made.value.sun_path, path.c_str(), path.size() + 1);
  made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return made;
}

}  // namespace viaduct::posix
