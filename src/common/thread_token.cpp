// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/thread_token.hpp"

#include "backend/entry.hpp"

namespace viaduct::detail {

thread_token make_thread_token() noexcept {
  static std::atomic<std::uint64_t> count{0};
  // Member ids are random: those of two processes are not neighbours.
  return backend::entry::member_id() + count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace viaduct::detail
