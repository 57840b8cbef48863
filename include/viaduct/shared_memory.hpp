// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// shared_memory: memory that several processes see at once, by name, by a handle passed on, or from a file. A `mapping`
// makes it visible in this process; nothing is copied, and nothing is locked: who writes when is for a mutex to decide.
//
// Prefer a pipe for a stream and a named pipe for messages: memory alone wakes nobody. Prefer create_anonymous and
// a handle in a named_pipe message for processes that do not trust each other; named memory is for one user's own programs.
//
// Blocking: only open() and open_or_create() wait, and take a deadline. Creating reserves all the space, so it takes as long
// as the system needs to find it (about 0.1 ms per MiB).
// Ownership: a mapping keeps its memory alive, also when the shared_memory it came from was closed.
// Threads: any number may call const functions; what is in the memory is yours to protect.
// Cost: no system call after map().
// Errors of every call: closed (closed or moved-from object), forked (in a child after fork()), os_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <ranges>
#include <string>
#include <type_traits>

#include "viaduct/bytes.hpp"
#include "viaduct/deadline.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/export.hpp"
#include "viaduct/lifetime.hpp"
#include "viaduct/name.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/permission.hpp"
#include "viaduct/result.hpp"

namespace viaduct {

namespace detail {
struct shared_memory_impl;
struct mapping_impl;
struct shared_memory_access;

/// False for what is certain not to mean the same in another process: what must be destroyed, has virtual functions, or is an
/// address. Members cannot be looked into.
template <class T>
concept shareable = std::is_object_v<T> && std::is_trivially_destructible_v<T> && !std::is_polymorphic_v<T> &&
                    !std::is_pointer_v<T> && !std::is_member_pointer_v<T> && !std::ranges::enable_borrowed_range<T>;
}  // namespace detail

enum class access : std::uint8_t { read_only, read_write };

/// Who may write to anonymous memory: everyone who gets its handle, or only the process that made it.
enum class writers : std::uint8_t { everyone, creator };

struct shared_memory_options {
  /// users: as long as any process has it open. persistent: until remove() or reboot. owner: not_supported.
  lifetime life = lifetime::users;
  /// only_me(); for others make anonymous memory and pass its handle on (wider: not_supported).
  permission who = permission::only_me();
};

struct shared_file_options {
  access mode = access::read_write;
  /// 0: the file must exist and not be empty; its size is the memory's. Otherwise it is made with this size if missing, and
  /// must have it if it exists (layout_mismatch). Needs read_write.
  std::size_t create_size = 0;
};

struct map_options {
  std::size_t offset = 0;  // any; need not be a multiple of a page
  std::size_t length = 0;  // 0: to the end
  access mode = access::read_write;
};

/// Memory made visible. Unmapped at the end; the memory it shows lives at least as long.
class VIADUCT_EXPORT mapping {
 public:
  mapping(mapping&& other) noexcept;
  mapping& operator=(mapping&& other) noexcept;
  ~mapping();

  /// Empty if it was mapped read-only, closed or moved from, and in a forked child.
  [[nodiscard]] buffer writable() noexcept;
  [[nodiscard]] bytes readable() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return readable().size(); }

  /// What lies at `offset` as a T, a const one if mapped read-only: `account& mine = *view.as<account>().value();`. Nothing
  /// is constructed: new memory is all zero. T has plain values, arrays of them and atomics, no pointers or std::string (for
  /// those shared_heap), and is the same in all programs. invalid_argument (it does not fit there, or T wants another
  /// alignment), access_denied (mapped read-only, and T is not const).
  template <detail::shareable T>
  [[nodiscard]] result<T*> as(std::size_t offset = 0) {
    return placed<T>(place(sizeof(T), alignof(T), offset, !std::is_const_v<T>));
  }
  template <detail::shareable T>
    requires std::is_const_v<T>
  [[nodiscard]] result<T*> as(std::size_t offset = 0) const {
    return placed<T>(place(sizeof(T), alignof(T), offset, false));
  }

  /// Memory from open_file(): waits until what was written so far is in the file system's hands. Nothing for other memory.
  /// os_error, no_space.
  [[nodiscard]] result<void> flush();

  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  friend struct detail::shared_memory_access;
  explicit mapping(std::unique_ptr<detail::mapping_impl> impl) noexcept;
  [[nodiscard]] result<std::byte*> place(std::size_t size, std::size_t alignment, std::size_t offset, bool write) const;
  template <class T>
  [[nodiscard]] static result<T*> placed(const result<std::byte*>& where) {
    if (!where) return where.error();
    return std::launder(reinterpret_cast<T*>(*where));
  }
  std::unique_ptr<detail::mapping_impl> impl_;
};

