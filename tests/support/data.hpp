// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Contents that cannot arrive right by accident: pseudo-random bytes from a seed, and a CRC-32.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "viaduct/bytes.hpp"

namespace viaduct::test {

/// A small generator with a fixed sequence on every system.
class generator {
 public:
  explicit generator(std::uint64_t seed) noexcept : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }
  /// 0 to below - 1.
  [[nodiscard]] std::size_t below(std::size_t bound) noexcept { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

[[nodiscard]] inline std::vector<std::byte> content(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> made(size);
  generator source(seed);
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < size; ++at) {
    if (at % 8 == 0) word = source.next();
    made[at] = static_cast<std::byte>(word >> (8 * (at % 8)));
  }
  return made;
}

class crc32 {
 public:
  void add(bytes data) noexcept {
    for (const std::byte byte : data)
      value_ = table()[(value_ ^ std::to_integer<std::uint32_t>(byte)) & 255] ^ (value_ >> 8);
  }
  [[nodiscard]] std::uint32_t value() const noexcept { return ~value_; }

 private:
  static const std::array<std::uint32_t, 256>& table() {
    static const auto made = [] {
      std::array<std::uint32_t, 256> entries{};
      for (std::uint32_t at = 0; at < 256; ++at) {
        std::uint32_t value = at;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
        entries[at] = value;
      }
      return entries;
    }();
    return made;
  }
  std::uint32_t value_ = 0xFFFFFFFFU;
};

[[nodiscard]] inline std::uint32_t checksum(bytes data) {
  crc32 sum;
  sum.add(data);
  return sum.value();
}

}  // namespace viaduct::test
