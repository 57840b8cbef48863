// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Joining a `users` or `persistent` object whose name may not be there yet.
#pragma once

#include "backend/entry.hpp"
#include "common/timer.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

/// As entry::open, but waits for the name. At the deadline not_found if nothing live is there, timed_out if it is being made.
[[nodiscard]] result<backend::entry> open_when_there(const backend::entry_request& request,
                                                     const backend::entry::opener& open_object, timer& wait);

}  // namespace viaduct::detail
