// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/entry.hpp"

#include <array>
#include <utility>

#include "posix/entry_protocol.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

struct entry_state {
  explicit entry_state(posix::membership joined)
      : hold(std::move(joined)), description(posix::describe(hold.entry().record)) {}

  [[nodiscard]] static result<entry> wrap(result<posix::membership> joined) {
    if (!joined) return joined.error();
    return entry(std::make_unique<entry_state>(std::move(*joined)));
  }

  posix::membership hold;
  entry_description description;
};

entry::entry(std::unique_ptr<entry_state> state) noexcept : state_(std::move(state)) {}
entry::entry(entry&&) noexcept = default;
entry& entry::operator=(entry&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}
entry::~entry() { close(); }

result<entry> entry::create(const entry_request& request, const builder& build) {
  return entry_state::wrap(posix::create_entry(request, build));
}

result<entry> entry::open(const entry_request& request, const opener& open_object) {
  return entry_state::wrap(posix::open_entry_once(request, open_object));
}

result<entry> entry::open_or_create(const entry_request& request, const builder& build, const opener& open_object,
                                    detail::timer& wait) {
  return entry_state::wrap(posix::open_or_create_entry(request, build, open_object, wait));
}

result<void> entry::remove(object_kind kind, const name& what) { return posix::remove_entry(kind, what); }

result<entry_description> entry::find(object_kind kind, const name& what) {
  result<posix::found_entry> found = posix::find_entry(kind, what);
  if (!found) return found.error();
  return std::move(found->description);
}

const entry_description& entry::description() const noexcept { return state_->description; }

bool entry::is_creator() const noexcept { return state_->hold.is_creator(); }

std::uint64_t entry::member_id() noexcept {
  (void)posix::this_process();
  return posix::own_member();
}

result<bool> entry::alive(std::uint64_t member) const {
  if (!state_) return errc::closed;
  if (state_->hold.is_foreign()) return errc::forked;
  if (member == 0 || member >= std::uint64_t{1} << 62) return false;  // nobody has such an id
  if (member == posix::own_member()) return true;  // one's own locks are invisible on one's own descriptor
  const result<std::optional<std::int64_t>> held =
      posix::system::query_lock(state_->hold.entry().file.get(), posix::member_byte(member), 1);
  if (!held) return held.error();
  return held->has_value();
}

void entry::close() noexcept { state_.reset(); }

}  // namespace viaduct::backend

namespace viaduct::posix {

namespace {

result<opened_entry> find_alive(const entry_place& place, backend::object_kind kind, const name& what) {
  result<opened_entry> seen = open_entry(place, file_access::look);
  if (!seen) return seen.error();
  if (const result<void> same = check_identity(seen->record, kind, what); !same) return same.error();
  const result<standing> found = look(*seen);
  if (!found) return found.error();
  if (*found != standing::alive)
    return error(errc::not_found).advise(*found == standing::building ? "being created" : "");
  return seen;
}

result<found_entry> find_own(const entry_place& place, backend::object_kind kind, const name& what) {
  result<opened_entry> seen = find_alive(place, kind, what);
  if (!seen) return seen.error();
  return found_entry{place.where, std::move(seen->file), describe(seen->record)};
}

/// The copy was published whole and goes when its owner is done; whether that one lives, only a connection can tell.
result<found_entry> find_foreign(const entry_place& place, backend::object_kind kind, const name& what) {
  result<opened_entry> seen = open_entry(place, file_access::look);
  if (!seen) return seen.error();
  if (const result<void> same = check_identity(seen->record, kind, what); !same) return same.error();
  if (seen->phase != entry_phase::published) return errc::not_found;
  return found_entry{place.where, std::move(seen->file), describe(seen->record)};
}

}  // namespace

result<found_entry> find_entry(backend::object_kind kind, const name& what) {
  const result<entry_place> place = place_of(kind, what);
  if (!place) return place.error();
  result<found_entry> found =
      place->origin == file_origin::own ? find_own(*place, kind, what) : find_foreign(*place, kind, what);
  if (!found && found.error() == errc::peer_corrupt) return damaged_error(*place);
  return found;
}

result<found_entry> find_entry_to_lock(backend::object_kind kind, const name& what) {
  const result<entry_place> place = place_of(kind, what);
  if (!place) return place.error();
  if (place->origin != file_origin::own) return error(errc::access_denied).advise("this name belongs to another user");
  result<opened_entry> seen = find_alive(*place, kind, what);
  if (!seen) return seen.error() == errc::peer_corrupt ? damaged_error(*place) : seen.error();
  result<descriptor> file = reopen_entry(*seen);
  if (!file) return file.error();
  return found_entry{place->where, std::move(*file), describe(seen->record)};
}

int entry_file(const backend::entry& held) noexcept { return held.state().hold.entry().file.get(); }

const directory& entry_directory(const backend::entry& held) noexcept { return *held.state().hold.entry().where; }

const std::string& entry_file_name(const backend::entry& held) noexcept { return held.state().hold.entry().file_name; }

result<writer_mark> read_writer_mark(int entry_file) {
  std::array<std::byte, 1> value{};
  const result<std::size_t> size = system::read_at(entry_file, value, writer_mark_offset);
  if (!size) return size.error();
  const auto mark = static_cast<writer_mark>(value[0]);
  if (*size != 1 || (mark != writer_mark::free && mark != writer_mark::taken)) {
    return error(errc::peer_corrupt).advise("the registry entry is damaged");
  }
  return mark;
}

result<void> write_writer_mark(int entry_file, writer_mark mark) {
  const std::array value{static_cast<std::byte>(mark)};
  return system::write_at(entry_file, value, writer_mark_offset);
}

result<bool> has_writer(int entry_file) {
  const result<std::optional<std::int64_t>> held = system::query_lock(entry_file, writer_byte, 1);
  if (!held) return held.error();
  return held->has_value();
}

result<bool> try_lock_writer(int entry_file) { return system::try_write_lock(entry_file, writer_byte, 1); }

}  // namespace viaduct::posix
