// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the user asked for on the command line.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tour {

struct options {
  std::optional<std::filesystem::path> file;
  bool json = false;
  bool help = false;
  bool progress = false;
  bool receiver_dies = false;
};

/// A wrong command line or an unusable file: the user must change something. Exit status 2.
class user_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

extern const char* const usage;

/// Throws user_error, with the usage, for what it does not know.
[[nodiscard]] options parse(const std::vector<std::string>& arguments);

}  // namespace tour
