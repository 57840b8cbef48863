// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// From the name a user gave to the file names the registry uses. The same on every operating system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/entry.hpp"
#include "viaduct/name.hpp"

namespace viaduct::detail {

/// The kind's word in file names: "pipe", "named_pipe".
[[nodiscard]] std::string_view kind_word(backend::object_kind kind) noexcept;

/// The entry's file name. Plain names ([a-z0-9_-]{1,24}) as they are behind the kind ("named_pipe-sensor"); all others
/// "<kind>-<up to 6 plain characters>~<32 hex digits of a hash>". A plain name never contains '~', so the two cannot meet;
/// the entry keeps the full name, so that a collision of hashes is found.
[[nodiscard]] std::string entry_name(backend::object_kind kind, const name& what);

/// The file name of an entry's object: "<entry>.<16 hex digits>". No entry name has a dot.
[[nodiscard]] std::string object_name(std::string_view entry_name, std::uint64_t random);

}  // namespace viaduct::detail
