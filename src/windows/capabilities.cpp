// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/capabilities.hpp"

#include "backend/system.hpp"

namespace viaduct::backend {

const capability_list& capabilities() {
  static constexpr capability_list list{
      .system = "Windows",
      .names = {.kept_in = "%ProgramData%\\viaduct-<SID>-<integrity level>", .watched = true},
      .pipe = {.level = support::native,
               .backed_by = "one-instance named pipes in byte mode",
               .native_names = false,
               .signal_free_write = true,
               .capacity = true},
      .named_pipe = {.level = support::native,
                     .backed_by = "named pipes in byte mode",
                     .half_close = false,
                     .native_messages = false,
                     .handle_passing = handle_passing::same_user,
                     .adopt_listener = false,
                     .group_permission = true,
                     .single_call_waits = false},
      .child_process = {.level = support::native, .backed_by = "CreateProcess", .signals = false},
      .shared_memory = {.level = support::native,
                        .backed_by = "temporary files beside the names, anonymous sections",
                        .sealed = true,
                        .reserved = true,
                        .read_only_handles = true,
                        .persistent = true,
                        .native_names = false},
      .synchronisation = {.level = support::native, .backed_by = "named events", .address_waits = false},
  };
  return list;
}

}  // namespace viaduct::backend
