// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Sections and views. Views are made by MapViewOfFile and not by Boost.Interprocess: under Windows its mapped_region keeps a
// handle of its own, and its end goes through three semaphores with guessable names, one of which tells an address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"
#include "windows/handle.hpp"

namespace viaduct::windows {

struct section_of {
  HANDLE file = nullptr;  // null: the page file
  std::uint64_t size = 0;
  access mode = access::read_write;
};
/// Its descriptor grants nothing to anybody: else DuplicateHandle makes a writable handle of a read-only one.
/// no_space (of the page file: needed and available in the hint).
[[nodiscard]] result<unique_handle> make_section(const section_of& what);

/// A view of a section. Move-only.
class mapped {
 public:
  mapped(void* base, std::size_t lead, std::size_t length) noexcept : base_(base), lead_(lead), length_(length) {}
  mapped(mapped&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), lead_(other.lead_), length_(other.length_) {}
  mapped& operator=(mapped&&) = delete;
  ~mapped();

  [[nodiscard]] buffer memory() const noexcept { return {static_cast<std::byte*>(base_) + lead_, length_}; }
  /// From the beginning of what the system mapped: a multiple of its granularity.
  [[nodiscard]] bytes all() const noexcept { return {base_, lead_ + length_}; }

 private:
  void* base_;
  std::size_t lead_;
  std::size_t length_;
};
[[nodiscard]] result<mapped> map_section(HANDLE section, const map_options& options);

/// A second handle that can do only this much.
[[nodiscard]] result<unique_handle> narrowed(HANDLE section, access mode);

/// Gives a new file its size, with the space for it. no_space: needed and available in the hint.
[[nodiscard]] result<void> reserve(HANDLE file, const std::wstring& directory, std::uint64_t size);

[[nodiscard]] inline std::uint64_t size_of(const BY_HANDLE_FILE_INFORMATION& of) noexcept {
  return std::uint64_t{of.nFileSizeHigh} << 32 | of.nFileSizeLow;
}

}  // namespace viaduct::windows
