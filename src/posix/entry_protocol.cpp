// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry_protocol.hpp"

#include <new>
#include <optional>
#include <utility>

#include "common/entry_name.hpp"
#include "posix/busy_pause.hpp"
#include "posix/entry_candidate.hpp"
#include "posix/error.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

using namespace std::chrono_literals;

// Each round means that another process got ahead in between.
constexpr int rounds = 100;
constexpr auto create_limit = 1s;
constexpr auto longest_pause = 6400us;
constexpr auto longest_idle_pause = 50ms;

error busy_error() { return error(errc::already_exists).advise("being created or destroyed"); }

result<entry_place> place_for_making(const backend::entry_request& request) {
  if (const result<void> valid = request.what.check(); !valid) return valid.error();
  if (request.what.is_native()) {
    return error(errc::invalid_argument).advise("name::native opens what another program made; it creates nothing");
  }
  if (!request.what.is_mine()) return error(errc::access_denied).advise("only its owner can create this name");
  if (request.life == lifetime::users && !request.who.is_private()) {
    return error(errc::not_supported).advise("an object that lives as long as its users is for one user alone");
  }
  return place_of(request.kind, request.what);
}

// ---- create

enum class attempt { ours, alive, busy, stale };

/// Steps c1 and c3: takes the name, over the dead if need be. `in_the_way` is told who lives.
result<attempt> claim_name(candidate& mine, const backend::entry_request& request, std::string* hint) {
  const entry_place place{mine.entry().where, mine.entry().file_name};
  for (int round = 0; round < rounds; ++round) {
    const result<void> named = mine.take_name();
    if (named) return attempt::ours;
    if (named.error() == errc::not_found) return attempt::stale;
    if (named.error() != errc::already_exists) return named.error();
    const result<opened_entry> found = open_entry(place, file_access::lock);
    if (!found && found.error() == errc::not_found) continue;
    if (!found && found.error() == errc::peer_corrupt) {
      const result<bool> cleared = clear_damaged(place);
      if (!cleared) return cleared.error();
      if (!*cleared) return damaged_error(place);
      continue;
    }
    if (!found) return found.error();
    if (const result<void> same = check_identity(found->record, request.kind, request.what); !same) return same.error();
    const result<claim> claimed = claim_dead(*found, claim_purpose::takeover);
    if (!claimed) return claimed.error();
    if (*claimed == claim::busy) return attempt::busy;
    if (*claimed == claim::alive) {
      if (hint != nullptr) *hint = creator_hint(found->record);
      return attempt::alive;
    }
    if (const result<void> gone = destroy(*found); !gone) return gone.error();
  }
  return attempt::busy;
}

/// For those who cannot answer. Without memory for it the entry is left, dead, to the next who wants its name.
void destroy_if_ours(const opened_entry& entry, entry_phase phase) noexcept {
  try {
    const result<bool> locked = claim_own(entry, phase);
    if (locked && *locked) (void)destroy(entry, phase);
  } catch (const std::bad_alloc&) {
    return;
  }
}

/// Between taking the name and publication: whatever goes wrong, nothing is left.
class construction {
 public:
  explicit construction(opened_entry entry) : held_(std::make_shared<held_entry>(std::move(entry))) {}
  ~construction() {
    if (held_) destroy_if_ours(held_->opened, entry_phase::building);
  }
  construction(const construction&) = delete;
  construction& operator=(const construction&) = delete;

  [[nodiscard]] const opened_entry& entry() const noexcept { return held_->opened; }

  /// State P: from here on others open it. In the table before that, for a thread of ours may be one of them.
  [[nodiscard]] result<held_ptr> publish() {
    const table_lock table;
    held_->owns_name = entry().record.life == lifetime::owner;
    table.enter(held_);
    const result<void> written = write_phase(entry().file.get(), entry_phase::published);
    if (!written) {
      table.remove(entry().id);
      return written.error();
    }
    return std::exchange(held_, nullptr);
  }

 private:
  held_ptr held_;
};

/// Step c2.
result<membership> build_and_publish(candidate mine, const backend::entry::builder& build) {
  construction site(std::move(mine).release());
  if (const result<void> built = build(describe(site.entry().record)); !built) return built.error();
  result<held_ptr> held = site.publish();
  if (!held) return held.error();
  membership made(std::move(*held), true);
  if (made.entry().record.is_public) {
    if (const result<void> shown = publish_to_others(made.entry()); !shown) return shown.error();
  }
  return made;
}

