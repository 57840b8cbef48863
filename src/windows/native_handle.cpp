// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/native_handle.hpp"

#include "backend/system.hpp"
#include "windows/handle.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

void close_native(native_view handle) noexcept {
  if (handle.is_valid()) windows::system::close(windows::to_handle(handle));
}

result<native_handle> duplicate_native(native_view handle) {
  result<windows::unique_handle> made = windows::system::duplicate(windows::to_handle(handle));
  if (!made) return made.error();
  return made->to_native();
}

}  // namespace viaduct::backend
