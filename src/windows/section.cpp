// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/section.hpp"

#include "windows/security.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

constexpr DWORD read_rights = SECTION_QUERY | SECTION_MAP_READ;

error no_space(error why, std::uint64_t needed, const result<std::uint64_t>& available) {
  std::string text = "needed: " + std::to_string(needed) + " bytes";
  if (available) text += ", available: " + std::to_string(*available);
  return why.advise(std::move(text));
}

}  // namespace

result<unique_handle> make_section(const section_of& what) {
  const result<security_attributes> security = closed_object();
  if (!security) return security.error();
  result<unique_handle> section = system::create_section(
      {.file = what.file, .size = what.size, .writable = what.mode == access::read_write, .security = security->get()});
  if (section || what.file != nullptr || section.error() != errc::no_space) return section;
  return no_space(std::move(section).error(), what.size, system::available_memory());
}

result<unique_handle> narrowed(HANDLE section, access mode) {
  const result<HANDLE> made = system::duplicate_between(
      {.from_process = ::GetCurrentProcess(),
       .handle = section,
       .to_process = ::GetCurrentProcess(),
       .access = mode == access::read_only ? read_rights : read_rights | DWORD{SECTION_MAP_WRITE},
       .options = 0});
  if (!made) return made.error();
  return unique_handle(*made);
}

mapped::~mapped() {
  if (base_ != nullptr) system::unmap_view(base_);
}

result<mapped> map_section(HANDLE section, const map_options& options) {
  static const std::size_t granularity = system::allocation_granularity();
  const std::size_t lead = options.offset % granularity;
  const result<void*> base = system::map_view(
      {.section = section,
       .access = options.mode == access::read_only ? DWORD{FILE_MAP_READ} : DWORD{FILE_MAP_READ | FILE_MAP_WRITE},
       .offset = options.offset - lead,
       .length = lead + options.length});
  if (!base) return base.error();
  return mapped(*base, lead, options.length);
}

result<void> reserve(HANDLE file, const std::wstring& directory, std::uint64_t size) {
  const result<std::uint64_t> available = system::available_space(directory);
  if (!available) return available.error();
  if (*available < size) return no_space(failure(ERROR_DISK_FULL), size, available);
  // In a compressed directory a new file is compressed, and its size says nothing about its space.
  const result<BY_HANDLE_FILE_INFORMATION> found = system::file_information(file);
  if (!found) return found.error();
  if ((found->dwFileAttributes & FILE_ATTRIBUTE_COMPRESSED) != 0) {
    if (const result<void> plain = system::set_uncompressed(file); !plain) return plain;
  }
  result<void> sized = system::set_file_size(file, size);
  if (sized || sized.error() != errc::no_space) return sized;
  return no_space(std::move(sized).error(), size, system::available_space(directory));
}

}  // namespace viaduct::windows
