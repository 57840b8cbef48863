// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/native_handle.hpp"

#include "backend/system.hpp"

namespace viaduct {

void native_handle::close() noexcept {
  if (is_valid()) backend::close_native(native_view(release()));
}

result<native_handle> native_handle::duplicate() const {
  if (!is_valid()) return error(errc::closed).during("native_handle::duplicate");
  result<native_handle> made = backend::duplicate_native(view());
  if (!made) return std::move(made.error().during("native_handle::duplicate"));
  return made;
}

}  // namespace viaduct
