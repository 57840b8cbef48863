// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A program outside the repository, against the installed library: sends a line through a pipe and reads it back.
#include <array>
#include <chrono>
#include <iostream>
#include <string_view>
#include <viaduct/pipe.hpp>

int main() {
  using namespace std::chrono_literals;
  constexpr std::string_view line = "over the viaduct";
  auto pipe = viaduct::make_pipe();
  if (!pipe || !pipe->writer.write_all(line, 5s)) return 1;
  std::array<char, line.size()> arrived{};
  if (!pipe->reader.read_exactly(arrived, 5s)) return 1;
  if (std::string_view(arrived.data(), arrived.size()) != line) return 1;
  std::cout << "sent and received: " << line << "\n";
}