class VIADUCT_EXPORT shared_memory {
 public:
  shared_memory(shared_memory&& other) noexcept;
  shared_memory& operator=(shared_memory&& other) noexcept;
  ~shared_memory();

  /// Memory by name, all zero, with its space reserved: later writes never fail for want of memory. Does not wait.
  /// already_exists (hint: the creator's process), no_space (hint: needed and available), name_invalid, name_hijacked,
  /// invalid_argument (size 0), not_supported (lifetime::owner, wider permission), limit_reached.
  [[nodiscard]] static result<shared_memory> create(const name& what, std::size_t size,
                                                    const shared_memory_options& options = {});

  /// Waits for it to appear. not_found, timed_out (being created), name_invalid, name_hijacked, access_denied (another
  /// user's), layout_mismatch (made by another version of this library), peer_corrupt (its file is not what its entry says).
  /// name::native opens a shared-memory object that another program made (POSIX: shm_open; Windows: not_supported).
  [[nodiscard]] static result<shared_memory> open(const name& what, deadline until);

  /// Whichever comes first; who makes it is told by is_creator(). layout_mismatch if it exists with another size. The options
  /// count for who makes it: what exists keeps its lifetime.
  [[nodiscard]] static result<shared_memory> open_or_create(const name& what, std::size_t size, deadline until);
  [[nodiscard]] static result<shared_memory> open_or_create(const name& what, std::size_t size,
                                                            const shared_memory_options& options, deadline until);

  /// Ends the name of persistent memory, or of what a killed process left. already_exists (in use; POSIX: users of
  /// persistent memory keep what they have, and only the name goes), not_found, not_supported (not one's own).
  [[nodiscard]] static result<void> remove(const name& what);

  /// Memory without a name: goes to others as a handle in a named_pipe message, or as an endpoint of child_process. It
  /// cannot be resized by anybody (capabilities().shared_memory.sealed). With writers::creator, map() it once to write,
  /// then give away read_only(). no_space, limit_reached, invalid_argument (size 0).
  [[nodiscard]] static result<shared_memory> create_anonymous(std::size_t size, writers who = writers::everyone);

  /// A file of the file system as memory. What others do to the file shows: one that shrinks it makes this process's next
  /// access beyond its end a fault, so use files that only your own programs write. not_found, access_denied, no_space,
  /// layout_mismatch, invalid_argument (an empty file, a directory, anything that is no regular file).
  [[nodiscard]] static result<shared_memory> open_file(const std::filesystem::path& file,
                                                       const shared_file_options& options = {});

  /// Takes over a handle that a peer sent: its kind, size and seals are checked, so that a hostile sender can neither shrink
  /// it nor have us wait on it. invalid_argument (no memory object, or size 0), access_denied (not sealed: it could still
  /// be resized), closed (no handle). The size may be rounded up to whole pages.
  [[nodiscard]] static result<shared_memory> adopt(native_handle handle);

  /// Shows (part of) it. Each call makes one more mapping. invalid_argument (outside), access_denied (writing to what is
  /// read-only, or a second writable mapping with writers::creator), no_space, limit_reached.
  [[nodiscard]] result<mapping> map(const map_options& options = {}) const;

  /// A second object for the same memory that nobody, whoever gets it, can make writable again. Only for anonymous memory
  /// with writers::creator (else not_supported). What was mapped before stays writable.
  [[nodiscard]] result<shared_memory> read_only() const;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool is_creator() const noexcept;
  /// What the system calls it, for other tools; empty without a name.
  [[nodiscard]] std::string native_name() const;

  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] native_view native() const noexcept;
  /// Gives the handle away; a name of ours ends with the last process that has it open. Mappings stay.
  [[nodiscard]] result<native_handle> release();
  /// For child_process::spawn; the child takes it with inherited<shared_memory>(). Named memory: not_supported, the child
  /// opens the name.
  [[nodiscard]] class endpoint endpoint() const noexcept;

 private:
  friend struct detail::shared_memory_access;
  explicit shared_memory(std::unique_ptr<detail::shared_memory_impl> impl) noexcept;
  std::unique_ptr<detail::shared_memory_impl> impl_;
};

}  // namespace viaduct
