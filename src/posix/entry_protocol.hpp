// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The protocol of the registry, step by step as docs/names.md states it: create, open, close, remove. Its steps are in
// entry_file.hpp; changing their order breaks it.
#pragma once

#include <utility>

#include "backend/entry.hpp"
#include "common/generation.hpp"
#include "common/timer.hpp"
#include "posix/entry_file.hpp"
#include "posix/entry_table.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

/// One use of a held entry, given back at the end: the creator of an `owner` object and the last user of a `users` object
/// destroy it then. In a forked child nothing happens: the locks are the parent's business.
class membership {
 public:
  membership(held_ptr held, bool is_creator) noexcept : held_(std::move(held)), is_creator_(is_creator) {}
  membership(membership&&) noexcept = default;
  membership& operator=(membership&&) = delete;
  ~membership();

  [[nodiscard]] const opened_entry& entry() const noexcept { return held_->opened; }
  [[nodiscard]] bool is_creator() const noexcept { return is_creator_; }
  [[nodiscard]] bool is_foreign() const noexcept { return born_.is_foreign(); }

 private:
  held_ptr held_;
  bool is_creator_;
  detail::born_here born_;
};

/// Where this name's entry lies. For making: only mine, and not native.
[[nodiscard]] result<entry_place> place_of(backend::object_kind kind, const name& what);

[[nodiscard]] result<membership> create_entry(const backend::entry_request& request,
                                              const backend::entry::builder& build);
[[nodiscard]] result<membership> open_entry_once(const backend::entry_request& request,
                                                 const backend::entry::opener& open_object);
[[nodiscard]] result<membership> open_or_create_entry(const backend::entry_request& request,
                                                      const backend::entry::builder& build,
                                                      const backend::entry::opener& open_object, detail::timer& wait);
[[nodiscard]] result<void> remove_entry(backend::object_kind kind, const name& what);

/// The hash of two long names may be the same: then the second is refused, not mistaken for the first.
[[nodiscard]] result<void> check_identity(const entry_record& record, backend::object_kind kind, const name& what);
/// What decode() refused, said of a name.
[[nodiscard]] error damaged_error(const entry_place& place);
[[nodiscard]] backend::entry_description describe(const entry_record& record);

}  // namespace viaduct::posix
