// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// descriptor: owns one file descriptor and closes it once. Every live one is marked in a table of bits, so that a forked
// child can be cut off from all of them at once (see fork.hpp).
#pragma once

#include <utility>

#include "posix/fork.hpp"

namespace viaduct::posix {

class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int value) noexcept : value_(value) {
    if (value_ >= 0) mark_owned(value_);
  }
  descriptor(descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = std::exchange(other.value_, -1);
    }
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] bool is_valid() const noexcept { return value_ >= 0; }

  /// Gives the descriptor away: no longer ours to close or to cut off in a forked child.
  [[nodiscard]] int release() noexcept {
    if (value_ >= 0) (void)unmark_owned(value_);
    return std::exchange(value_, -1);
  }

  void reset() noexcept;

 private:
  int value_ = -1;
};

}  // namespace viaduct::posix
