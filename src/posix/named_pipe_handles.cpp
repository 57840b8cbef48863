// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Descriptors that travel with a message: SCM_RIGHTS on the first byte of its handle frame. Where the kernel may tear down
// a socket that exists in flight and nowhere else, the sender keeps a duplicate until the receiver has acknowledged it.
#include <array>
#include <cerrno>

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
  std::optional<std::vector<native_handle>> taken = from.arrived.take(count);
  if (!taken) return error(errc::peer_corrupt).advise("the peer announced other handles than it sent");
  return std::move(*taken);
}

}  // namespace viaduct::backend

namespace viaduct::posix {

void arrivals::clear() noexcept {
  came_.all.clear();
  sizes_.clear();
}

system::io arrivals::receive(int socket, std::span<const iovec> into, system::patience how) {
  const std::size_t before = came_.all.size();
  came_.truncated = false;
  const system::io got = system::receive_descriptors(socket, into, how, came_);
  const std::size_t count = came_.all.size() - before;
  const bool flooded = sizes_.size() == most_batches && count != 0;
  const bool excessive = flooded || count > named_pipe::max_handles;
  if (excessive || came_.truncated) {
    clear();                               // nobody will collect them any more
    return excessive ? -EPROTO : -EMFILE;  // there is room for all that one message can carry: we had no numbers left
  }
  if (count != 0) sizes_.push_back(count);
  return got;
}

std::optional<std::vector<native_handle>> arrivals::take(std::size_t count) {
  if (sizes_.empty() || sizes_.front() != count) {
    clear();
    return std::nullopt;
  }
  std::vector<native_handle> taken;
  taken.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    taken.emplace_back(native_handle::value_type{came_.all[index].release()});
  }
  came_.all.erase(came_.all.begin(), came_.all.begin() + static_cast<std::ptrdiff_t>(count));
  sizes_.erase(sizes_.begin());
  return taken;
}

}  // namespace viaduct::posix
