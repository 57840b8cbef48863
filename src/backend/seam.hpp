// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The system-call seam. Every raw call of a backend passes through src/<os>/system.cpp, which asks before() first. Tests
// install a hook that fails the n-th call, delays it, or kills the process there; without VIADUCT_FAULT_INJECTION the
// question costs nothing.
#pragma once

namespace viaduct::backend::seam {

/// Called before each raw system call of the installing thread. Returns 0 to go on, else the operating system's error code
/// (errno, GetLastError) that the call is to fail with instead of being made. `call` is the system call's name.
using hook = int (*)(void* context, const char* call);

#if VIADUCT_FAULT_INJECTION
/// Installs a hook for the calling thread; nullptr removes it.
void set_hook(hook function, void* context) noexcept;
[[nodiscard]] int before(const char* call) noexcept;
/// The errors that `call` may plausibly fail with on this system, ending with 0.
[[nodiscard]] const int* plausible_errors(const char* call) noexcept;
#else
[[nodiscard]] constexpr int before(const char* /*call*/) noexcept { return 0; }
#endif

}  // namespace viaduct::backend::seam
