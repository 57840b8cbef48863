// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// lifetime: how long a name lives. Decided by kernel evidence, never by a timeout: a killed process gives its names free.
#pragma once

#include <cstdint>

namespace viaduct {

enum class lifetime : std::uint8_t {
  owner,       ///< as long as its creator lives: listeners, FIFO readers
  users,       ///< as long as any process has it open: memory, notification, locks
  persistent,  ///< until remove() or reboot: shared memory
};

}  // namespace viaduct
