// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/entry_record.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "backend/system.hpp"
#include "common/base32.hpp"
#include "common/entry_name.hpp"

namespace viaduct::windows {

namespace {

constexpr std::uint32_t magic = 0x54434456;  // "VDCT"
constexpr std::uint16_t version = 1;
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_native_name = 96;

/// The bytes in the file. Fixed widths, naturally aligned, no padding.
struct layout {
  std::uint32_t magic;
  std::uint32_t checksum;  // CRC-32 of all that follows
  std::uint16_t version;
  std::uint8_t phase;
  std::uint8_t kind;
  std::uint8_t life;
  std::uint8_t is_public;
  std::uint8_t name_length;
  std::uint8_t native_length;
  std::uint32_t level;
  std::uint32_t object_layout;
  std::uint64_t values[6];
  std::uint64_t process_id;
  std::uint64_t start_time;
  std::uint64_t boot_id;
  char name[longest_name + 1];
  char native_name[longest_native_name];
  std::uint8_t reserved[entry_record_size - 96 - (longest_name + 1) - longest_native_name];
};
static_assert(sizeof(layout) == entry_record_size);
static_assert(std::has_unique_object_representations_v<layout>);

std::uint32_t checksum(const entry_bytes& from) noexcept {
  constexpr std::size_t begin = offsetof(layout, version);
  boost::crc_32_type crc;
  crc.process_bytes(from.data() + begin, from.size() - begin);
  return crc.checksum();
}

bool is_hex(char letter) noexcept { return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f'); }
bool is_base32(char letter) noexcept { return (letter >= 'a' && letter <= 'z') || (letter >= '2' && letter <= '7'); }

constexpr std::string_view pipe_prefix = "viaduct-";
constexpr std::size_t pipe_random_length = 26;

/// Memory is a file in the entry's directory; a pipe is an object of the system with a name of its own.
bool is_file(backend::object_kind kind) noexcept {
  return kind != backend::object_kind::pipe && kind != backend::object_kind::named_pipe;
}

/// A record may come from another user: its object's name goes into a path, so nothing but our own form is believed.
bool is_native_name(backend::object_kind kind, std::string_view entry, std::string_view text) noexcept {
  if (is_file(kind)) {
    if (text.size() != entry.size() + 17 || text.substr(0, entry.size()) != entry || text[entry.size()] != '.') {
      return false;
    }
    const std::string_view random = text.substr(entry.size() + 1);
    return std::all_of(random.begin(), random.end(), is_hex);
  }
  if (text.size() != pipe_prefix.size() + pipe_random_length || text.substr(0, pipe_prefix.size()) != pipe_prefix) {
    return false;
  }
  const std::string_view random = text.substr(pipe_prefix.size());
  return std::all_of(random.begin(), random.end(), is_base32);
}

bool is_sound(const layout& raw) noexcept {
  return raw.phase <= static_cast<std::uint8_t>(entry_phase::live) && raw.is_public <= 1 &&
         raw.life <= static_cast<std::uint8_t>(lifetime::persistent) && raw.native_length <= longest_native_name &&
         detail::kind_word(static_cast<backend::object_kind>(raw.kind)) != "unknown";
}

}  // namespace

entry_bytes encode(const entry_record& what) noexcept {
  layout raw{};
  raw.magic = magic;
  raw.version = version;
  raw.phase = static_cast<std::uint8_t>(what.phase);
  raw.kind = static_cast<std::uint8_t>(what.kind);
  raw.life = static_cast<std::uint8_t>(what.description.life);
  raw.is_public = what.is_public ? 1 : 0;
  raw.level = what.level;
  raw.object_layout = what.description.contract.layout;
  std::copy(what.description.contract.values.begin(), what.description.contract.values.end(), raw.values);
  raw.process_id = what.description.process_id;
  raw.start_time = what.description.start_time;
  raw.boot_id = what.boot_id;
  const std::size_t name_length = std::min(what.name.size(), longest_name);
  const std::size_t native_length = std::min(what.description.native_name.size(), longest_native_name);
  raw.name_length = static_cast<std::uint8_t>(name_length);
  raw.native_length = static_cast<std::uint8_t>(native_length);
  std::memcpy(raw.name, what.name.data(), name_length);
  std::memcpy(raw.native_name, what.description.native_name.data(), native_length);
  entry_bytes made;
  std::memcpy(made.data(), &raw, sizeof raw);
  raw.checksum = checksum(made);
  std::memcpy(made.data(), &raw, sizeof raw);
  return made;
}

result<std::optional<entry_record>> decode(bytes from, std::string_view entry) {
  if (from.size() != entry_record_size) return std::optional<entry_record>();
  entry_bytes copy;
  std::memcpy(copy.data(), from.data(), copy.size());
  layout raw;
  std::memcpy(&raw, copy.data(), sizeof raw);
  if (raw.magic != magic || raw.checksum != checksum(copy)) return std::optional<entry_record>();
  if (raw.version != version) {
    return error(errc::layout_mismatch).advise("the name is in use by another version of this library");
  }
  if (!is_sound(raw)) return std::optional<entry_record>();
  entry_record made;
  made.phase = static_cast<entry_phase>(raw.phase);
  made.kind = static_cast<backend::object_kind>(raw.kind);
  made.is_public = raw.is_public != 0;
  made.level = raw.level;
  made.boot_id = raw.boot_id;
  made.name.assign(raw.name, raw.name_length);
  made.description.life = static_cast<lifetime>(raw.life);
  made.description.contract.layout = raw.object_layout;
  std::copy(std::begin(raw.values), std::end(raw.values), made.description.contract.values.begin());
  made.description.native_name.assign(raw.native_name, raw.native_length);
  made.description.process_id = raw.process_id;
  made.description.start_time = raw.start_time;
  if (made.phase != entry_phase::free && !is_native_name(made.kind, entry, made.description.native_name)) {
    return std::optional<entry_record>();
  }
  return std::optional<entry_record>(std::move(made));
}

result<std::string> new_native_name(backend::object_kind kind, std::string_view entry) {
  if (is_file(kind)) {
    std::uint64_t random = 0;
    const result<void> drawn = backend::random_bytes(buffer(&random, sizeof random));
    if (!drawn) return drawn.error();
    return detail::object_name(entry, random);
  }
  std::array<std::byte, 16> random{};
  const result<void> drawn = backend::random_bytes(random);
  if (!drawn) return drawn.error();
  return std::string(pipe_prefix) + detail::to_base32(random);
}

}  // namespace viaduct::windows
