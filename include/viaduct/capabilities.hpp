// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// capabilities(): what this operating system can do, per primitive, as named booleans and limits. The same list on every
// system; a call that needs an absent one returns not_supported. Does not block; threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

#include "viaduct/export.hpp"

namespace viaduct {

enum class support : std::uint8_t { absent, emulated, native };
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, support level);

enum class handle_passing : std::uint8_t { absent, same_user, any_user };
VIADUCT_EXPORT std::ostream& operator<<(std::ostream& out, handle_passing level);

struct pipe_capabilities {
  support level;
  std::string_view backed_by;
  /// A FIFO that another program made can be opened by name::native.
  bool native_names;
  /// Writing never raises SIGPIPE without extra system calls around each write.
  bool signal_free_write;
  /// options.capacity has an effect.
  bool capacity;
};

struct named_pipe_capabilities {
  support level;
  std::string_view backed_by;
  /// One direction can end alone: shutdown_write works with framing::bytes, and after a send that was given up in the
  /// middle of a message receiving goes on. Otherwise that ends the connection; what had arrived is still received.
  bool half_close;
  /// framing::messages works with name::native.
  bool native_messages;
  viaduct::handle_passing handle_passing;
  /// Listeners and connections can be adopted from and released to other code.
  bool adopt_listener;
  /// permission::group is understood.
  bool group_permission;
  /// A waiting operation is one system call.
  bool single_call_waits;
};

struct child_process_capabilities {
  support level;
  std::string_view backed_by;
  /// request_stop is a signal; the exit status tells which signal ended a child.
  bool signals;
};

struct shared_memory_capabilities {
  support level;
  std::string_view backed_by;
  /// Nobody can resize anonymous memory, and adopt() refuses whatever could be resized.
  bool sealed;
  /// Creating takes all the space that is asked for, so that later writes never fail for want of memory.
  bool reserved;
  /// writers::creator and read_only(): handles that nobody can make writable again.
  bool read_only_handles;
  /// lifetime::persistent.
  bool persistent;
  /// A memory object that another program made can be opened by name::native.
  bool native_names;
};

/// mutex, shared_mutex, semaphore, permit_pool, condition, barrier, notification.
struct synchronisation_capabilities {
  support level;
  std::string_view backed_by;
  /// Threads sleep on an address in shared memory. Otherwise each that waits needs something of its own to be woken by, and
  /// at most 256 can wait for one object.
  bool address_waits;
};

struct name_capabilities {
  std::string_view kept_in;
  /// Waiting for a name to appear is woken by the system; otherwise it looks again after 1, 2, 4 ... 50 ms.
  bool watched;
};

struct capability_list {
  std::string_view system;  ///< "Linux", "Windows", "macOS"
  name_capabilities names;
  pipe_capabilities pipe;
  named_pipe_capabilities named_pipe;
  child_process_capabilities child_process;
  shared_memory_capabilities shared_memory;
  synchronisation_capabilities synchronisation;
};

[[nodiscard]] VIADUCT_EXPORT const capability_list& capabilities();

}  // namespace viaduct
