// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Descriptors that travel with a message: SCM_RIGHTS on the first byte of its handle frame. src/macos replaces this file,
// because there a socket in flight must be kept open by its sender.
#include <array>

#include "posix/error.hpp"
#include "posix/named_pipe.hpp"

namespace viaduct::backend {

namespace system = posix::system;

bool handles_need_ack() noexcept { return false; }
void handles_acknowledged(connection& /*to*/, std::size_t /*count*/) noexcept {}

std::size_t handle_frame_value_size(std::size_t /*count*/) noexcept { return 0; }

result<std::vector<std::byte>> handle_frame_values(connection& /*to*/, std::span<const native_view> /*handles*/) {
  return std::vector<std::byte>();
}

result<std::size_t> write_handles(connection& to, std::span<const bytes> parts, std::span<const native_view> handles,
                                  detail::timer& wait) {
  std::array<int, named_pipe::max_handles> descriptors{};
  for (std::size_t index = 0; index < handles.size(); ++index) descriptors[index] = static_cast<int>(handles[index].value());
  return posix::send_with_descriptors(to, parts, {descriptors.data(), handles.size()}, wait);
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
  for (posix::descriptor& one : batch) taken.emplace_back(native_handle::value_type{one.release()});
  return taken;
}

}  // namespace viaduct::backend
