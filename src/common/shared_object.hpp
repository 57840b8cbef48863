// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What locks, notifications and the like are made of: named memory of their own, with the words in it that the processes
// share. Words are atomics and plain values, all zero at first, without pointers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "backend/shared_memory.hpp"
#include "common/member_table.hpp"
#include "common/object.hpp"
#include "common/timer.hpp"

namespace viaduct::detail {

struct opened_object {
  backend::memory_ptr memory;
  backend::view_ptr view;
};

/// Which object, and what its words are to be. `parameters` belong to the kind (a maximum, a number of parties): what
/// exists with others is layout_mismatch.
struct object_request {
  backend::object_kind kind;
  const name& what;
  std::size_t size = 0;
  std::uint32_t layout = 1;
  std::array<std::uint64_t, 5> parameters = {};
  std::function<result<void>(void* words)> initialise = {};
};

/// The three ways in, with the checks of the name that all have in common. As backend::create_memory and so on.
[[nodiscard]] result<opened_object> create_object(const object_request& request);
[[nodiscard]] result<opened_object> open_object(const object_request& request, timer& wait);
[[nodiscard]] result<opened_object> open_or_create_object(const object_request& request, timer& wait);
[[nodiscard]] result<void> remove_object(backend::object_kind kind, const name& what);

/// One object of this process, with its words.
template <class Words>
struct shared_object : object_base {
  struct layout {
    member_table members;
    Words words;
  };

  static_assert(offsetof(layout, words) == sizeof(member_table) && alignof(Words) <= 64);

  shared_object(label name, opened_object made) noexcept
      : object_base(std::move(name)),
        memory(std::move(made.memory)),
        view(std::move(made.view)),
        shared(reinterpret_cast<layout*>(backend::contents(*view).data())) {}

  [[nodiscard]] bool is_open() const noexcept { return view != nullptr; }
  [[nodiscard]] const backend::entry& members() const noexcept { return *backend::entry_of(*memory); }
  [[nodiscard]] Words& words() const noexcept { return shared->words; }
  [[nodiscard]] std::uint64_t parameter(std::size_t index) const noexcept {
    return members().description().contract.values[index + 1];
  }
  [[nodiscard]] std::string describe(std::uint64_t member) const { return describe_member(shared->members, member); }

  backend::memory_ptr memory;
  backend::view_ptr view;
  layout* shared;
  std::uint64_t self = backend::entry::member_id();
};

template <class Object>
[[nodiscard]] object_request request_for(backend::object_kind kind, const name& what) {
  return {kind, what, sizeof(typename Object::layout)};
}

/// The public object, or the error with operation and name. Access is the class that may make it.
template <class Access>
[[nodiscard]] auto finish_object(const name& what, result<opened_object> made, const char* operation)
    -> result<typename Access::object> {
  if (!made) return failed_on(what.text(), made.error(), operation);
  return Access::make(std::make_unique<typename Access::impl>(make_label(what.text()), std::move(*made)));
}

[[nodiscard]] inline result<void> finish_removal(backend::object_kind kind, const name& what, const char* operation) {
  const result<void> removed = remove_object(kind, what);
  if (!removed) return failed_on(what.text(), removed.error(), operation);
  return {};
}

}  // namespace viaduct::detail
