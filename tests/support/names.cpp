// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/names.hpp"

#include <atomic>
#include <cstdint>
#include <random>
#include <system_error>

namespace viaduct::test {

std::string unique_name() {
  static const std::uint64_t process = [] {
    std::random_device source;
    return (std::uint64_t{source()} << 32) ^ source();
  }();
  static std::atomic<unsigned> count{0};
  constexpr char digits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string text = "t-";
  for (unsigned shift = 0; shift < 60; shift += 5) text += digits[(process >> shift) & 31];
  return text + '-' + std::to_string(count.fetch_add(1));
}

scratch_directory::scratch_directory() : path_(std::filesystem::temp_directory_path() / unique_name()) {
  std::filesystem::create_directory(path_);
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;  // what is left is in the temporary directory
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace viaduct::test
