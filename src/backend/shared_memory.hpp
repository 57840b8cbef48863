// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: what a system provides for shared memory. Errors carry code, OS code and hint; operation and object are
// added by src/common. Arguments are checked already: sizes are not 0, offset and length lie inside.
//
// Named memory serves shared_memory and, with shared words in it, every lock and notification: these give their own kind
// and fill it before anybody else can open it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "backend/entry.hpp"
#include "common/timer.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::backend {

struct memory;  // complete in the OS folder
struct view;
// Shared, because a view keeps its memory, and with it the name, alive.
using memory_ptr = std::shared_ptr<memory>;
struct view_deleter {
  void operator()(view* which) const noexcept;
};
using view_ptr = std::unique_ptr<view, view_deleter>;

struct memory_request {
  object_kind kind = object_kind::shared_memory;
  name what;
  lifetime life = lifetime::users;
  std::size_t size = 0;
  /// Of the kind's own: layout, and values[1] to values[5]. values[0] is the size. What exists with another contract is
  /// layout_mismatch.
  entry_contract contract = {};
  /// Fills the zeroed memory before the name shows it to others; may be empty.
  std::function<result<void>(buffer)> initialise = {};
};

// --- by name. The space is reserved (no_space: needed and available in the hint), the file checked on its descriptor.
[[nodiscard]] result<memory_ptr> create_memory(const memory_request& request);
/// Waits for the name. request.size 0: whatever size it has. Only kind, what, size and contract.layout count.
[[nodiscard]] result<memory_ptr> open_memory(const memory_request& request, detail::timer& wait);
[[nodiscard]] result<memory_ptr> open_or_create_memory(const memory_request& request, detail::timer& wait);
/// What another program made: POSIX shm_open, read-write if allowed, else read-only.
[[nodiscard]] result<memory_ptr> open_native_memory(const name& native, detail::timer& wait);

// --- without a name
[[nodiscard]] result<memory_ptr> create_anonymous_memory(std::size_t size, writers who);
[[nodiscard]] result<memory_ptr> open_memory_file(const std::filesystem::path& file,
                                                  const shared_file_options& options);
/// Nothing of what the handle claims is believed: kind, size and that it cannot be resized are checked.
[[nodiscard]] result<memory_ptr> adopt_memory(native_handle handle);

// --- what can be done with it
[[nodiscard]] std::size_t size(const memory& which) noexcept;
[[nodiscard]] bool is_creator(const memory& which) noexcept;
[[nodiscard]] std::string native_name(const memory& which);
[[nodiscard]] native_view native(const memory& which) noexcept;
/// The hold on its name, through which members are asked for; nullptr without a name.
[[nodiscard]] const entry* entry_of(const memory& which) noexcept;
[[nodiscard]] result<memory_ptr> read_only_memory(const memory& which);
[[nodiscard]] result<native_handle> release(memory& which);

/// options.length is not 0. A read-only view cannot be made writable afterwards, where the system can prevent it.
[[nodiscard]] result<view_ptr> map(const memory_ptr& which, const map_options& options);
[[nodiscard]] buffer contents(const view& which) noexcept;
[[nodiscard]] result<void> flush(const view& which);

}  // namespace viaduct::backend
