// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a fork() does to us. The child inherits our locks and connections and would keep a dead owner alive, so a fork
// handler puts /dev/null over every descriptor we own, and every object of the parent answers errc::forked.
#pragma once

namespace viaduct::posix {

/// Marks a descriptor as ours. Installs the fork handlers the first time.
void mark_owned(int descriptor) noexcept;
/// False if it was not marked (a fork handler without /dev/null closed it).
[[nodiscard]] bool unmark_owned(int descriptor) noexcept;

/// Held while a descriptor is made and marked: a fork in between would leak it into the child. Shared by any number of
/// threads; never held across a wait.
class fork_guard {
 public:
  fork_guard() noexcept;
  ~fork_guard();
  fork_guard(const fork_guard&) = delete;
  fork_guard& operator=(const fork_guard&) = delete;
};

/// What else must happen around a fork: run in this order before the fork, and in reverse order after it.
struct fork_participant {
  void (*prepare)() noexcept;
  void (*parent)() noexcept;
  void (*child)() noexcept;
};
/// At most one: the table of entries, whose mutex must be held across a fork.
void set_fork_participant(const fork_participant& participant) noexcept;

}  // namespace viaduct::posix
