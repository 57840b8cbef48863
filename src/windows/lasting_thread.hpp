// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Windows ends the pending operations of a thread with that thread, and a write that is ended so may have been read in
// part. A write that may outlive its caller is therefore started by a thread of ours which never ends. There is one for
// the process, made when it is first needed.
#pragma once

#include "viaduct/bytes.hpp"
#include "windows/system.hpp"
#include "windows/win32.hpp"

namespace viaduct::windows {

/// system::write(), made by the lasting thread; returns when the write has been started (or has ended).
[[nodiscard]] system::io write_from_lasting_thread(HANDLE to, bytes from, OVERLAPPED& how) noexcept;

}  // namespace viaduct::windows
