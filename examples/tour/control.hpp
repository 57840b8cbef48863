// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What sender and receiver tell each other beside the road under test, over a duplex line of messages:
//
//   sender              receiver
//   round N          -> ready -> (N bytes on the road) -> arrived -> (adds them to its CRC-32)
//   pings N          -> ready -> (N times: 64 bytes there, 64 bytes back, on the road)
//   end              -> total BYTES CRC
#pragma once

#include <cstdint>
#include <string>

#include "viaduct/viaduct.hpp"

namespace tour {

struct order {
  std::string word;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// Throws viaduct::exception when the other side has gone or takes too long, std::runtime_error for anything unexpected.
class control {
 public:
  explicit control(viaduct::named_pipe line) : line_(std::move(line)) {}

  void say(const order& what);
  [[nodiscard]] order hear(viaduct::deadline until);
  /// Hears this word and no other.
  order expect(const char* word, viaduct::deadline until);

 private:
  viaduct::named_pipe line_;
};

}  // namespace tour
