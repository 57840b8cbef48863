// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory without a name, for macOS: a shared-memory object with a random name that is gone at once. Replaces
// src/posix/system_memory.cpp.
//
// Such an object can be given a size once and never another: that is our seal. Its descriptors cannot be opened again, so one
// for reading stays one for reading.
#include <fcntl.h>
#include <libproc.h>
#include <sys/mman.h>
#include <sys/proc_info.h>
#include <unistd.h>

#include <array>

#include "common/base32.hpp"
#include "posix/raw_call.hpp"
#include "posix/system.hpp"

namespace viaduct::posix::system {

namespace {

error not_memory() { return error(errc::invalid_argument).advise("the handle is no shared memory"); }

result<descriptor> open_object(const std::string& name, int flags) {
  const fork_guard guard;
  const result<int> made = checked("shm_open", [&] { return ::shm_open(name.c_str(), flags, 0600); });
  if (!made) return made.error();
  descriptor opened(*made);
  if (const result<void> set = set_close_on_exec(opened.get(), true); !set) return set.error();
  return opened;
}

/// The kernel's word that it is a shared-memory object, and what it knows of it: no file system is asked.
std::optional<pshm_fdinfo> find_object(int descriptor) {
  pshm_fdinfo found{};
  const io size = raw("proc_pidfdinfo", [&] {
    const int count = ::proc_pidfdinfo(::getpid(), descriptor, PROC_PIDFDPSHMINFO, &found, sizeof found);
    return count > 0 ? count : -1;
  });
  return size == static_cast<io>(sizeof found) ? std::optional(found) : std::nullopt;
}

}  // namespace

bool seals_memory() noexcept { return true; }
bool read_only_memory_handles() noexcept { return true; }
const char* memory_mechanism() noexcept { return "files, shm_open"; }

result<memory_descriptors> anonymous_memory(std::size_t size) {
  std::array<std::byte, 16> noise{};
  if (const result<void> filled = random(noise); !filled) return filled.error();
  const std::string name = "/vd-" + detail::to_base32(noise);  // at most 31 characters
  result<descriptor> writing = open_object(name, O_RDWR | O_CREAT | O_EXCL);
  if (!writing) return writing.error();
  result<descriptor> reading = open_object(name, O_RDONLY);
  if (const result<void> gone = done("shm_unlink", [&] { return ::shm_unlink(name.c_str()); }); !gone) {
    (void)::shm_unlink(name.c_str());  // once more: it would stay until the next boot
    return gone.error();
  }
  if (!reading) return reading.error();
  if (const result<void> sized = reserve(writing->get(), size); !sized) return sized.error();
  return memory_descriptors{std::move(*writing), std::move(*reading)};
}

// Nothing is left to do: the size is final, and who must not write gets the descriptor for reading.
result<void> finish_memory(int /*memory*/, writers /*who*/) { return {}; }

/// Files have a path to be opened by; what is found there must still be the same file. Objects have none.
result<descriptor> reopen_read_only(int file) {
  std::array<char, MAXPATHLEN> path{};
  const result<void> named = done("fcntl", [&] { return ::fcntl(file, F_GETPATH, path.data()); });
  if (!named) return error(errc::not_supported).advise("this system opens only files again");
  result<descriptor> opened = open_at(AT_FDCWD, path.data(), O_RDONLY | O_NONBLOCK);
  if (!opened) return opened.error();
  const result<struct stat> wanted = status(file);
  const result<struct stat> found = status(opened->get());
  if (!wanted || !found || wanted->st_dev != found->st_dev || wanted->st_ino != found->st_ino) {
    return error(errc::not_supported).advise("the file is not where it was");
  }
  return opened;
}

result<memory_facts> look_at_memory(int descriptor) {
  const std::optional<pshm_fdinfo> found = find_object(descriptor);
  if (!found) return not_memory();
  const auto size = static_cast<std::int64_t>(found->pshminfo.pshm_stat.vst_size);
  if (size <= 0) return error(errc::access_denied).advise("the memory has no size yet: who sent it could give it any");
  const result<int> mode = access_mode(descriptor);
  if (!mode) return mode.error();
  if (*mode == O_WRONLY) return error(errc::access_denied).advise("the memory cannot be read through this handle");
  return memory_facts{static_cast<std::size_t>(size), *mode == O_RDWR ? access::read_write : access::read_only};
}

result<descriptor> open_shared_object(const std::string& native_name, int flags) {
  const std::string name = native_name.starts_with('/') ? native_name : '/' + native_name;
  return open_object(name, flags);
}

result<std::size_t> shared_object_size(int object) {
  const result<struct stat> found = status(object);
  if (!found) return found.error();
  return static_cast<std::size_t>(found->st_size);
}

}  // namespace viaduct::posix::system
