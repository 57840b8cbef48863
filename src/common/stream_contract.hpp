// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a listener states in its entry, and whether a client's expectations agree with it.
#pragma once

#include "backend/entry.hpp"
#include "backend/named_pipe.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

/// Values 0 to 2 of an entry's contract; the others belong to the backend.
[[nodiscard]] backend::entry_contract state_contract(const backend::stream_contract& contract) noexcept;
/// Another user's entry is their word: layout_mismatch if it makes no sense.
[[nodiscard]] result<backend::stream_contract> read_contract(const backend::entry_contract& stated);
/// The connection's contract as this client sees it. layout_mismatch if the options expect something else.
[[nodiscard]] result<backend::stream_contract> agree(const backend::stream_contract& theirs,
                                                     const connect_options& options);

}  // namespace viaduct::detail
