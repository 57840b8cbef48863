// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/entry_protocol.hpp"

#include <atomic>
#include <utility>

#include "backend/system.hpp"
#include "common/entry_name.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

std::atomic<std::uint64_t> drawn_member{0};

result<std::uint64_t> draw_member() {
  std::uint64_t random = 0;
  const result<void> drawn = backend::random_bytes(buffer(&random, sizeof random));
  if (!drawn) return drawn.error();
  random &= members_length - 1;
  return random != 0 ? random : 1;
}

error held_open_error() {
  return error(errc::os_error, ERROR_SHARING_VIOLATION).advise("held open by another program");
}
error busy_error(errc code) { return error(code).advise("being created or destroyed"); }

std::string creator_hint(const entry_record& record) {
  const std::uint64_t process = record.description.process_id;
  return "process " + std::to_string(process) + (process == system::own_process_id() ? ", this one," : "") + " has it";
}

result<void> check_request(const backend::entry_request& request) {
  if (request.life == lifetime::users && !request.who.is_private()) {
    return error(errc::not_supported).advise("an object that lives as long as its users is for one user alone");
  }
  return {};
}

/// What one attempt came to: a hold, or an obstacle to wait for.
struct attempt {
  obstacle in_the_way = obstacle::none;
  bool is_free = false;  // an entry without an object, which nobody has removed yet
  bool is_alive = false;
  std::string creator = {};  // of the live object, for hints
  std::optional<membership> made = {};
};

/// With the gate and a live object: becomes a member.
result<membership> join(const entry_place& place, entered with) {
  const result<own_process> self = this_process();
  if (!self) return self.error();
  const result<void> joined = become_member(*with.file, self->member);
  if (!joined) return joined.error();
  return membership(place, std::move(with.file), std::move(*with.record), false);
}

/// The object is opened with our byte locked and no lock of this process held.
result<membership> finish_opening(result<membership> joined, const backend::entry::opener& open_object) {
  if (!joined) return joined;
  const result<void> opened = open_object(joined->record().description);
  if (!opened) return opened.error();
  return joined;
}

enum class if_alive { refuse, join };

result<attempt> try_making(const plan& what, if_alive then) {
  std::unique_lock mutex(entry_mutex());
  attempt outcome;
  result<std::optional<entered>> inside = enter(what.place, OPEN_ALWAYS, outcome.in_the_way);
  if (!inside) return inside.error();
  if (!*inside) return outcome;
  entered& with = **inside;
  if (with.record) {
    const result<bool> alive = lives(*with.file, *with.record);
    if (!alive) return alive.error();
    if (*alive) {
      const result<void> same = check_identity(*with.record, what.request.kind, what.request.what);
      if (!same) return same.error();
      outcome.is_alive = true;
      outcome.creator = creator_hint(*with.record);
      if (then == if_alive::refuse) return outcome;
      result<membership> joined = join(what.place, std::move(with));
      if (!joined) return joined.error();
      outcome.made.emplace(std::move(*joined));
      return outcome;
    }
  }
  result<membership> taken = take_over(what, std::move(with), mutex);
  if (!taken) return taken.error();
  outcome.made.emplace(std::move(*taken));
  return outcome;
}

/// What could not be made leaves no file.
result<attempt> make_or_sweep(const plan& what, if_alive then) {
  try {
    result<attempt> tried = try_making(what, then);
    if (!tried) sweep_entry(what.place);
    return tried;
  } catch (...) {  // of the builder, or no memory
    sweep_entry(what.place);
    throw;
  }
}

/// Not there, dead, or being built: not_found.
result<attempt> try_joining(const entry_place& place, const backend::entry_request& request) {
  const std::unique_lock mutex(entry_mutex());
  attempt outcome;
  result<std::optional<entered>> inside = enter(place, OPEN_EXISTING, outcome.in_the_way);
  if (!inside) return inside.error();
  if (!*inside) return outcome;
  entered& with = **inside;
  outcome.is_free = !with.record || with.record->phase == entry_phase::free;
  if (outcome.is_free) return outcome;
  const result<bool> alive = lives(*with.file, *with.record);
  if (!alive) return alive.error();
  if (!*alive) return errc::not_found;
  const result<void> same = check_identity(*with.record, request.kind, request.what);
  if (!same) return same.error();
  result<membership> joined = join(place, std::move(with));
  if (!joined) return joined.error();
  outcome.made.emplace(std::move(*joined));
  return outcome;
}

/// Somebody has the gate. If they build, there is nothing to join for as long as it takes them.
bool is_being_built(const entry_place& place) {
  const std::unique_lock mutex(entry_mutex());
  const result<entry_file_ptr> file = look_at_entry_file(place);
  if (!file) return false;
  const result<std::optional<entry_record>> found = read_record(**file, place);
  return found && *found && (*found)->phase == entry_phase::building;
}

result<void> try_removing(const entry_place& place, backend::object_kind kind, const name& what, obstacle& why) {
  const std::unique_lock mutex(entry_mutex());
  result<std::optional<entered>> inside = enter(place, OPEN_EXISTING, why);
  if (!inside) return inside.error();
  if (!*inside) return {};
  entered& with = **inside;
  if (!with.record || with.record->phase == entry_phase::free) return errc::not_found;
  if (const result<void> same = check_identity(*with.record, kind, what); !same) return same;
  if (with.record->description.life != lifetime::persistent) {
    const result<bool> alive = lives(*with.file, *with.record);
    if (!alive) return alive.error();
    if (*alive) return error(errc::already_exists).advise(creator_hint(*with.record));
  } else {
    const result<bool> used = has_members(*with.file);
    if (!used) return used.error();
    if (*used) return error(errc::already_exists).advise("in use: it can be removed when nobody has it open");
  }
  if (!destroy_object(place, *with.file, *with.record)) return held_open_error();
  return {};
}

}  // namespace

