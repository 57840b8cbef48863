// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The file names of an object's bells: "<entry>.bell-<cell>-<generation>". Who destroys the object sweeps them by prefix.
#pragma once

#include <string>

namespace viaduct::posix {

[[nodiscard]] inline std::string bell_prefix(const std::string& entry_file_name) { return entry_file_name + ".bell-"; }

}  // namespace viaduct::posix
