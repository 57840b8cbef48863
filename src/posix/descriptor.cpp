// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/descriptor.hpp"

#include "posix/system.hpp"

namespace viaduct::posix {

void descriptor::reset() noexcept {
  if (value_ < 0) return;
  const int number = std::exchange(value_, -1);
  // Unmarked already: in a forked child without /dev/null it was closed, and the number may be somebody else's by now.
  if (unmark_owned(number)) system::close(number);
}

}  // namespace viaduct::posix
