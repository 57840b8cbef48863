// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/entry.hpp"

#include <utility>

#include "windows/entry_protocol.hpp"

namespace viaduct::backend {

struct entry_state {
  explicit entry_state(windows::membership joined) : hold(std::move(joined)) {}

  [[nodiscard]] static result<entry> wrap(result<windows::membership> joined) {
    if (!joined) return joined.error();
    return entry(std::make_unique<entry_state>(std::move(*joined)));
  }

  windows::membership hold;
};

entry::entry(std::unique_ptr<entry_state> state) noexcept : state_(std::move(state)) {}
entry::entry(entry&&) noexcept = default;
entry& entry::operator=(entry&& other) noexcept = default;
entry::~entry() = default;

result<entry> entry::create(const entry_request& request, const builder& build) {
  return entry_state::wrap(windows::create_entry(request, build));
}

result<entry> entry::open(const entry_request& request, const opener& open_object) {
  return entry_state::wrap(windows::open_entry_once(request, open_object));
}

result<entry> entry::open_or_create(const entry_request& request, const builder& build, const opener& open_object,
                                    detail::timer& wait) {
  return entry_state::wrap(windows::open_or_create_entry(request, build, open_object, wait));
}

result<void> entry::remove(object_kind kind, const name& what) { return windows::remove_entry(kind, what); }

result<entry_description> entry::find(object_kind kind, const name& what) {
  result<windows::found_entry> found = windows::find_entry(kind, what);
  if (!found) return found.error();
  return std::move(found->description);
}

const entry_description& entry::description() const noexcept { return state_->hold.record().description; }

bool entry::is_creator() const noexcept { return state_->hold.is_creator(); }

std::uint64_t entry::member_id() noexcept {
  const result<windows::own_process> self = windows::this_process();
  return self ? self->member : 0;
}

result<bool> entry::alive(std::uint64_t member) const {
  if (!state_) return errc::closed;
  if (member == 0 || member >= windows::members_length) return false;  // nobody has such an id
  if (member == windows::own_member()) return true;
  return windows::is_locked(state_->hold.file(), windows::members_start + member, 1);
}

void entry::close() noexcept { state_.reset(); }

}  // namespace viaduct::backend

namespace viaduct::windows {

result<std::wstring> entry_directory() {
  const result<directory_ptr> where = own_directory();
  if (!where) return where.error();
  return (*where)->path;
}

}  // namespace viaduct::windows
