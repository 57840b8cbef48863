// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry_format.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <string_view>

#include "common/entry_name.hpp"

namespace viaduct::posix {

namespace {

constexpr std::uint64_t magic = 0x0a79'7274'6e65'6476ULL;  // "vdentry\n"
constexpr std::uint32_t format_version = 1;

constexpr std::size_t magic_at = 8;
constexpr std::size_t version_at = 16;
constexpr std::size_t kind_at = 20;
constexpr std::size_t life_at = 21;
constexpr std::size_t flags_at = 22;
constexpr std::size_t process_at = 24;
constexpr std::size_t start_at = 32;
constexpr std::size_t namespace_at = 40;
constexpr std::size_t boot_at = 48;
constexpr std::size_t boot_room = 40;
constexpr std::size_t layout_at = 88;
constexpr std::size_t values_at = 96;
constexpr std::size_t name_size_at = 144;
constexpr std::size_t native_size_at = 145;
constexpr std::size_t name_at = 148;
constexpr std::size_t name_room = 256;
constexpr std::size_t native_at = 404;
constexpr std::size_t native_room = 128;
constexpr std::size_t checksum_at = 532;
static_assert(checksum_at + 4 == entry_size);

constexpr std::uint8_t flag_public = 1;

template <class Integer>
void put(entry_image& image, std::size_t at, Integer value) {
  for (std::size_t index = 0; index < sizeof(Integer); ++index) {
    image[at + index] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * index));
  }
}

template <class Integer>
Integer get(bytes image, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < sizeof(Integer); ++index) {
    value |= static_cast<std::uint64_t>(image.data()[at + index]) << (8 * index);
  }
  return static_cast<Integer>(value);
}

void put_text(entry_image& image, std::size_t at, std::size_t room, std::string_view text) {
  const bytes from(text);
  std::copy_n(from.data(), std::min(room, from.size()), image.data() + at);
}

std::uint32_t checksum(bytes image) {
  boost::crc_32_type crc;
  crc.process_bytes(image.data() + magic_at, checksum_at - magic_at);
  return crc.checksum();
}

bool is_zero(bytes image, std::size_t from, std::size_t to) {
  return std::all_of(image.data() + from, image.data() + to, [](std::byte value) { return value == std::byte{0}; });
}

std::string text_of(bytes image, std::size_t at, std::size_t size) {
  return std::string(image.text().substr(at, size));
}

bool is_padded(bytes image) {
  const auto name_size = get<std::uint8_t>(image, name_size_at);
  const auto native_size = get<std::uint8_t>(image, native_size_at);
  return native_size <= native_room && is_zero(image, 2, magic_at) && is_zero(image, flags_at + 1, process_at) &&
         is_zero(image, layout_at + 4, values_at) && is_zero(image, native_size_at + 1, name_at) &&
         is_zero(image, name_at + name_size, native_at) && is_zero(image, native_at + native_size, checksum_at);
}

bool is_known(const entry_record& record, std::uint8_t flags) {
  return detail::kind_word(record.kind) != "unknown" && record.life <= lifetime::persistent &&
         (flags & ~flag_public) == 0 && name(record.full_name).check().has_value();
}

/// Exactly what object_name() makes for this entry: whoever cleans up must not be led to another file.
bool is_object_of(std::string_view native_name, const std::string& file_name) {
  const std::size_t prefix = file_name.size() + 1;
  return native_name.size() == prefix + 16 && native_name.substr(0, file_name.size()) == file_name &&
         native_name[file_name.size()] == '.' &&
         native_name.find_first_not_of("0123456789abcdef", prefix) == std::string_view::npos;
}

error damaged() {
  return error(errc::peer_corrupt).advise("what sits under this name is not an intact registry entry");
}

}  // namespace

entry_image encode(const entry_record& record, entry_phase phase) {
  entry_image image{};
  image[0] = static_cast<std::byte>(phase);
  put(image, magic_at, magic);
  put(image, version_at, format_version);
  put(image, kind_at, static_cast<std::uint8_t>(record.kind));
  put(image, life_at, static_cast<std::uint8_t>(record.life));
  put(image, flags_at, record.is_public ? flag_public : std::uint8_t{0});
  put(image, process_at, record.process_id);
  put(image, start_at, record.start_time);
  put(image, namespace_at, record.pid_namespace);
  put_text(image, boot_at, boot_room, record.boot_id);
  put(image, layout_at, record.contract.layout);
  for (std::size_t index = 0; index < record.contract.values.size(); ++index) {
    put(image, values_at + 8 * index, record.contract.values[index]);
  }
  put(image, name_size_at, static_cast<std::uint8_t>(record.full_name.size()));
  put(image, native_size_at, static_cast<std::uint8_t>(record.native_name.size()));
  put_text(image, name_at, name_room, record.full_name);
  put_text(image, native_at, native_room, record.native_name);
  put(image, checksum_at, checksum(image));
  return image;
}

result<entry_phase> decode_phase(std::byte value) {
  switch (static_cast<entry_phase>(value)) {
    case entry_phase::building:
      return entry_phase::building;
    case entry_phase::published:
      return entry_phase::published;
    case entry_phase::dying:
      return entry_phase::dying;
  }
  return damaged();
}

result<decoded_entry> decode(bytes image, const std::string& file_name) {
  if (image.size() < kind_at || get<std::uint64_t>(image, magic_at) != magic) return damaged();
  // Before size and checksum: another version may have others, and must not be taken for rubbish.
  if (get<std::uint32_t>(image, version_at) != format_version) {
    return error(errc::layout_mismatch).advise("the entry was made by another version of the library");
  }
  if (image.size() != entry_size || get<std::uint32_t>(image, checksum_at) != checksum(image)) return damaged();
  const result<entry_phase> phase = decode_phase(image.data()[0]);
  if (!phase || !is_padded(image)) return damaged();
  decoded_entry read;
  read.phase = *phase;
  entry_record& record = read.record;
  record.kind = static_cast<backend::object_kind>(get<std::uint8_t>(image, kind_at));
  record.life = static_cast<lifetime>(get<std::uint8_t>(image, life_at));
  const auto flags = get<std::uint8_t>(image, flags_at);
  record.is_public = (flags & flag_public) != 0;
  record.process_id = get<std::uint64_t>(image, process_at);
  record.start_time = get<std::uint64_t>(image, start_at);
  record.pid_namespace = get<std::uint64_t>(image, namespace_at);
  record.boot_id = text_of(image, boot_at, boot_room);
  record.boot_id.erase(record.boot_id.find_last_not_of('\0') + 1);
  record.contract.layout = get<std::uint32_t>(image, layout_at);
  for (std::size_t index = 0; index < record.contract.values.size(); ++index) {
    record.contract.values[index] = get<std::uint64_t>(image, values_at + 8 * index);
  }
  record.full_name = text_of(image, name_at, get<std::uint8_t>(image, name_size_at));
  record.native_name = text_of(image, native_at, get<std::uint8_t>(image, native_size_at));
  if (!is_known(record, flags) || !is_object_of(record.native_name, file_name)) return damaged();
  return read;
}

}  // namespace viaduct::posix
