// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <atomic>
#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <optional>

#include "backend/shared_memory.hpp"
#include "posix/descriptor.hpp"

namespace viaduct::backend {

struct memory {
  posix::descriptor file;
  std::size_t bytes = 0;
  access mode = access::read_write;  // what `file` allows
  std::optional<entry> owned = {};   // closed before the file: whoever opens the name next makes memory of its own
  posix::descriptor reading = {};    // a read-only twin of `file`, where the system cannot make one when it is needed
  bool made_here = true;
  bool is_file = false;  // of a file system: flush() has something to do

  // writers::creator: the one writable mapping there will ever be, from when it is made to when it is asked for.
  bool for_creator = false;
  std::atomic<bool> writable_left = false;
  boost::interprocess::mapped_region writable = {};
};

struct view {
  memory_ptr of;
  boost::interprocess::mapped_region region;
  std::size_t offset = 0;  // of what is shown in the region
  std::size_t length = 0;
};

}  // namespace viaduct::backend

namespace viaduct::posix {

/// Boost.Interprocess does the arithmetic of pages.
[[nodiscard]] result<boost::interprocess::mapped_region> map_file(int file, const map_options& options);

}  // namespace viaduct::posix
