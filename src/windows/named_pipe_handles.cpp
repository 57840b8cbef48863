// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handles with messages. A value pushed into the receiver's table could name any handle the receiver owns, so nobody pushes:
// the message carries values of the sender's table, and the receiver makes its own duplicates from there. Only between
// processes of one user at one level, which may do so anyway. On the wire, each 64 bit: the sender's process id, its
// semaphore for counting what was collected, and the handles.
#include <array>
#include <utility>

#include "windows/named_pipe.hpp"
#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::windows {

result<unique_handle> open_sender(DWORD process_id, const user& who) {
  const error refused = error(errc::access_denied)
                            .advise("handles pass only between processes of the same user at the same integrity level");
  result<unique_handle> process =
      system::open_process(PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, process_id);
  if (!process) return process.error() == errc::access_denied ? refused : process.error();
  const result<unique_handle> token = system::open_process_token(process->get(), TOKEN_QUERY);
  if (!token) return token.error() == errc::access_denied ? refused : token.error();
  const result<token_identity> found = identity_of(token->get());
  if (!found) return found.error();
  const result<token_identity> me = own_identity();
  if (!me) return me.error();
  const user theirs = user::from_id(found->sid);
  if (!(theirs == who) || found->sid != me->sid || found->level != me->level) return refused;
  return process;
}

namespace {

constexpr std::size_t word = sizeof(std::uint64_t);

void put_number(std::byte* to, std::uint64_t value) noexcept {
  for (std::size_t index = 0; index < word; ++index) to[index] = static_cast<std::byte>(value >> (8 * index));
}

std::uint64_t get_number(const std::byte* from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < word; ++index)
    value |= std::to_integer<std::uint64_t>(from[index]) << (8 * index);
  return value;
}

error corrupt(const char* hint) { return error(errc::peer_corrupt).advise(hint); }

/// Values of a handle table are small multiples of four; the rest are names for "this process" and the like.
bool is_table_value(std::uint64_t value) noexcept { return value != 0 && value % 4 == 0 && value < (1U << 30); }

result<unique_handle> pull(HANDLE sender, std::uint64_t value) {
  if (!is_table_value(value)) return corrupt("the peer sent a value that is no handle");
  const result<HANDLE> pulled =
      system::duplicate_between({.from_process = sender,
                                 .handle = reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(value)),
                                 .to_process = ::GetCurrentProcess()});
  if (pulled) return unique_handle(*pulled);
  if (pulled.error() == errc::limit_reached) return pulled.error();
  return corrupt("the peer sent a handle that it does not have");
}

result<void> find_sender(backend::connection& from, std::uint64_t process_id, std::uint64_t semaphore) {
  if (from.sender && process_id == from.sender_id && semaphore == from.collected_value) return {};
  if (process_id == 0 || process_id > 0xFFFFFFFFU) return corrupt("the peer names a sender that cannot be");
  // The user is the one Windows vouched for; a connection may have been handed to another process of that user.
  result<unique_handle> process = open_sender(static_cast<DWORD>(process_id), from.peer.user());
  if (!process) return process.error();
  result<unique_handle> collected = pull(process->get(), semaphore);
  if (!collected) return collected.error();
  from.sender = std::move(*process);
  from.sender_id = static_cast<DWORD>(process_id);
  from.collected = std::move(*collected);
  from.collected_value = semaphore;
  return {};
}

}  // namespace

}  // namespace viaduct::windows

namespace viaduct::backend {

using windows::unique_handle;

std::size_t handle_frame_value_size(std::size_t count) noexcept { return windows::word * (count + 2); }

result<std::vector<std::byte>> handle_frame_values(connection& to, std::span<const native_view> handles) {
  to.unsent.clear();
  const result<HANDLE> semaphore = to.in_flight.semaphore();
  if (!semaphore) return semaphore.error();
  std::vector<std::byte> values(handle_frame_value_size(handles.size()));
  std::byte* next = values.data();
  const auto put = [&](std::uint64_t value) {
    windows::put_number(next, value);
    next += windows::word;
  };
  put(windows::system::own_process_id());
  put(reinterpret_cast<std::uintptr_t>(*semaphore));
  for (const native_view& handle : handles) {
    result<unique_handle> copy = windows::system::duplicate(windows::to_handle(handle));
    if (!copy) {
      to.unsent.clear();
      return copy.error();
    }
    put(reinterpret_cast<std::uintptr_t>(copy->get()));
    to.unsent.push_back(std::move(*copy));
  }
  return values;
}

result<std::size_t> write_handles(connection& to, std::span<const bytes> parts,
                                  std::span<const native_view> /*handles*/, detail::timer& wait) {
  // Before they go: the receiver may have its own before this thread goes on.
  const std::size_t leaving = to.unsent.size();
  to.in_flight.add(std::exchange(to.unsent, {}));
  result<std::size_t> count = write_some(to, parts, wait);
  if (!count) to.in_flight.take_back(leaving);
  return count;
}

namespace {

result<std::vector<native_handle>> pull_all(connection& from, std::size_t count, bytes values) {
  if (values.size() != handle_frame_value_size(count))
    return windows::corrupt("the peer sent a malformed handle frame");
  const auto value_at = [&](std::size_t index) { return windows::get_number(values.data() + windows::word * index); };
  if (result<void> found = windows::find_sender(from, value_at(0), value_at(1)); !found) return found.error();
  std::vector<native_handle> taken;
  for (std::size_t index = 0; index < count; ++index) {
    result<unique_handle> pulled = windows::pull(from.sender.get(), value_at(index + 2));
    if (!pulled) return pulled.error();
    taken.push_back(pulled->to_native());
  }
  // If that fails the sender keeps its duplicates until the connection ends.
  (void)windows::system::release_semaphore(from.collected.get(), static_cast<LONG>(count));
  return taken;
}

}  // namespace

result<std::vector<native_handle>> take_handles(connection& from, std::size_t count, bytes values) {
  result<std::vector<native_handle>> taken = pull_all(from, count, values);
  if (taken || taken.error() == errc::peer_corrupt) return taken;
  // Whoever is to blame: a message without its handles is no message, and the connection ends with it.
  return error(errc::peer_corrupt, taken.error().os_code()).advise("the handles of a message could not be taken over");
}

bool handles_need_ack() noexcept { return false; }
void handles_acknowledged(connection& /*to*/, std::size_t /*count*/) noexcept {}

}  // namespace viaduct::backend
