// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "windows/system.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::backend {

std::optional<std::string> environment_variable(const char* key) {
  const result<std::wstring> wide = windows::to_wide(key);
  if (!wide) return std::nullopt;
  const result<std::optional<std::wstring>> value = windows::system::environment_value(*wide);
  if (!value || !*value) return std::nullopt;
  return windows::to_utf8(**value);
}

std::string os_message(int os_code) {
  std::string text = windows::to_utf8(windows::system::message_text(static_cast<DWORD>(os_code)));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ' || text.back() == '.')) {
    text.pop_back();
  }
  return text;
}

const char* os_code_label() noexcept { return "Windows error"; }

}  // namespace viaduct::backend
