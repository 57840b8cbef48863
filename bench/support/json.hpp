// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Just enough JSON to write results: an object whose rows are flat objects.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace viaduct::bench {

class json_object {
 public:
  json_object& text(std::string_view key, std::string_view value) { return add(key, quote(value)); }
  json_object& flag(std::string_view key, bool value) { return add(key, value ? "true" : "false"); }
  json_object& number(std::string_view key, double value) {
    if (!std::isfinite(value)) return add(key, "null");
    char shown[40];
    std::snprintf(shown, sizeof shown, "%.6g", value);
    return add(key, shown);
  }
  /// A value that is JSON already.
  json_object& add(std::string_view key, std::string_view value) {
    if (!body_.empty()) body_ += ", ";
    body_.append(quote(key)).append(": ").append(value);
    return *this;
  }
  [[nodiscard]] std::string str() const { return "{" + body_ + "}"; }

 private:
  static std::string quote(std::string_view from) {
    std::string out = "\"";
    for (const char one : from) {
      if (one == '"' || one == '\\') out += '\\';
      if (static_cast<unsigned char>(one) >= 0x20) out += one;
    }
    return out + "\"";
  }
  std::string body_;
};

}  // namespace viaduct::bench