/// One attempt at the name; makes the candidate when it is first needed, or anew when it was swept.
result<attempt> attempt_to_own(std::optional<candidate>& mine, const backend::entry_request& request,
                               std::string* hint) {
  if (!mine) {
    const result<entry_place> place = place_for_making(request);
    if (!place) return place.error();
    result<candidate> made = candidate::make(*place, request);
    if (!made) return made.error();
    mine.emplace(std::move(*made));
  }
  const table_lock table;
  result<attempt> outcome = claim_name(*mine, request, hint);
  if (outcome && *outcome == attempt::stale) mine.reset();
  return outcome;
}

// ---- open

enum class sight { joined, nothing, building };

struct look_around {
  const entry_place& place;
  const backend::entry_request& request;
  const backend::entry::opener& open_object;
};

/// Step o7, after the object was opened.
result<bool> is_still_current(const opened_entry& entry) {
  result<bool> named = is_named(entry);
  if (!named || !*named) return named;
  const result<entry_phase> phase = read_phase(entry.file.get());
  if (!phase) return phase.error();
  return *phase != entry_phase::dying;
}

void leave_locked(const table_lock& table, const held_ptr& held, bool is_creator) noexcept;

/// This process holds the entry already. nullptr: it is stale, look again.
result<held_ptr> share(const held_ptr& held, const backend::entry::opener& open_object) {
  const result<void> opened = open_object(describe(held->opened.record));
  const result<bool> current = is_still_current(held->opened);
  if (!current) return current.error();
  if (!*current) return held_ptr();
  if (!opened) return opened.error();
  ++held->uses;
  return held;
}

/// Steps o5 to o8. nullptr: somebody got in between, look again.
result<held_ptr> join(const table_lock& table, opened_entry seen, const backend::entry::opener& open_object) {
  const result<own_process> self = this_process();
  if (!self) return self.error();
  result<descriptor> file = reopen_entry(seen);
  if (!file) {
    if (file.error() == errc::not_found) return held_ptr();
    return file.error();
  }
  seen.file = std::move(*file);
  held_ptr held = std::make_shared<held_entry>(std::move(seen));
  const result<bool> locked = system::try_write_lock(held->opened.file.get(), member_byte(self->member), 1);
  if (!locked) return locked.error();
  if (!*locked) return held_ptr();
  const result<void> opened = open_object(describe(held->opened.record));
  const result<bool> current = is_still_current(held->opened);
  // Whatever the object's opener says, a stale entry explains it; and there nothing is ours to clean up.
  if (current && !*current) return held_ptr();
  if (!opened || !current) {
    leave_locked(table, held, false);
    return current ? opened.error() : current.error();
  }
  table.enter(held);
  return held;
}

/// One attempt. Never sleeps.
result<sight> attempt_to_join(const look_around& how, held_ptr& joined) {
  const table_lock table;
  for (int round = 0; round < rounds; ++round) {
    // Read-only: closing a writable descriptor would wake everybody who watches the entry, ourselves first.
    result<opened_entry> seen = open_entry(how.place, file_access::look);
    if (!seen && seen.error() == errc::not_found) return sight::nothing;
    if (!seen && seen.error() == errc::peer_corrupt) return damaged_error(how.place);
    if (!seen) return seen.error();
    if (const result<void> same = check_identity(seen->record, how.request.kind, how.request.what); !same) {
      return same.error();
    }
    const result<standing> found = look(*seen);
    if (!found) return found.error();
    if (*found == standing::building) return sight::building;
    if (*found != standing::alive) return sight::nothing;
    const held_ptr held = table.find(seen->id);
    result<held_ptr> got = held ? share(held, how.open_object) : join(table, std::move(*seen), how.open_object);
    if (!got) return got.error();
    if (*got) {
      joined = std::move(*got);
      return sight::joined;
    }
  }
  return sight::building;
}

// ---- close

void leave_owned(held_entry& held) noexcept {
  destroy_if_ours(held.opened, entry_phase::published);
  held.owns_name = false;
  // Others of this process may keep the descriptor: they must not make the name look owned.
  if (held.uses > 1) (void)system::unlock(held.opened.file.get(), owner_byte, 2);
}

void leave_locked(const table_lock& table, const held_ptr& held, bool is_creator) noexcept {
  const opened_entry& entry = held->opened;
  if (is_creator && held->owns_name) leave_owned(*held);
  if (--held->uses > 0) return;
  table.remove(entry.id);
  if (entry.record.life == lifetime::users) {
    // Our own byte first: if two left at once and both tried before, neither would get the range.
    if (!system::unlock(entry.file.get(), member_byte(own_member()), 1)) return;
    destroy_if_ours(entry, entry_phase::published);
  }
}

}  // namespace

