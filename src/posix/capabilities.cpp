// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "backend/system.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

namespace system = posix::system;

const capability_list& capabilities() {
  static const capability_list list{
      .system = system::name(),
      .names = {.kept_in = system::name_directory(), .watched = system::watches_directories()},
      .pipe = {.level = support::native,
               .backed_by = "pipe, FIFO",
               .native_names = true,
               .signal_free_write = system::signal_free_pipe_writes(),
               .capacity = system::settable_pipe_capacity()},
      .named_pipe = {.level = support::native,
                     .backed_by = "AF_UNIX stream socket",
                     .half_close = true,
                     .native_messages = true,
                     .handle_passing = handle_passing::any_user,
                     .adopt_listener = true,
                     .group_permission = true,
                     .single_call_waits = system::sockets_block()},
      .child_process = {.level = support::native, .backed_by = system::child_mechanism(), .signals = true},
      .shared_memory = {.level = support::native,
                        .backed_by = system::memory_mechanism(),
                        .sealed = system::seals_memory(),
                        .reserved = system::reserves_memory(),
                        .read_only_handles = system::read_only_memory_handles(),
                        .persistent = true,
                        .native_names = true},
      .synchronisation = {.level = support::native,
                          .backed_by = system::wait_mechanism(),
                          .address_waits = system::has_address_waits()},
  };
  return list;
}

}  // namespace viaduct::backend
