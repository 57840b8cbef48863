// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Cells in shared memory, each claimed by one process with one compare and exchange. A cell whose owner has died is anybody's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backend/entry.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

/// Member ids; 0: free.
using owner_cells = std::array<std::atomic<std::uint64_t>, 256>;

/// One side's view of the first `count` of them.
class cell_owner {
 public:
  cell_owner(owner_cells& cells, std::size_t count, const backend::entry& members, std::uint64_t self) noexcept
      : cells_(cells), count_(count), members_(members), self_(self) {}

  /// A free cell, now ours. Begins where few others do.
  [[nodiscard]] std::optional<std::size_t> claim() noexcept;
  /// False: it is not ours (any more), and was not touched.
  [[nodiscard]] bool give_back(std::size_t index) noexcept;
  /// Frees those whose owners died: how many.
  [[nodiscard]] result<std::size_t> reclaim();

  /// The owner of some cell that is taken; 0 if none is.
  [[nodiscard]] std::uint64_t some_owner() const noexcept;
  [[nodiscard]] std::size_t free() const noexcept;

 private:
  owner_cells& cells_;
  std::size_t count_;
  const backend::entry& members_;
  std::uint64_t self_;
};

}  // namespace viaduct::detail
