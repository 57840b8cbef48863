// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory that lies where others put it: files of the file system, and shared-memory objects of other programs.
#include <utility>

#include "common/base32.hpp"
#include "posix/backoff.hpp"
#include "posix/error.hpp"
#include "posix/shared_memory.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

memory_ptr make_memory(descriptor file, std::size_t size, access mode) {
  auto made = std::make_shared<memory>();
  made->file = std::move(file);
  made->bytes = size;
  made->mode = mode;
  made->made_here = false;
  return made;
}

// --- files

/// A file of this size in the directory, that nobody sees yet. `temporary` is its name where it needs one.
result<descriptor> prepare(int directory, std::size_t size, std::string& temporary) {
  result<descriptor> made = system::open_unnamed(directory);
  if (!made) {  // not every file system has them
    std::array<std::byte, 16> noise{};
    if (const result<void> filled = system::random(noise); !filled) return filled.error();
    temporary = ".viaduct-" + detail::to_base32(noise);
    made = system::open_at(directory, temporary, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!made) return made;
  }
  if (const result<void> set = system::change_mode(made->get(), 0600); !set) return set.error();
  if (const result<void> reserved = system::reserve(made->get(), size); !reserved) return reserved.error();
  return made;
}

result<void> publish(int directory, int file, const std::string& temporary, const std::string& leaf) {
  if (temporary.empty()) return system::link_unnamed(file, directory, leaf);
  const result<void> renamed = system::rename_exclusive(directory, temporary, leaf);
  if (renamed || renamed.error() == errc::already_exists) return renamed;
  return system::link_at(directory, temporary, directory, leaf);  // file systems that cannot rename without replacing
}

/// Whole or not at all, so that who opens it meanwhile finds no file of another size. already_exists.
result<descriptor> create_file(const std::filesystem::path& path, std::size_t size) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const result<descriptor> directory = system::open_path(parent.native(), O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error();
  std::string temporary;
  result<descriptor> made = prepare(directory->get(), size, temporary);
  result<void> published =
      made ? publish(directory->get(), made->get(), temporary, path.filename().native()) : result<void>(made.error());
  // Gone already where it was renamed.
  if (!temporary.empty()) (void)system::unlink_at(directory->get(), temporary).has_value();
  if (!published) return published.error();
  return made;
}

result<std::size_t> check_file(int file, std::size_t wanted) {
  const result<struct stat> found = system::status(file);
  if (!found) return found.error();
  if (!S_ISREG(found->st_mode)) return error(errc::invalid_argument).advise("this is no regular file");
  const auto size = static_cast<std::size_t>(found->st_size);
  if (wanted != 0 && size != wanted) {
    return error(errc::layout_mismatch).with_size(size).advise("the file has " + std::to_string(size) + " bytes");
  }
  if (size == 0) return error(errc::invalid_argument).advise("the file is empty");
  return size;
}

result<descriptor> open_file(const std::filesystem::path& path, access mode) {
  result<descriptor> opened =
      system::open_at(AT_FDCWD, path.native(), (mode == access::read_only ? O_RDONLY : O_RDWR) | O_NONBLOCK);
  if (opened || opened.error() != errc::name_hijacked) return opened;
  return error(errc::invalid_argument, opened.error().os_code())
      .advise("this is a symbolic link, or below no directory");
}

result<memory_ptr> open_existing(const std::filesystem::path& path, const shared_file_options& options) {
  result<descriptor> opened = open_file(path, options.mode);
  if (!opened) return opened.error();
  const result<std::size_t> size = check_file(opened->get(), options.create_size);
  if (!size) return size.error();
  memory_ptr made = make_memory(std::move(*opened), *size, options.mode);
  made->is_file = true;
  return made;
}

// --- objects of other programs

result<memory_ptr> open_object(const name& native) {
  access mode = access::read_write;
  result<descriptor> opened = system::open_shared_object(native.text(), O_RDWR);
  if (!opened && opened.error() == errc::access_denied) {
    mode = access::read_only;
    opened = system::open_shared_object(native.text(), O_RDONLY);
  }
  if (!opened) return opened.error();
  const result<std::size_t> size = system::shared_object_size(opened->get());
  if (!size) return size.error();
  if (*size == 0) return error(errc::timed_out).advise("its maker has not given it a size yet");
  return make_memory(std::move(*opened), *size, mode);
}

}  // namespace

result<memory_ptr> open_memory_file(const std::filesystem::path& file, const shared_file_options& options) {
  constexpr int most_tries = 100;  // somebody makes and deletes it all the time
  for (int count = 0; count < most_tries; ++count) {
    result<memory_ptr> opened = open_existing(file, options);
    if (opened || opened.error() != errc::not_found || options.create_size == 0) return opened;
    result<descriptor> made = create_file(file, options.create_size);
    if (!made && made.error() == errc::already_exists) continue;
    if (!made) return made.error();
    memory_ptr created = make_memory(std::move(*made), options.create_size, access::read_write);
    created->is_file = true;
    created->made_here = true;
    return created;
  }
  return error(errc::already_exists).advise("the file comes and goes");
}

result<memory_ptr> open_native_memory(const name& native, detail::timer& wait) {
  posix::backoff pauses;
  for (;;) {
    result<memory_ptr> opened = open_object(native);
    if (opened || (opened.error() != errc::not_found && opened.error() != errc::timed_out)) return opened;
    if (const result<void> waited = pauses.pause(wait); !waited) {
      return waited.error() == errc::timed_out ? std::move(opened) : result<memory_ptr>(waited.error());
    }
  }
}

}  // namespace viaduct::backend
