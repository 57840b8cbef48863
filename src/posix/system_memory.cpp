// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory without a name, for Linux: a sealed memfd. src/macos/system_memory.cpp replaces this file; where
// seals_memory() says no it goes the same road, with a file in /dev/shm.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

#include "common/base32.hpp"
#include "posix/raw_call.hpp"
#include "posix/system.hpp"

// Newer than some of the headers we compile with; the kernel says at run time whether it knows them.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace viaduct::posix::system {

namespace {

constexpr long shared_memory_file_system = 0x01021994;  // TMPFS_MAGIC
constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr const char* shared_objects =
    "/dev/shm/";  // where shm_open() keeps them, which older libraries have elsewhere

/// Linux 5.1 and later.
bool probe_future_write() noexcept {
  const int probe = ::memfd_create("viaduct", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (probe < 0) return false;
  const bool known = ::fcntl(probe, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
  (void)::close(probe);
  return known;
}

/// What the kernel could give without taking it from a program: nullopt if it does not say.
std::optional<std::uint64_t> available_memory() {
  result<descriptor> file = open_at(AT_FDCWD, "/proc/meminfo", O_RDONLY);
  if (!file) return std::nullopt;
  std::array<char, 4096> text{};
  const result<std::size_t> size = read_at(file->get(), buffer(text.data(), text.size() - 1), 0);
  if (!size) return std::nullopt;
  std::uint64_t total = 0;
  bool found = false;
  for (const char* key : {"\nMemAvailable:", "\nSwapFree:"}) {
    const char* line = std::strstr(text.data(), key);
    if (line == nullptr) continue;
    const char* const digits = line + std::strlen(key);
    char* end = nullptr;
    const std::uint64_t kibibytes = std::strtoull(digits, &end, 10);
    if (end == digits) continue;
    total += kibibytes * 1024;
    found = true;
  }
  return found ? std::optional(total) : std::nullopt;
}

/// A memfd has no file system that could be full: asked for too much, the kernel would kill programs to find it.
result<void> check_room(std::size_t size) {
  constexpr std::size_t always_there = std::size_t{1} << 20;
  if (size <= always_there) return {};
  const std::optional<std::uint64_t> available = available_memory();
  if (!available || size <= *available) return {};
  return error(errc::no_space, ENOMEM)
      .with_size(size)
      .advise(std::to_string(size) + " bytes needed, " + std::to_string(*available) + " of memory available");
}

result<descriptor> make_memfd() {
  const fork_guard guard;
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const auto make = [](unsigned how) {
    return checked("memfd_create", [how] { return ::memfd_create("viaduct", how); });
  };
  result<int> made = make(flags | MFD_NOEXEC_SEAL);
  if (!made && made.error().os_code() == EINVAL) made = make(flags);  // before Linux 6.3
  if (!made) return made.error();
  return descriptor(*made);
}

result<memory_descriptors> sealed_memory(std::size_t size) {
  if (const result<void> room = check_room(size); !room) return room.error();
  result<descriptor> made = make_memfd();
  if (!made) return made.error();
  const int file = made->get();
  if (const result<void> set = change_mode(file, 0600); !set) return set.error();
  const auto length = static_cast<off_t>(size);
  if (const result<void> sized = done("fallocate", [&] { return ::fallocate(file, 0, 0, length); }); !sized) {
    return sized.error();
  }
  if (const result<void> sealed = done("fcntl", [&] { return ::fcntl(file, F_ADD_SEALS, size_seals); }); !sealed) {
    return sealed.error();
  }
  return memory_descriptors{std::move(*made), {}};
}

/// The road of systems without memfd. Its name is random, and gone before anybody else could be told of it.
result<memory_descriptors> unlinked_memory(std::size_t size) {
  std::array<std::byte, 16> noise{};
  if (const result<void> filled = random(noise); !filled) return filled.error();
  const std::string path = std::string(shared_objects) + "vd-" + detail::to_base32(noise);
  result<descriptor> writing = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!writing) return writing.error();
  result<descriptor> reading = open_at(AT_FDCWD, path, O_RDONLY);
  if (const result<void> gone = unlink_at(AT_FDCWD, path); !gone) {
    (void)::unlink(path.c_str());  // once more: it would stay until the next boot
    return gone.error();
  }
  if (!reading) return reading.error();
  if (const result<void> sized = reserve(writing->get(), size); !sized) return sized.error();
  return memory_descriptors{std::move(*writing), std::move(*reading)};
}

error not_memory() { return error(errc::invalid_argument).advise("the handle is no shared memory"); }

error resizable() {
  return error(errc::access_denied).advise("the memory is not sealed: who sent it could shrink it under us");
}

/// Of the file systems that could make us wait, none gets this far: they have no seals.
result<std::size_t> memory_size(int file) {
  struct statfs where{};
  const result<void> asked = done("fstatfs", [&] { return ::fstatfs(file, &where); });
  if (!asked) return asked.error();
  if (static_cast<long>(where.f_type) != shared_memory_file_system) {
    return error(errc::invalid_argument).advise("memory of huge pages can be taken back: send ordinary memory");
  }
  const result<struct stat> found = status(file);
  if (!found) return found.error();
  if (!S_ISREG(found->st_mode) || found->st_size <= 0) return not_memory();
  return static_cast<std::size_t>(found->st_size);
}

/// Is it a file in memory that no name leads to any more? The road of unlinked_memory().
result<bool> is_unlinked(int file) {
  const result<struct stat> found = status(file);
  if (!found) return found.error();
  return S_ISREG(found->st_mode) && found->st_nlink == 0;
}

}  // namespace

bool read_only_memory_handles() noexcept {
  if (!seals_memory()) return true;  // of the system whose road this is
  static const bool known = probe_future_write();
  return known;
}
const char* memory_mechanism() noexcept {
  return seals_memory() ? "files in /dev/shm, sealed memfd" : "files in /dev/shm, unlinked at once";
}

result<memory_descriptors> anonymous_memory(std::size_t size) {
  return seals_memory() ? sealed_memory(size) : unlinked_memory(size);
}

result<void> finish_memory(int memory, writers who) {
  if (!seals_memory()) return {};
  const int seals = who == writers::everyone ? F_SEAL_SEAL : F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  const result<void> sealed = done("fcntl", [&] { return ::fcntl(memory, F_ADD_SEALS, seals); });
  if (sealed || sealed.error().os_code() != EINVAL) return sealed;
  return error(errc::not_supported, EINVAL).advise("this kernel cannot seal memory against writing (Linux 5.1)");
}

result<descriptor> reopen_read_only(int file) {
  const fork_guard guard;
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const result<int> opened =
      checked("openat", [&] { return ::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); });
  if (!opened) return opened.error();
  return descriptor(*opened);
}

