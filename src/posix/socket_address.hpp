// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Addresses of AF_UNIX sockets. They hold little more than 100 bytes, and bind() and connect() take no directory descriptor.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "posix/directory.hpp"
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

/// The address of a file in a directory that we hold open, however long its path. Good in the thread that made it, for as
/// long as this object lives: a system may have to change that thread's working directory. Defined in directory.cpp.
class address_in {
 public:
  [[nodiscard]] static result<address_in> make(const directory& where, const std::string& file);

  address_in(address_in&& other) noexcept : address_(other.address_), moved_(std::exchange(other.moved_, false)) {}
  address_in& operator=(address_in&&) = delete;
  ~address_in();

  [[nodiscard]] const socket_address& get() const noexcept { return address_; }

 private:
  address_in(const socket_address& address, bool moved) noexcept : address_(address), moved_(moved) {}

  socket_address address_;
  bool moved_;  // this thread's working directory is the socket's folder
};

}  // namespace viaduct::posix
