// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {

/// Everything up to the end; the end must be closed.
[[nodiscard]] inline std::vector<std::byte> read_to_end(pipe_reader& reader) {
  std::vector<std::byte> all, chunk(70'000);
  for (;;) {
    const auto got = reader.read_some(chunk, std::chrono::seconds(8));
    if (got.has_error()) {
      CHECK(outcome(got) == errc::closed);
      return all;
    }
    all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

}  // namespace viaduct::test
