// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A connection and a listener over AF_UNIX stream sockets.
//
// Where the system can do it the descriptor stays blocking and the kernel waits inside the call: SO_RCVTIMEO and
// SO_SNDTIMEO are kept between half and all of the time left, and what is left after that is waited for with poll().
// Elsewhere the descriptor is non-blocking: try first, then poll.
#pragma once

#include <optional>
#include <vector>

#include "backend/entry.hpp"
#include "backend/named_pipe.hpp"
#include "common/handle_acks.hpp"
#include "posix/canceller.hpp"
#include "posix/descriptor.hpp"
#include "viaduct/permission.hpp"

namespace viaduct::posix {

/// One direction of a connection: its socket time-out as last set.
class direction {
 public:
  explicit direction(int option) noexcept : option_(option) {}

  /// How to make the next call: poll-only and short waits do not wait in the kernel. 0, or -errno.
  [[nodiscard]] system::io prepare(int socket, detail::timer& wait, system::patience& how) {
    if (wait.forever() && set_ == detail::timer::nanoseconds(0)) [[likely]] {
      how = blocks_;
      return 0;
    }
    return prepare_span(socket, wait, how);
  }

 private:
  [[nodiscard]] system::io prepare_span(int socket, detail::timer& wait, system::patience& how);

  int option_;  // SO_RCVTIMEO, SO_SNDTIMEO
  system::patience blocks_ = system::sockets_block() ? system::patience::socket : system::patience::now;
  detail::timer::nanoseconds set_{0};  // 0: for ever, as the socket was made
};

/// Descriptors that came and were not collected yet, in batches: what came with one read. Its room is made before a read,
/// for afterwards it would be too late to have no memory.
class arrivals {
 public:
  /// May throw; nothing is changed then.
  void make_room() {
    came_.all.reserve(most_batches * named_pipe::max_handles + system::most_arriving_descriptors());
    sizes_.reserve(most_batches + 1);
  }
  /// One read, for which there is room.
  [[nodiscard]] system::io receive(int socket, std::span<const iovec> into, system::patience how);
  /// The oldest batch if it is of this size; else nothing, and all are closed.
  [[nodiscard]] std::optional<std::vector<native_handle>> take(std::size_t count);

 private:
  // Every batch belongs to a handle frame, and those are read one at a time: a few at most are under way.
  static constexpr std::size_t most_batches = 17;
  void clear() noexcept;
  system::arrived_descriptors came_;  // all batches, the oldest first
  std::vector<std::size_t> sizes_;    // of each
};

}  // namespace viaduct::posix

namespace viaduct::backend {

struct connection {
  posix::canceller cancel;
  posix::descriptor socket;
  identity peer = identity::unknown();
  bool accept_handles = false;
  posix::direction receiving{SO_RCVTIMEO};
  posix::direction sending{SO_SNDTIMEO};
  posix::arrivals arrived;
  detail::handle_acks<posix::descriptor> in_flight;  // only where handles_need_ack()
};

struct listener {
  posix::canceller cancel;
  posix::descriptor socket;
  stream_contract contract;
  permission who = permission::only_me();
  std::size_t buffer = 0;
  std::optional<entry> owned;          // none: adopted
  std::atomic<bool> exhausted{false};  // the last accept found no descriptor left: pause before the next
};

}  // namespace viaduct::backend

namespace viaduct::posix {

/// A connected socket becomes a connection: its peer is asked from the kernel, descriptors are refused unless accepted.
[[nodiscard]] result<backend::connection_ptr> make_connection(descriptor socket, bool accept_handles,
                                                              std::size_t buffer);

/// As write_some, with descriptors on the first byte.
[[nodiscard]] result<std::size_t> send_with_descriptors(backend::connection& to, std::span<const bytes> parts,
                                                        std::span<const int> descriptors, detail::timer& wait);

/// May this user have come through? The group is the file system's to check.
[[nodiscard]] bool is_allowed(const permission& who, const user& peer);

}  // namespace viaduct::posix
