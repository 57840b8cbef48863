// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The file that is sent.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

#include "viaduct/bytes.hpp"

namespace tour {

using checksum = boost::crc_32_type;

/// An open file of known size and CRC-32.
class source_file {
 public:
  /// Reads it once from end to end. Throws user_error if it is missing, unreadable, empty or no regular file.
  explicit source_file(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return whole_.size; }
  [[nodiscard]] std::uint32_t crc() const noexcept { return whole_.crc; }

  /// Starts again at the beginning.
  void rewind();
  /// The next bytes, as many as fit; 0 at the end.
  [[nodiscard]] std::size_t read(viaduct::buffer into);
  /// Reads it once more: does it still have this size and CRC-32?
  [[nodiscard]] bool is_unchanged();

 private:
  struct summary {
    std::uint64_t size = 0;
    std::uint32_t crc = 0;
  };
  [[nodiscard]] summary sum_up();

  std::filesystem::path path_;
  std::ifstream stream_;
  summary whole_;
};

/// A readable file of 8 MiB to 100 MB that this machine has anyway: the compiler, a library, or `program` itself. Throws
/// user_error if there is none.
[[nodiscard]] std::filesystem::path find_large_file(const std::filesystem::path& program);

/// For people and for JSON: UTF-8.
[[nodiscard]] std::string text_of(const std::filesystem::path& path);

}  // namespace tour