result<memory_facts> look_at_memory(int descriptor) {
  // First: only memory has seals, and nothing is asked of a file system that somebody else may serve.
  const io seals = raw("fcntl", [&] { return ::fcntl(descriptor, F_GET_SEALS); });
  if (seals == -EINVAL || seals == -EBADF) return not_memory();
  if (seals < 0) return failure(static_cast<int>(-seals));
  if ((seals & size_seals) != size_seals) {
    if (seals_memory()) return resizable();
    const result<bool> unlinked = is_unlinked(descriptor);
    if (!unlinked) return unlinked.error();
    if (!*unlinked || (seals & F_SEAL_SEAL) == 0) return resizable();
  }
  const result<std::size_t> size = memory_size(descriptor);
  if (!size) return size.error();
  const result<int> mode = access_mode(descriptor);
  if (!mode) return mode.error();
  if (*mode == O_WRONLY) return error(errc::access_denied).advise("the memory cannot be read through this handle");
  const bool writable = *mode == O_RDWR && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) == 0;
  return memory_facts{*size, writable ? access::read_write : access::read_only};
}

result<descriptor> open_shared_object(const std::string& native_name, int flags) {
  std::string_view plain = native_name;
  while (!plain.empty() && plain.front() == '/') plain.remove_prefix(1);
  if (plain.empty() || plain == "." || plain == ".." || plain.find('/') != std::string_view::npos) {
    return error(errc::name_invalid).advise("a shared-memory object is called /name, without another slash");
  }
  return open_at(AT_FDCWD, shared_objects + std::string(plain), flags | O_NONBLOCK);
}

result<std::size_t> shared_object_size(int object) {
  const result<struct stat> found = status(object);
  if (!found) return found.error();
  if (!S_ISREG(found->st_mode)) return not_memory();
  return static_cast<std::size_t>(found->st_size);
}

}  // namespace viaduct::posix::system
