// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: registry entries. One small file per named object decides who owns a name, whether its owner or users
// live, and who may clean up. Ownership is kernel evidence (a lock that dies with its process), never a pid or a timeout.
//
// An entry goes through building -> published -> dying. docs/names.md describes the protocol. No function here waits,
// except where it says so; no function sleeps for longer than the bounded back-off of a busy entry (1 s).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/timer.hpp"
#include "viaduct/lifetime.hpp"
#include "viaduct/name.hpp"
#include "viaduct/permission.hpp"
#include "viaduct/result.hpp"

namespace viaduct::backend {

/// Kinds have separate namespaces. The value is stored in the entry: append only.
enum class object_kind : std::uint8_t {
  test = 0,
  pipe = 1,
  named_pipe = 2,
  shared_memory = 3,
  notification = 4,
  mutex = 5,
  shared_mutex = 6,
  condition = 7,
  semaphore = 8,
  permit_pool = 9,
  barrier = 10,
  waits = 11,  // who waits for whom, for the detection of deadlocks
};

/// What an opener must know before it touches the object. The meaning of the values belongs to the kind.
struct entry_contract {
  std::uint32_t layout = 1;
  std::array<std::uint64_t, 6> values{};
  friend bool operator==(const entry_contract&, const entry_contract&) = default;
};

struct entry_request {
  object_kind kind = object_kind::test;
  name what;
  lifetime life = lifetime::owner;
  permission who = permission::only_me();
  entry_contract contract = {};
};

/// What an entry says, checked: it is well formed, of the right kind, and for exactly the name asked for.
struct entry_description {
  lifetime life = lifetime::owner;
  entry_contract contract;
  /// The object: a file name in the entry's directory (POSIX), an object or file name (Windows). Random for each creation.
  std::string native_name;
  /// The creator, for hints only.
  std::uint64_t process_id = 0;
  std::uint64_t start_time = 0;
};

struct entry_state;  // complete in the OS folder

/// This process's hold on one entry. Move-only; destruction is close(): the last one destroys the object and the entry.
class entry {
 public:
  /// Builds the native object under description.native_name, in the entry's directory where it is a file. Called while the
  /// entry is invisible to openers.
  using builder = std::function<result<void>(const entry_description&)>;
  /// Opens the native object; called after liveness was established and before the name is checked again. Neither waits,
  /// forks, nor uses an entry: the process's table is locked.
  using opener = std::function<result<void>(const entry_description&)>;

  entry(entry&&) noexcept;
  entry& operator=(entry&&) noexcept;
  ~entry();

  /// Makes the name ours, taking over from the dead. already_exists (hint: the owner's process, or "being created or
  /// destroyed" after 1 s), name_invalid, name_hijacked, no_space, limit_reached, what `build` returned (then nothing is left).
  [[nodiscard]] static result<entry> create(const entry_request& request, const builder& build);

  /// One attempt to join a `users` object as a member. not_found: absent, dead, being built or dying: wait with name_watch.
  [[nodiscard]] static result<entry> open(const entry_request& request, const opener& open_object);

  /// Whichever comes first; waits for creators and destroyers at work until the deadline (timed_out).
  [[nodiscard]] static result<entry> open_or_create(const entry_request& request, const builder& build,
                                                    const opener& open_object, detail::timer& wait);

  /// Destroys a persistent or dead object of this name. already_exists (it lives; hint: the process), not_found.
  [[nodiscard]] static result<void> remove(object_kind kind, const name& what);

  /// One look at an `owner` object, also of another user (their public copy), without joining. not_found: absent, dead or
  /// being built. The object may die at any moment after.
  [[nodiscard]] static result<entry_description> find(object_kind kind, const name& what);

  [[nodiscard]] const entry_description& description() const noexcept;
  [[nodiscard]] bool is_creator() const noexcept;

  /// Random identity of this process among the members of all entries; a forked child has another.
  [[nodiscard]] static std::uint64_t member_id() noexcept;
  /// Does the process with this member id hold this entry open? Kernel evidence; our own id is alive. os_error.
  [[nodiscard]] result<bool> alive(std::uint64_t member) const;

  void close() noexcept;

  [[nodiscard]] entry_state& state() const noexcept { return *state_; }

 private:
  friend struct entry_state;
  explicit entry(std::unique_ptr<entry_state> state) noexcept;
  std::unique_ptr<entry_state> state_;
};

/// Tells when a name may have changed: appeared, been published, died. Start it before the look that finds nothing.
class name_watch {
 public:
  name_watch(name_watch&&) noexcept;
  name_watch& operator=(name_watch&&) noexcept;
  ~name_watch();

  /// limit_reached, name_hijacked.
  [[nodiscard]] static result<name_watch> start(object_kind kind, const name& what);

  /// Waits for a change, real or spurious; timed_out. Where the system cannot wake us: 1, 2, 4 ... 50 ms.
  [[nodiscard]] result<void> wait(detail::timer& wait);

 private:
  struct impl;
  explicit name_watch(std::unique_ptr<impl> made) noexcept;
  std::unique_ptr<impl> impl_;
};

}  // namespace viaduct::backend
