// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// How system.cpp and system_calls.cpp make a raw call: ask the seam, repeat when interrupted, keep errno.
#pragma once

#include <cerrno>
#include <cstddef>

#include "backend/seam.hpp"
#include "posix/error.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix::system {

/// The same without the repetition: for calls with a time-out of their own, which would start anew.
template <class Call>
[[nodiscard]] std::ptrdiff_t raw_once(const char* name, Call&& call) noexcept {
  if (const int injected = backend::seam::before(name); injected != 0) return -injected;
  const std::ptrdiff_t outcome = call();
  return outcome >= 0 ? outcome : -errno;
}

/// The call's own result, or -errno.
template <class Call>
[[nodiscard]] std::ptrdiff_t raw(const char* name, Call&& call) noexcept {
  for (;;) {
    if (const int injected = backend::seam::before(name); injected != 0) return -injected;
    const std::ptrdiff_t outcome = call();
    if (outcome >= 0) return outcome;
    if (errno != EINTR) return -errno;
  }
}

template <class Call>
[[nodiscard]] result<int> checked(const char* name, Call&& call) noexcept {
  const std::ptrdiff_t outcome = raw(name, call);
  if (outcome < 0) return failure(static_cast<int>(-outcome));
  return static_cast<int>(outcome);
}

template <class Call>
[[nodiscard]] result<void> done(const char* name, Call&& call) noexcept {
  const std::ptrdiff_t outcome = raw(name, call);
  if (outcome < 0) return failure(static_cast<int>(-outcome));
  return {};
}

}  // namespace viaduct::posix::system