result<own_process> this_process() {
  static std::mutex guard;
  static own_process self;
  const std::lock_guard lock(guard);
  if (self.member != 0) return self;
  own_process made;
  made.process_id = system::own_process_id();
  const result<std::uint64_t> started = system::process_creation_time(::GetCurrentProcess());
  if (!started) return started.error();
  made.start_time = *started;
  const result<std::uint64_t> member = draw_member();
  if (!member) return member.error();
  made.member = *member;
  self = made;
  drawn_member.store(made.member, std::memory_order_release);
  return self;
}

std::uint64_t own_member() noexcept { return drawn_member.load(std::memory_order_acquire); }

result<entry_place> own_place(backend::object_kind kind, const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid.error();
  if (what.is_native()) return error(errc::invalid_argument).advise("a native name has no registry entry");
  if (!what.is_mine()) return error(errc::access_denied).advise("only its owner can create or remove this name");
  result<directory_ptr> where = own_directory();
  if (!where) return where.error();
  return entry_place{std::move(*where), detail::entry_name(kind, what)};
}

result<void> check_identity(const entry_record& found, backend::object_kind kind, const name& what) {
  if (found.kind == kind && found.name == what.text()) return {};
  return error(errc::name_invalid).advise("another name in use has the same hash: choose a different one");
}

result<std::optional<entered>> enter(const entry_place& place, DWORD disposition, obstacle& why) {
  why = obstacle::none;
  result<entry_file_ptr> file = open_entry_file(place, disposition);
  if (!file) {
    if (!is_held_open(file.error())) return file.error();
    why = obstacle::held_open;
    return std::optional<entered>();
  }
  result<std::optional<gate>> hold = gate::enter(**file);
  if (!hold) return hold.error();
  if (!*hold) {
    why = obstacle::busy;
    return std::optional<entered>();
  }
  entered made{std::move(*file), std::move(**hold), {}};
  result<std::optional<entry_record>> record = read_record(*made.file, place);
  if (!record) return record.error();
  made.record = std::move(*record);
  return std::optional<entered>(std::move(made));
}

result<membership> create_entry(const backend::entry_request& request, const backend::entry::builder& build) {
  if (const result<void> possible = check_request(request); !possible) return possible.error();
  const result<entry_place> place = own_place(request.kind, request.what);
  if (!place) return place.error();
  for (backoff others;;) {
    result<attempt> tried = make_or_sweep({*place, request, build}, if_alive::refuse);
    if (!tried) return tried.error();
    if (tried->is_alive) return error(errc::already_exists).advise(std::move(tried->creator));
    if (tried->made) return std::move(*tried->made);
    if (others.pause()) continue;
    return tried->in_the_way == obstacle::held_open ? held_open_error() : busy_error(errc::already_exists);
  }
}

result<membership> open_entry_once(const backend::entry_request& request, const backend::entry::opener& open_object) {
  const result<entry_place> place = own_place(request.kind, request.what);
  if (!place) return place.error();
  for (backoff others;;) {
    result<attempt> tried = try_joining(*place, request);
    if (!tried) return tried.error();
    if (tried->is_free) {
      sweep_entry(*place, 1);
      return errc::not_found;
    }
    if (tried->made) return finish_opening(std::move(*tried->made), open_object);
    if (tried->in_the_way == obstacle::busy && is_being_built(*place)) return busy_error(errc::not_found);
    if (others.pause()) continue;
    return tried->in_the_way == obstacle::held_open ? held_open_error() : busy_error(errc::not_found);
  }
}

result<membership> open_or_create_entry(const backend::entry_request& request, const backend::entry::builder& build,
                                        const backend::entry::opener& open_object, detail::timer& wait) {
  if (const result<void> possible = check_request(request); !possible) return possible.error();
  const result<entry_place> place = own_place(request.kind, request.what);
  if (!place) return place.error();
  backoff foreign;  // bounds how long another program may keep the file from us
  for (backoff others;;) {
    result<attempt> tried = make_or_sweep({*place, request, build}, if_alive::join);
    if (!tried) return tried.error();
    if (tried->made) {
      if (tried->made->is_creator()) return std::move(*tried->made);
      return finish_opening(std::move(*tried->made), open_object);
    }
    if (wait.expired()) return busy_error(errc::timed_out);
    if (tried->in_the_way == obstacle::held_open) {
      if (!foreign.pause()) return held_open_error();
      continue;
    }
    foreign = backoff();
    if (!others.pause()) others = backoff();
  }
}

result<void> remove_entry(backend::object_kind kind, const name& what) {
  const result<entry_place> place = own_place(kind, what);
  if (!place) return place.error();
  for (backoff others;;) {
    obstacle why = obstacle::none;
    const result<void> removed = try_removing(*place, kind, what, why);
    if (!removed && removed.error() != errc::not_found) return removed;
    if (why == obstacle::none) {
      sweep_entry(*place);
      return removed;
    }
    if (!others.pause()) return why == obstacle::held_open ? held_open_error() : busy_error(errc::already_exists);
  }
}

}  // namespace viaduct::windows
