// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Waiting for a name to change. The entry's inode is watched as well as its directory: publication writes into the inode,
// and the death of a creator closes it, neither of which the directory tells.
#include <poll.h>

#include <utility>

#include "backend/entry.hpp"
#include "common/log.hpp"
#include "posix/backoff.hpp"
#include "posix/entry_protocol.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

namespace {

/// Where the kernel cannot wake us: no such mechanism, a directory we may search but not read, or no watches left for this
/// user. Then looking again is slower, and right all the same.
bool is_unwatchable(const error& why) noexcept {
  return why == errc::not_supported || why == errc::access_denied || why == errc::limit_reached ||
         why == errc::no_space || why == errc::not_found;
}

}  // namespace

struct name_watch::impl {
  object_kind kind;
  name what;
  posix::descriptor watch = {};  // invalid: look again after a while
  posix::backoff next_look = {};

  /// Again after each event: the name may mean another inode by now, and the path another directory. Adding what is watched
  /// already does nothing.
  [[nodiscard]] result<void> add_paths() const {
    const result<posix::entry_place> place = posix::place_of(kind, what);
    if (!place) return place.error();
    const result<void> around = posix::system::watch_path(watch.get(), posix::path_in(*place->where, "."), true);
    if (!around) return around.error();
    const result<void> inside =
        posix::system::watch_path(watch.get(), posix::path_in(*place->where, place->file_name), false);
    if (!inside && inside.error() != errc::not_found) return inside.error();
    return {};
  }

  [[nodiscard]] result<void> begin() {
    result<posix::descriptor> made = posix::system::make_watch();
    if (made) {
      watch = std::move(*made);
      const result<void> added = add_paths();
      if (added) return {};
      made = added.error();
    }
    watch.reset();
    if (!is_unwatchable(made.error())) return made.error();
    const bool exhausted = made.error() == errc::limit_reached || made.error() == errc::no_space;
    if (exhausted)
      detail::write_log(log_level::warning, "no inotify watches left: waiting for a name by looking again");
    return {};
  }

  [[nodiscard]] result<void> sleep(detail::timer& wait) {
    // Events may come faster than we look: they must not carry us past the deadline.
    if (wait.expired()) return errc::timed_out;
    pollfd ready{watch.get(), POLLIN, 0};
    const result<int> count = posix::system::wait({&ready, 1}, wait);
    if (!count) return count.error();
    if (*count == 0) return errc::timed_out;
    posix::system::drain_watch(watch.get());
    const result<void> added = add_paths();
    if (!added && !is_unwatchable(added.error())) return added.error();
    if (!added) watch.reset();
    return {};
  }
};

name_watch::name_watch(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
name_watch::name_watch(name_watch&&) noexcept = default;
name_watch& name_watch::operator=(name_watch&&) noexcept = default;
name_watch::~name_watch() = default;

result<name_watch> name_watch::start(object_kind kind, const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid.error();
  auto made = std::make_unique<impl>(impl{kind, what});
  const result<void> begun = made->begin();
  if (!begun) return begun.error();
  return name_watch(std::move(made));
}

result<void> name_watch::wait(detail::timer& wait) {
  return impl_->watch.is_valid() ? impl_->sleep(wait) : impl_->next_look.pause(wait);
}

}  // namespace viaduct::backend
