// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Closing a pipe whose last write has not been taken yet: destruction never blocks, and bytes already written are not lost
// by closing, so handle and buffer are kept until the peer has read them or has gone.
#pragma once

#include <memory>

#include "windows/handle.hpp"
#include "windows/write_buffer.hpp"

namespace viaduct::windows {

/// Closes the pipe now, or as soon as the write under way has ended. After 30 seconds, or when 1,024 are being kept, the
/// (oldest) write is given up. `pending` may be null.
void close_when_written(unique_handle pipe, std::unique_ptr<write_buffer> pending) noexcept;

}  // namespace viaduct::windows
