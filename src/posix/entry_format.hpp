// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The bytes of a registry entry. They are written once, before the entry has a name; afterwards only the first byte (the
// phase) and the second (a FIFO's writer mark) change. Whoever reads them may be reading another user's file, so nothing
// in them is believed before all of it was checked.
//
//   0 phase | 1 writer mark | 2..7 zero | 8 magic | 16 version | 20 kind | 21 lifetime | 22 flags | 23 zero
//   24 process id | 32 its start time | 40 PID namespace | 48 boot id (40, zero-padded)
//   88 layout | 92 zero | 96 six contract values | 144 name length | 145 native name length | 146..147 zero
//   148 name (256, zero-padded) | 404 native name (128, zero-padded) | 532 CRC-32 of 8..531        all little-endian
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "backend/entry.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

enum class entry_phase : std::uint8_t { building = 'B', published = 'P', dying = 'D' };

inline constexpr std::int64_t phase_offset = 0;
inline constexpr std::int64_t writer_mark_offset = 1;
inline constexpr std::size_t entry_size = 536;
using entry_image = std::array<std::byte, entry_size>;

/// What an entry says.
struct entry_record {
  backend::object_kind kind = backend::object_kind::test;
  lifetime life = lifetime::owner;
  bool is_public = false;  // its object is linked, and a copy of it kept, where other users can see them
  std::string full_name;
  std::string native_name;
  backend::entry_contract contract;
  std::uint64_t process_id = 0;
  std::uint64_t start_time = 0;
  std::uint64_t pid_namespace = 0;
  std::string boot_id;  // empty: the system did not tell
};

[[nodiscard]] entry_image encode(const entry_record& record, entry_phase phase);

struct decoded_entry {
  entry_phase phase = entry_phase::building;
  entry_record record;
};
/// Checks everything: size, magic, checksum, ranges, zero padding, and that the native name is one that an entry called
/// `file_name` may list. layout_mismatch: intact, but of another version. peer_corrupt: not an entry, or damaged.
[[nodiscard]] result<decoded_entry> decode(bytes image, const std::string& file_name);

/// peer_corrupt for a byte that is no phase.
[[nodiscard]] result<entry_phase> decode_phase(std::byte value);

}  // namespace viaduct::posix
