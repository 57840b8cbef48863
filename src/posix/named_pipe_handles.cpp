// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Descriptors that travel with a message: SCM_RIGHTS on the first byte of its handle frame. Where the kernel may tear down
// a socket that exists in flight and nowhere else, the sender keeps a duplicate until the receiver has acknowledged it.
#include <array>

#include "posix/error.hpp"
#include "posix/named_pipe.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

/// Only sockets need it; a duplicate of a pipe's writing end would keep its reader waiting.
result<std::vector<descriptor>> keep_sockets(std::span<const int> sent) {
  std::vector<descriptor> kept;
  for (const int one : sent) {
    const result<struct stat> found = system::status(one);
    if (!found) return found.error();
    if (!S_ISSOCK(found->st_mode)) continue;
    const posix::fork_guard guard;
    const result<int> copy = system::duplicate(one);
    if (!copy) return copy.error();
    kept.emplace_back(*copy);
  }
  return kept;
}

result<std::size_t> send_and_keep(connection& to, std::span<const bytes> parts, std::span<const int> descriptors,
                                  detail::timer& wait) {
  result<std::vector<descriptor>> kept = keep_sockets(descriptors);
  if (!kept) return kept.error();
  if (!to.in_flight.add(descriptors.size(), std::move(*kept))) {
    return error(errc::limit_reached).advise("the peer has yet to take the sockets sent before");
  }
  result<std::size_t> sent = posix::send_with_descriptors(to, parts, descriptors, wait);
  if (!sent) to.in_flight.take_back(descriptors.size());
  return sent;
}

}  // namespace

bool handles_need_ack() noexcept { return system::tears_down_sockets_in_flight(); }

void handles_acknowledged(connection& to, std::size_t count) noexcept {
  // Who acknowledges more than it was sent only takes the risk for what comes next.
  (void)to.in_flight.acknowledge(count);
}

std::size_t handle_frame_value_size(std::size_t /*count*/) noexcept { return 0; }

result<std::vector<std::byte>> handle_frame_values(connection& /*to*/, std::span<const native_view> /*handles*/) {
  return std::vector<std::byte>();
}

result<std::size_t> write_handles(connection& to, std::span<const bytes> parts, std::span<const native_view> handles,
                                  detail::timer& wait) {
  std::array<int, named_pipe::max_handles> values{};
  for (std::size_t index = 0; index < handles.size(); ++index) values[index] = static_cast<int>(handles[index].value());
  const std::span<const int> descriptors(values.data(), handles.size());
  result<std::size_t> sent = handles_need_ack() ? send_and_keep(to, parts, descriptors, wait)
                                                : posix::send_with_descriptors(to, parts, descriptors, wait);
  // Where the kernel knows that the other end refuses them: EPERM, before anything went.
  if (!sent && sent.error() == errc::access_denied) {
    sent.error().advise("the other end does not accept handles: both ends must opt in with accept_handles");
  }
  return sent;
}

result<std::vector<native_handle>> take_handles(connection& from, std::size_t count, bytes /*values*/) {
  if (from.arrived.empty() || from.arrived.front().size() != count) {
    from.arrived.clear();
    return error(errc::peer_corrupt).advise("the peer announced other handles than it sent");
  }
  posix::descriptor_batch batch = std::move(from.arrived.front());
  from.arrived.pop_front();
  std::vector<native_handle> taken;
  taken.reserve(count);
  for (descriptor& one : batch) taken.emplace_back(native_handle::value_type{one.release()});
  return taken;
}

}  // namespace viaduct::backend
