// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/name.hpp"

#include <array>
#include <ostream>

#include "backend/system.hpp"
#include "common/base32.hpp"
#include "common/printable.hpp"
#include "common/utf8.hpp"

namespace viaduct {

namespace {

constexpr std::size_t longest = 255;

error invalid(const char* hint) { return error(errc::name_invalid).advise(hint); }

result<void> check_text(std::string_view text) {
  while (!text.empty()) {
    std::uint32_t point = 0;
    const std::size_t length = detail::decode_utf8(text, point);
    if (length == 0) return invalid("a name must be valid UTF-8");
    if (detail::is_control(point)) return invalid("a name must not have control characters (NUL, line ends, tabs)");
    text.remove_prefix(length);
  }
  return {};
}

}  // namespace

name name::of(user owner, std::string text) {
  name made(std::move(text));
  made.owner_ = std::move(owner);
  return made;
}

name name::native(std::string text) {
  name made(std::move(text));
  made.native_ = true;
  return made;
}

name name::unique() {
  std::array<std::byte, 16> random{};
  // The system's random source fails only where nothing else works either; a predictable name would be worse than none.
  backend::random_bytes(random).value();
  return name("u-" + detail::to_base32(random));
}

result<void> name::check() const {
  if (text_.empty()) return invalid("a name has at least one byte");
  if (native_) {
    if (text_.find('\0') != std::string::npos) return invalid("a native name must not contain NUL");
    return {};
  }
  if (text_.size() > longest) return invalid("a name has at most 255 bytes");
  if (owner_ && owner_->is_unknown()) return invalid("the name belongs to an unknown user");
  return check_text(text_);
}

std::ostream& operator<<(std::ostream& out, const name& what) { return out << detail::printable(what.text()); }

}  // namespace viaduct
