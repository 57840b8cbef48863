// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "progress.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace tour {

namespace {

constexpr int bar_width = 40;
constexpr std::chrono::milliseconds between_drawings{100};

}  // namespace

// Standard C++ has no question for this. Where standard error has a name in the file system its type tells: a terminal
// is a character device (so is the null device, where a bar does no harm).
bool standard_error_is_terminal() {
  std::error_code failure;
  return std::filesystem::is_character_file("/dev/stderr", failure);
}

progress::progress(std::string title, std::uint64_t total, bool shown)
    : title_(std::move(title)), total_(total), shown_(shown), last_(std::chrono::steady_clock::now()) {
  if (shown_) draw();
}

progress::~progress() {
  if (shown_) std::fprintf(stderr, "\r%*s\r", 24 + bar_width + 8, "");
}

void progress::add(std::uint64_t amount) {
  done_ += amount;
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < between_drawings && done_ < total_) return;
  last_ = now;
  draw();
}

void progress::draw() {
  // A file that grows meanwhile has more to send than was announced.
  const double part = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(part * bar_width);
  const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
  std::fprintf(stderr, "\r%-23s [%s] %3.0f %%", title_.c_str(), bar.c_str(), part * 100);
  std::fflush(stderr);
}

}  // namespace tour
