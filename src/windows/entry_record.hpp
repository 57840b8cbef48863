// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What is written in an entry's file: one record, in one write, with a checksum. A record that does not check counts as
// none: its writer died while writing it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/entry.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"

namespace viaduct::windows {

enum class entry_phase : std::uint8_t { free = 0, building = 1, live = 2 };

struct entry_record {
  entry_phase phase = entry_phase::free;
  backend::object_kind kind = backend::object_kind::test;
  bool is_public = false;     // there is a copy in the public directory
  std::uint32_t level = 0;    // what the object is labelled at least
  std::uint64_t boot_id = 0;  // persistent only
  std::string name;           // in full, as the user gave it
  backend::entry_description description;
};

inline constexpr std::size_t entry_record_size = 512;
using entry_bytes = std::array<std::byte, entry_record_size>;

[[nodiscard]] entry_bytes encode(const entry_record& what) noexcept;
/// nullopt: no record, or one that was not written to its end. layout_mismatch: of another version of the library.
/// `entry` is the file's name: the object's name must be one that such an entry may list.
[[nodiscard]] result<std::optional<entry_record>> decode(bytes from, std::string_view entry);

/// A new object's name: a file's ("<entry>.<random>"), or what follows \\.\pipe\.
[[nodiscard]] result<std::string> new_native_name(backend::object_kind kind, std::string_view entry);

}  // namespace viaduct::windows
