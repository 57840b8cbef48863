// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/seam.hpp"

#if VIADUCT_FAULT_INJECTION

namespace viaduct::backend::seam {

namespace {
thread_local hook installed = nullptr;
thread_local void* installed_context = nullptr;
}  // namespace

void set_hook(hook function, void* context) noexcept {
  installed = function;
  installed_context = context;
}

int before(const char* call) noexcept { return installed != nullptr ? installed(installed_context, call) : 0; }

}  // namespace viaduct::backend::seam

#endif
