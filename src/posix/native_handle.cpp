// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

namespace system = posix::system;

void close_native(native_view handle) noexcept { system::close(static_cast<int>(handle.value())); }

result<native_handle> duplicate_native(native_view handle) {
  const result<int> made = system::duplicate(static_cast<int>(handle.value()));
  if (!made) return made.error();
  return native_handle(native_handle::value_type{*made});
}

}  // namespace viaduct::backend
