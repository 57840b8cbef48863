// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What peer.hpp needs from the operating system. Defined in tests/<system>/peer.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/peer.hpp"

namespace viaduct::test {

/// A process with a pipe to its standard input and one from its standard output.
struct peer::impl {
  virtual ~impl() = default;
  /// Ignores a process that has gone.
  virtual void write(std::string_view text) = 0;
  virtual void close_input() = 0;
  /// At least one byte, 0 at the end, nothing after `bound`.
  virtual std::optional<std::size_t> read(char* into, std::size_t size, std::chrono::milliseconds bound) = 0;
  virtual void kill() = 0;
  virtual int wait() = 0;
  [[nodiscard]] virtual std::uint64_t id() const = 0;
};

[[nodiscard]] std::unique_ptr<peer::impl> start_process(const std::filesystem::path& program, const arguments& args,
                                                        const std::map<std::string, std::string>& environment);

}  // namespace viaduct::test
