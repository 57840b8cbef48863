// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <optional>

#include "backend/shared_memory.hpp"
#include "posix/descriptor.hpp"

namespace viaduct::backend {

struct memory {
  posix::descriptor file;
  std::size_t bytes = 0;
  access mode = access::read_write;
  std::optional<entry> owned = {};  // closed before the file: whoever opens the name next makes memory of its own
};

struct view {
  memory_ptr of;
  boost::interprocess::mapped_region region;
};

}  // namespace viaduct::backend
