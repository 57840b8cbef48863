// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/wide_string.hpp"

#include "common/utf8.hpp"
#include "windows/error.hpp"

namespace viaduct::windows {

namespace {

constexpr std::uint32_t replacement = 0xFFFD;

void append_wide(std::wstring& text, std::uint32_t point) {
  if (point < 0x10000) {
    text.push_back(static_cast<wchar_t>(point));
    return;
  }
  text.push_back(static_cast<wchar_t>(0xD800 + ((point - 0x10000) >> 10)));
  text.push_back(static_cast<wchar_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
}

void append_utf8(std::string& text, std::uint32_t point) {
  const auto tail = [&](unsigned shift) { text.push_back(static_cast<char>(0x80 | (point >> shift & 0x3F))); };
  if (point < 0x80) {
    text.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    text.push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

result<std::wstring> to_wide(std::string_view text) {
  std::wstring wide;
  wide.reserve(text.size());
  while (!text.empty()) {
    std::uint32_t point = 0;
    const std::size_t length = detail::decode_utf8(text, point);
    if (length == 0) return failure(ERROR_NO_UNICODE_TRANSLATION);
    if (point == 0) return error(errc::name_invalid).advise("the text must not contain NUL");
    append_wide(wide, point);
    text.remove_prefix(length);
  }
  return wide;
}

std::string to_utf8(std::wstring_view text) {
  std::string narrow;
  narrow.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    std::uint32_t point = static_cast<std::uint16_t>(text[index]);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (surrogate) {
      const std::uint32_t next = index + 1 < text.size() ? static_cast<std::uint16_t>(text[index + 1]) : 0U;
      if (point < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
        point = 0x10000 + ((point - 0xD800) << 10) + (next - 0xDC00);
        ++index;
      } else {
        point = replacement;
      }
    }
    append_utf8(narrow, point);
  }
  return narrow;
}

std::wstring widen_ascii(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace viaduct::windows