error damaged_error(const entry_place& place) {
  return located(error(errc::name_hijacked).advise("not an intact registry entry"),
                 place.where->path + "/" + place.file_name);
}

result<void> check_identity(const entry_record& record, backend::object_kind kind, const name& what) {
  if (record.kind == kind && record.full_name == what.text()) return {};
  return error(errc::name_invalid).advise("another name in use has the same hash: choose a different one");
}

result<entry_place> place_of(backend::object_kind kind, const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid.error();
  if (what.is_native()) return error(errc::invalid_argument).advise("a native name has no registry entry");
  const result<std::shared_ptr<const directory>> where = directory_of(what.owner());
  if (!where) return where.error();
  return entry_place{*where, detail::entry_name(kind, what), what.is_mine() ? file_origin::own : file_origin::foreign};
}

backend::entry_description describe(const entry_record& record) {
  return {record.life, record.contract, record.native_name, record.process_id, record.start_time};
}

result<membership> create_entry(const backend::entry_request& request, const backend::entry::builder& build) {
  std::optional<candidate> mine;
  busy_pause others(longest_pause);
  detail::timer limit{deadline(create_limit)};
  for (;;) {
    std::string hint;
    const result<attempt> outcome = attempt_to_own(mine, request, &hint);
    if (!outcome) return outcome.error();
    if (*outcome == attempt::ours) return build_and_publish(std::move(*mine), build);
    if (*outcome == attempt::alive) return error(errc::already_exists).advise(std::move(hint));
    if (!others.pause(limit)) return busy_error();
  }
}

result<membership> open_entry_once(const backend::entry_request& request, const backend::entry::opener& open_object) {
  const result<entry_place> place = place_of(request.kind, request.what);
  if (!place) return place.error();
  if (place->origin == file_origin::foreign) {
    return error(errc::access_denied).advise("only processes of its own user can be members of this object");
  }
  held_ptr held;
  const result<sight> seen = attempt_to_join({*place, request, open_object}, held);
  if (!seen) return seen.error();
  if (*seen == sight::joined) return membership(std::move(held), false);
  return error(errc::not_found).advise(*seen == sight::building ? "being created" : "");
}

result<membership> open_or_create_entry(const backend::entry_request& request, const backend::entry::builder& build,
                                        const backend::entry::opener& open_object, detail::timer& wait) {
  std::optional<candidate> mine;
  busy_pause others(longest_idle_pause);
  wait.start();
  for (;;) {
    const result<entry_place> place = place_for_making(request);
    if (!place) return place.error();
    held_ptr held;
    const result<sight> seen = attempt_to_join({*place, request, open_object}, held);
    if (!seen) return seen.error();
    if (*seen == sight::joined) return membership(std::move(held), false);
    if (*seen == sight::nothing) {
      const result<attempt> outcome = attempt_to_own(mine, request, nullptr);
      if (!outcome) return outcome.error();
      if (*outcome == attempt::ours) return build_and_publish(std::move(*mine), build);
    }
    if (!others.pause(wait)) return error(errc::timed_out).advise("being created or destroyed");
  }
}

result<void> remove_entry(backend::object_kind kind, const name& what) {
  const result<entry_place> place = place_of(kind, what);
  if (!place) return place.error();
  if (place->origin == file_origin::foreign)
    return error(errc::access_denied).advise("only its owner can remove this name");
  busy_pause others(longest_pause);
  detail::timer limit{deadline(create_limit)};
  for (;;) {
    {
      const table_lock table;
      const result<opened_entry> found = open_entry(*place, file_access::lock);
      if (!found && found.error() == errc::peer_corrupt) {
        const result<bool> cleared = clear_damaged(*place);
        if (!cleared) return cleared.error();
        if (!*cleared) return damaged_error(*place);
        return {};
      }
      if (!found) return found.error();
      if (const result<void> same = check_identity(found->record, kind, what); !same) return same.error();
      const result<claim> claimed = claim_dead(*found, claim_purpose::removal);
      if (!claimed) return claimed.error();
      if (*claimed == claim::alive) return error(errc::already_exists).advise(creator_hint(found->record));
      if (*claimed == claim::destroyer) return destroy(*found);
    }
    if (!others.pause(limit)) return busy_error();
  }
}

membership::~membership() {
  if (!held_ || is_foreign()) return;
  const table_lock table;
  leave_locked(table, held_, is_creator_);
}

}  // namespace viaduct::posix
