// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include <string>

#include "backend/event_count.hpp"
#include "viaduct/result.hpp"

namespace viaduct::windows {

/// The name of a bell's event, "Global\viaduct-<random>", so that sessions meet. Everybody can list these names: who does
/// not know bell_name::object can tell neither whose event it is nor what the next one will be called.
[[nodiscard]] result<std::wstring> event_name(const backend::bell_name& of);

}  // namespace viaduct::windows
