// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The sender: starts a receiver, sends it the file over one road, and has it report what arrived.
#pragma once

#include <cstdint>
#include <string>

#include "progress.hpp"
#include "road.hpp"
#include "source_file.hpp"

namespace tour {

/// The file is sent in rounds of this size: read, sent under the clock, then summed by the receiver.
inline constexpr std::size_t round_size = std::size_t{32} << 20;
inline constexpr std::size_t ping_size = 64;
inline constexpr std::uint64_t ping_count = 2000;

enum class outcome { intact, failed, missing };

struct measurement {
  const mechanism* what = nullptr;
  outcome ended = outcome::failed;
  double megabytes_per_second = 0;
  double round_trip_microseconds = 0;  ///< the median
  std::string remark;                  ///< why not, unless intact
};

struct trip {
  std::filesystem::path program;  ///< our own, to be started as the receiver
  bool receiver_dies = false;
  bool show_progress = false;
};

/// Never throws for what goes wrong on the road or in the receiver: the measurement says it.
[[nodiscard]] measurement travel(const mechanism& what, source_file& file, const trip& how);

}  // namespace tour
