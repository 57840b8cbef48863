// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The synchronous driver of a connection: bytes straight through, messages by way of the framing steps.
#include "common/named_pipe.hpp"

#include <new>

#include "common/write_parts.hpp"

namespace viaduct::detail {

namespace {

frame_limits limits_of(const backend::stream_contract& contract) noexcept {
  return {.max_message = contract.max_message,
          .accept_handles = contract.accept_handles,
          .accept_acks = contract.accept_handles && backend::handles_need_ack(),
          .handle_value_size = backend::handle_frame_value_size};
}

error too_large(std::size_t limit) {
  return error(errc::message_too_large)
      .advise("the limit of this connection is " + std::to_string(limit) +
              " bytes; the listener sets it with options.max_message");
}

}  // namespace

named_pipe_impl::named_pipe_impl(label name, backend::opened_connection opened)
    : object_base(std::move(name)),
      stream(std::move(opened.stream)),
      known_peer(std::move(opened.peer)),
      contract(opened.contract),
      incoming_(limits_of(opened.contract)) {}

named_pipe_impl::~named_pipe_impl() { close(); }

inline result<void> named_pipe_impl::check_bytes() const {
  if (!has_messages() && may_write()) [[likely]]
    return {};
  if (has_messages()) return error(errc::invalid_argument).advise("this connection carries messages: use send()");
  return check_writing();
}

result<std::size_t> named_pipe_impl::read_bytes(buffer into, timer& wait) {
  if (has_messages()) return error(errc::invalid_argument).advise("this connection carries messages: use receive()");
  if (into.empty()) return std::size_t{0};
  result<std::size_t> count = backend::read_some(*stream, {&into, 1}, wait);
  if (!count) [[unlikely]]
    return std::move(count.error());
  if (*count == 0) [[unlikely]]
    return error(errc::closed);
  return *count;
}

result<std::size_t> named_pipe_impl::write_some(bytes from, timer& wait) {
  if (result<void> able = check_bytes(); !able) return able.error();
  if (from.empty()) return std::size_t{0};
  return backend::write_some(*stream, {&from, 1}, wait);
}

result<void> named_pipe_impl::write_all(bytes from, timer& wait) {
  if (result<void> able = check_bytes(); !able) [[unlikely]]
    return able;
  return write_whole(from, wait, [this](std::span<const bytes> left, timer& patience) {
    return backend::write_some(*stream, left, patience);
  });
}

result<void> named_pipe_impl::write_all(std::span<const bytes> parts, timer& wait) {
  if (result<void> able = check_bytes(); !able) return able;
  return write_parts(parts, wait, [this](std::span<const bytes> left, timer& patience) {
    return backend::write_some(*stream, left, patience);
  });
}

result<void> named_pipe_impl::check_writing() const {
  switch (writing_.load(std::memory_order_relaxed)) {
    case writing::open:
      return {};
    case writing::ended:
      return error(errc::closed).advise("shutdown_write() was called");
    case writing::broken:
      break;
  }
  return error(errc::closed).advise("an earlier send was given up in the middle of a message");
}

result<void> named_pipe_impl::send(std::span<const bytes> parts, timer& wait) {
  if (!has_messages()) return error(errc::invalid_argument).advise("this connection carries bytes: use write_all()");
  if (parts.size() > frame::max_parts) return error(errc::invalid_argument).advise("at most 16 parts in one message");
  std::size_t total = 0;
  for (const bytes& part : parts) {
    if (part.size() > contract.max_message - total) return too_large(contract.max_message);
    total += part.size();
  }
  const std::unique_lock<std::mutex> lock = lock_writing();
  if (!may_write()) [[unlikely]]
    return check_writing();
  if (owes_acks()) [[unlikely]] {
    if (result<void> acked = acknowledge_arrived(wait); !acked) return acked;
  }
  outgoing_.start_message(parts, total);
  return write_frame({}, wait);
}

result<void> named_pipe_impl::send_handles(bytes message, std::span<const native_view> handles, timer& wait) {
  if (handles.empty()) return send({&message, 1}, wait);
  if (!has_messages()) return error(errc::invalid_argument).advise("handles travel with messages, never with bytes");
  if (!contract.accept_handles)
    return error(errc::invalid_argument).advise("both ends must opt in with accept_handles");
  if (handles.size() > named_pipe::max_handles)
    return error(errc::invalid_argument).advise("at most 16 handles with a message");
  for (const native_view& handle : handles) {
    if (!handle.is_valid()) return error(errc::invalid_argument).advise("one of the handles is not valid");
  }
  if (message.size() > contract.max_message) return too_large(contract.max_message);
  const std::unique_lock<std::mutex> lock = lock_writing();
  if (result<void> open = check_writing(); !open) return open;
  if (result<void> acked = acknowledge_arrived(wait); !acked) return acked;
  const result<std::vector<std::byte>> values = backend::handle_frame_values(*stream, handles);
  if (!values) return values.error();
  const std::vector<std::byte> prefix = outgoing_frame::handle_prefix(handles.size(), *values);
  outgoing_.start_message({&message, 1}, message.size(), prefix);
  return write_frame(handles, wait);
}

/// Until it went whole. Given up before anything went, all is as before; after that this direction is over.
result<void> named_pipe_impl::write_frame(std::span<const native_view> handles, timer& wait) {
  while (outgoing_.next() == step::want_write) {
    const bool with_handles = !handles.empty() && outgoing_.sent() == 0;
    result<std::size_t> wrote = with_handles ? backend::write_handles(*stream, outgoing_.pieces(), handles, wait)
                                             : backend::write_some(*stream, outgoing_.pieces(), wait);
    if (wrote) {
      outgoing_.wrote(*wrote);
      continue;
    }
    if (outgoing_.sent() != 0) {
      writing_.store(writing::broken, std::memory_order_relaxed);
      backend::abandon_write(*stream);
    }
    return std::move(wrote.error().with_size(outgoing_.sent()));
  }
  return {};
}

/// Without memory for the read (it throws then) the caller's memory is let go, as after a time-out.
inline result<std::size_t> named_pipe_impl::read_ahead(timer& wait) {
  try {
    return backend::read_some(*stream, incoming_.wanted(), wait);
  } catch (...) {
    incoming_.suspend();
    throw;
  }
}

result<std::size_t> named_pipe_impl::receive(buffer into, timer& wait) {
  if (!has_messages()) return error(errc::invalid_argument).advise("this connection carries bytes: use read_some()");
  for (;;) {
    const step outcome = incoming_.next(into);
    if (const std::uint64_t acks = incoming_.take_acks(); acks != 0) backend::handles_acknowledged(*stream, acks);
    if (outcome == step::done) return incoming_.size();
    if (outcome == step::failed) return incoming_.failure();
    result<std::size_t> count = read_ahead(wait);
    if (!count) {
      // limit_reached: handles came that this process had no room for; their bytes are gone with them.
      if (count.error() == errc::peer_corrupt || count.error() == errc::limit_reached) {
        incoming_.fail(count.error());
      } else {
        incoming_.suspend();
      }
      return count;
    }
    incoming_.got(*count);
  }
}

/// Whatever comes of it, their message has been read: without them, no later one may get them.
result<std::vector<native_handle>> named_pipe_impl::take_announced(const announced_handles& announced) try {
  return backend::take_handles(*stream, announced.count, announced.values);
} catch (const std::bad_alloc&) {
  incoming_.fail(error(errc::no_space).advise("there was no memory for the handles of a message"));
  throw;
}

result<std::vector<native_handle>> named_pipe_impl::take_handles() {
  const announced_handles announced = incoming_.take_handles();
  if (announced.count == 0) return std::vector<native_handle>();
  result<std::vector<native_handle>> taken = take_announced(announced);
  if (!taken) {
    incoming_.fail(taken.error());
    return taken;
  }
  if (backend::handles_need_ack()) {
    owed_acks_.fetch_add(static_cast<std::uint32_t>(announced.count), std::memory_order_relaxed);
    acknowledge_now();
  }
  return taken;
}

std::unique_lock<std::mutex> named_pipe_impl::lock_writing() {
  return contract.accept_handles && backend::handles_need_ack() ? std::unique_lock(writer_)
                                                                : std::unique_lock<std::mutex>();
}

/// Before the next frame: the acks that could not be written when the handles came. The lock is held.
result<void> named_pipe_impl::acknowledge_arrived(timer& wait) {
  const std::uint32_t count = owed_acks_.exchange(0, std::memory_order_relaxed);
  if (count == 0) return {};
  outgoing_.start_ack(count);
  result<void> wrote = write_frame({}, wait);
  if (!wrote && wrote.error().size() == 0) owed_acks_.fetch_add(count, std::memory_order_relaxed);
  return wrote;
}

/// From the reading thread, if nobody is writing; else the writer does it next.
void named_pipe_impl::acknowledge_now() noexcept {
  const std::unique_lock lock(writer_, std::try_to_lock);
  if (!lock.owns_lock() || !check_writing()) return;
  timer at_once(deadline::now());
  // A failure is kept: the acks stay owed, or the stream is broken and the next call says so.
  (void)acknowledge_arrived(at_once).has_value();
}

result<void> named_pipe_impl::end_writing(timer& wait) {
  const std::unique_lock<std::mutex> lock = lock_writing();
  if (writing_.load(std::memory_order_relaxed) == writing::ended) return {};
  if (result<void> open = check_writing(); !open) return open;
  if (has_messages()) {
    outgoing_.start_end_mark();
    if (result<void> wrote = write_frame({}, wait); !wrote) return wrote;
  } else if (result<void> shut = backend::shutdown_write(*stream, wait); !shut) {
    return shut;
  }
  writing_.store(writing::ended, std::memory_order_relaxed);
  return backend::drain(*stream, wait);
}

void named_pipe_impl::close() noexcept {
  if (!stream) return;
  const bool say_goodbye =
      has_messages() && !born.is_foreign() && writing_.load(std::memory_order_relaxed) == writing::open;
  if (say_goodbye) {
    timer at_once(deadline::now());
    outgoing_.start_end_mark();
    // Best effort: who must be believed calls shutdown_write().
    (void)write_frame({}, at_once).has_value();
  }
  stream.reset();
}

}  // namespace viaduct::detail
