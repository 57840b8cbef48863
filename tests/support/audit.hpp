// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Leak audit: descriptors or handles, and threads, are as many at the end as at the beginning. What the library keeps for
// good (a directory, /dev/null) is opened by a first use before the audit starts.
#pragma once

#include <cstddef>

#include "support/system.hpp"

namespace viaduct::test {

class leak_audit {
 public:
  [[nodiscard]] std::ptrdiff_t leaked_handles() const { return difference(open_handles(), handles_); }
  [[nodiscard]] std::ptrdiff_t leaked_threads() const { return difference(running_threads(), threads_); }

 private:
  static std::ptrdiff_t difference(std::size_t now, std::size_t before) {
    return static_cast<std::ptrdiff_t>(now) - static_cast<std::ptrdiff_t>(before);
  }
  std::size_t threads_ = running_threads();
  std::size_t handles_ = open_handles();
};

/// Does using something leave handles or threads behind? What a process makes once and keeps (a directory, a thread, an
/// event of the runtime) may come with any use; a leak comes again.
template <class Use>
[[nodiscard]] bool leaves_something(Use&& use, int times) {
  for (int pass = 0; pass < 3; ++pass) {
    const leak_audit audit;
    for (int count = 0; count < times; ++count) use();
    if (audit.leaked_handles() <= 0 && audit.leaked_threads() <= 0) return false;
  }
  return true;
}

}  // namespace viaduct::test
