// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The POSIX ends of a pipe: non-blocking descriptors, tried first and polled when they must wait.
#pragma once

#include <optional>

#include "backend/pipe.hpp"
#include "posix/canceller.hpp"
#include "posix/descriptor.hpp"

namespace viaduct::posix {

/// A standard stream is shared with other processes: its mode stays as it is, so we poll before each call.
enum class pipe_mode { non_blocking, shared };

}  // namespace viaduct::posix

namespace viaduct::backend {

struct pipe_source {
  posix::canceller cancel;
  posix::descriptor end;
  posix::pipe_mode mode = posix::pipe_mode::non_blocking;
  std::optional<entry> owned;        // a FIFO of ours: its name
  bool before_first_writer = false;  // a FIFO of another program: an end of file means that nobody is there yet
};

struct pipe_sink {
  posix::canceller cancel;
  posix::descriptor end;
  posix::pipe_mode mode = posix::pipe_mode::non_blocking;
  posix::descriptor writer_lock;  // a FIFO of ours: the entry's file, whose byte 2 we hold
};

}  // namespace viaduct::backend
