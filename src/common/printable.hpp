// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Text that comes from anywhere, made fit for one line: it must not end the line of a log, nor command a terminal, whose
// control characters are also those of C1 (U+0080 to U+009F) and, in some, bytes that are no UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "common/utf8.hpp"

namespace viaduct::detail {

[[nodiscard]] inline bool is_control(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

/// The text with each byte of a control character, and each that is no UTF-8, as \xNN.
[[nodiscard]] inline std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made;
  made.reserve(text.size());
  while (!text.empty()) {
    std::uint32_t point = 0;
    const std::size_t decoded = decode_utf8(text, point);
    const std::size_t length = decoded != 0 ? decoded : 1;
    for (const char letter : text.substr(0, length)) {
      const auto value = static_cast<unsigned char>(letter);
      if (decoded != 0 && !is_control(point)) {
        made += letter;
      } else {
        made.append("\\x").append(1, digits[value / 16]).append(1, digits[value % 16]);
      }
    }
    text.remove_prefix(length);
  }
  return made;
}

}  // namespace viaduct::detail
