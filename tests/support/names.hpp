// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The only way a test names anything: no two tests, and no two runs, ever meet.
#pragma once

#include <filesystem>
#include <string>

namespace viaduct::test {

/// A plain name ([a-z0-9-], at most 24) nobody else has.
[[nodiscard]] std::string unique_name();

/// An empty directory that goes, with all in it, at the end of the scope.
class scratch_directory {
 public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace viaduct::test
