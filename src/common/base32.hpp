// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Random bits as plain name characters: base 32 keeps 128 bits within 26 characters. The alphabet is [a-z2-7].
#pragma once

#include <string>

#include "viaduct/bytes.hpp"

namespace viaduct::detail {

[[nodiscard]] inline std::string to_base32(bytes from) {
  constexpr char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::byte value : from) {
    held = held << 8 | std::to_integer<unsigned>(value);
    for (bits += 8; bits >= 5; bits -= 5) text.push_back(digits[held >> (bits - 5) & 31U]);
    held &= (1U << bits) - 1U;
  }
  if (bits != 0) text.push_back(digits[held << (5 - bits) & 31U]);
  return text;
}

}  // namespace viaduct::detail
