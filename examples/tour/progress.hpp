// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A progress bar on standard error, for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tour {

/// Whether standard error is seen to be a terminal. False where the standard library cannot tell.
[[nodiscard]] bool standard_error_is_terminal();

class progress {
 public:
  progress(std::string title, std::uint64_t total, bool shown);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();  // wipes the bar

  void add(std::uint64_t amount);

 private:
  void draw();

  std::string title_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  bool shown_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace tour
