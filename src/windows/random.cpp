// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

result<void> random_bytes(buffer into) { return windows::system::random(into); }

}  // namespace viaduct::backend
