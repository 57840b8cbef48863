// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/canceller.hpp"

#include <array>

namespace viaduct::posix {

result<short> canceller::wait(int watched, short events, detail::timer& patience) const {
  std::array<pollfd, 2> descriptors{pollfd{watched, events, 0}, pollfd{bell_.waiting.get(), POLLIN, 0}};
  const std::size_t count = bell_.waiting.is_valid() ? 2 : 1;
  const result<int> ready = system::wait({descriptors.data(), count}, patience);
  if (is_cancelled()) return errc::cancelled;
  if (!ready) return ready.error();
  if (*ready == 0) return errc::timed_out;
  return descriptors[0].revents;
}

}  // namespace viaduct::posix
