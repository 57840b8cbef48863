// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/owner_cells.hpp"

namespace viaduct::detail {

std::optional<std::size_t> cell_owner::claim() noexcept {
  for (std::size_t step = 0; step < count_; ++step) {
    const std::size_t index = (static_cast<std::size_t>(self_) + step) % count_;
    std::uint64_t free = 0;
    if (cells_[index].load(std::memory_order_relaxed) == 0 && cells_[index].compare_exchange_strong(free, self_)) {
      return index;
    }
  }
  return std::nullopt;
}

bool cell_owner::give_back(std::size_t index) noexcept {
  std::uint64_t mine = self_;
  return cells_[index].compare_exchange_strong(mine, 0);
}

result<std::size_t> cell_owner::reclaim() {
  std::size_t freed = 0;
  std::uint64_t known_alive = self_;
  for (std::size_t index = 0; index < count_; ++index) {
    std::uint64_t owner = cells_[index].load();
    if (owner == 0 || owner == known_alive) continue;
    const result<bool> lives = members_.alive(owner);
    if (!lives) return lives.error();
    if (*lives) {
      known_alive = owner;
    } else if (cells_[index].compare_exchange_strong(owner, 0)) {
      ++freed;
    }
  }
  return freed;
}

std::uint64_t cell_owner::some_owner() const noexcept {
  for (std::size_t index = 0; index < count_; ++index) {
    if (const std::uint64_t owner = cells_[index].load(); owner != 0) return owner;
  }
  return 0;
}

std::size_t cell_owner::free() const noexcept {
  std::size_t found = 0;
  for (std::size_t index = 0; index < count_; ++index) found += cells_[index].load() == 0 ? 1U : 0U;
  return found;
}

}  // namespace viaduct::detail
