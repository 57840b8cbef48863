// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Making memory visible. What is mapped for reading goes through a descriptor that can only read, so that mprotect() cannot
// make it writable afterwards.
#include <boost/interprocess/exceptions.hpp>
#include <utility>

#include "posix/error.hpp"
#include "posix/shared_memory.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

/// How Boost.Interprocess asks for what it is to map.
class mappable {
 public:
  explicit mappable(int file) noexcept : file_(file) {}
  [[nodiscard]] boost::interprocess::mapping_handle_t get_mapping_handle() const noexcept {
    return boost::interprocess::ipcdetail::mapping_handle_from_file_handle(file_);
  }

 private:
  int file_;
};

}  // namespace

result<boost::interprocess::mapped_region> map_file(int file, const map_options& options) {
  if (const result<void> allowed = system::before_mapping(); !allowed) return allowed.error();
  try {
    const auto mode =
        options.mode == access::read_only ? boost::interprocess::read_only : boost::interprocess::read_write;
    return boost::interprocess::mapped_region(
        mappable(file), mode, static_cast<boost::interprocess::offset_t>(options.offset), options.length);
  } catch (const boost::interprocess::interprocess_exception& failed) {
    return posix::failure(failed.get_native_error());
  }
}

}  // namespace viaduct::posix

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

using region = boost::interprocess::mapped_region;

/// The whole region was mapped when the memory was made; a part of it may be shown.
result<view_ptr> map_for_creator(const memory_ptr& which, const map_options& options) {
  auto made = view_ptr(new view{which, region(), options.offset, options.length});
  if (!which->writable_left.exchange(false)) {
    return error(errc::access_denied)
        .advise("its one writable mapping (writers::creator) is taken: map it with access::read_only");
  }
  made->region.swap(which->writable);
  return made;
}

result<region> map_for_reading(const memory& which, const map_options& options) {
  if (which.mode == access::read_only) return posix::map_file(which.file.get(), options);
  if (which.reading.is_valid()) return posix::map_file(which.reading.get(), options);
  const result<descriptor> reading = system::reopen_read_only(which.file.get());
  if (reading) return posix::map_file(reading->get(), options);
  // Another user's memory, or a system that cannot: the mapping is read-only, but this process could change its mind.
  const bool cannot = reading.error() == errc::access_denied || reading.error() == errc::not_supported;
  return cannot ? posix::map_file(which.file.get(), options) : result<region>(reading.error());
}

}  // namespace

result<view_ptr> map(const memory_ptr& which, const map_options& options) {
  const bool writing = options.mode == access::read_write;
  if (writing && which->for_creator) return map_for_creator(which, options);
  if (writing && which->mode == access::read_only) {
    return error(errc::access_denied).advise("this memory can only be read: map it with access::read_only");
  }
  result<region> shown = writing ? posix::map_file(which->file.get(), options) : map_for_reading(*which, options);
  if (!shown) return shown.error();
  return view_ptr(new view{which, std::move(*shown), 0, options.length});
}

buffer contents(const view& which) noexcept {
  return {static_cast<std::byte*>(which.region.get_address()) + which.offset, which.length};
}

result<void> flush(const view& which) {
  return which.of->is_file ? system::flush_mapping(contents(which)) : result<void>();
}

void view_deleter::operator()(view* which) const noexcept { delete which; }

}  // namespace viaduct::backend
