// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory without a name: made here to be handed over, or received from somebody who is not believed.
#include <utility>

#include "posix/shared_memory.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

/// The creator's mapping is made before anybody could ask for one; afterwards the descriptors that can write go.
result<void> keep_for_creator(memory& made, system::memory_descriptors& parts) {
  if (!system::read_only_memory_handles()) {
    return error(errc::not_supported).advise("this system cannot keep others from writing");
  }
  result<boost::interprocess::mapped_region> shown = posix::map_file(parts.file.get(), {.length = made.bytes});
  if (!shown) return shown.error();
  if (const result<void> sealed = system::finish_memory(parts.file.get(), writers::creator); !sealed) return sealed;
  if (!parts.reading.is_valid()) {
    result<descriptor> reading = system::reopen_read_only(parts.file.get());
    if (!reading) return reading.error();
    parts.reading = std::move(*reading);
  }
  made.file = std::move(parts.reading);
  made.mode = access::read_only;
  made.writable = std::move(*shown);
  made.for_creator = true;
  made.writable_left = true;
  return {};
}

result<descriptor> duplicate(const descriptor& which) {
  const posix::fork_guard guard;
  const result<int> made = system::duplicate(which.get());
  if (!made) return made.error();
  return descriptor(*made);
}

}  // namespace

result<memory_ptr> create_anonymous_memory(std::size_t size, writers who) {
  result<system::memory_descriptors> parts = system::anonymous_memory(size);
  if (!parts) return parts.error();
  auto made = std::make_shared<memory>();
  made->bytes = size;
  if (who == writers::creator) {
    if (const result<void> kept = keep_for_creator(*made, *parts); !kept) return kept.error();
    return made;
  }
  if (const result<void> sealed = system::finish_memory(parts->file.get(), who); !sealed) return sealed.error();
  made->file = std::move(parts->file);
  made->reading = std::move(parts->reading);
  return made;
}

result<memory_ptr> adopt_memory(native_handle handle) {
  const int value = static_cast<int>(handle.value());
  const result<system::memory_facts> found = system::look_at_memory(value);
  if (!found) return found.error();
  if (const result<void> set = system::set_close_on_exec(value, true); !set) return set.error();
  auto made = std::make_shared<memory>();
  made->file = descriptor(static_cast<int>(handle.release()));
  made->bytes = found->size;
  made->mode = found->mode;
  made->made_here = false;
  return made;
}

result<memory_ptr> read_only_memory(const memory& which) {
  if (!which.for_creator) {
    return error(errc::not_supported).advise("others could write already: only for memory made with writers::creator");
  }
  result<descriptor> twin = duplicate(which.file);
  if (!twin) return twin.error();
  auto made = std::make_shared<memory>();
  made->file = std::move(*twin);
  made->bytes = which.bytes;
  made->mode = access::read_only;
  made->for_creator = true;
  return made;
}

}  // namespace viaduct::backend
