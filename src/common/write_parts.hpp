// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Writing several pieces of memory one after the other, whole, with a call that may write less.
#pragma once

#include <array>
#include <span>

#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

/// The same for one piece.
template <class WriteSome>
[[nodiscard]] result<void> write_whole(bytes from, timer& wait, WriteSome&& write_some) {
  for (std::size_t done = 0; done != from.size();) {
    const bytes left = from.after(done);
    result<std::size_t> wrote = write_some(std::span<const bytes>(&left, 1), wait);
    if (!wrote) [[unlikely]]
      return std::move(wrote.error().with_size(done));
    done += *wrote;
  }
  return {};
}

/// `write_some` takes the parts that are left and says how many bytes went. On error, error().size() bytes went.
template <class WriteSome>
[[nodiscard]] result<void> write_parts(std::span<const bytes> parts, timer& wait, WriteSome&& write_some) {
  if (parts.size() == 1) return write_whole(parts[0], wait, write_some);
  std::array<bytes, 16> left{};
  if (parts.size() > left.size()) return error(errc::invalid_argument).advise("at most 16 parts in one call");
  std::size_t count = 0;
  for (const bytes& part : parts) {
    if (!part.empty()) left[count++] = part;
  }
  std::size_t done = 0;
  for (std::size_t first = 0; first != count;) {
    result<std::size_t> wrote = write_some(std::span<const bytes>(left.data() + first, count - first), wait);
    if (!wrote) return std::move(wrote.error().with_size(done));
    done += *wrote;
    std::size_t step = *wrote;
    while (first != count && step >= left[first].size()) step -= left[first++].size();
    if (step != 0) left[first] = left[first].after(step);
  }
  return {};
}

}  // namespace viaduct::detail
