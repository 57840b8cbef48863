// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One connection: the backend's stream, and for messages the two framing steps with their synchronous driver.
#pragma once

#include <atomic>
#include <mutex>

#include "backend/named_pipe.hpp"
#include "common/framing.hpp"
#include "common/object.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct::detail {

struct named_pipe_impl : object_base {
  named_pipe_impl(label name, backend::opened_connection opened);
  ~named_pipe_impl();
  named_pipe_impl(const named_pipe_impl&) = delete;
  named_pipe_impl& operator=(const named_pipe_impl&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return stream != nullptr; }
  [[nodiscard]] bool has_messages() const noexcept { return contract.how == framing::messages; }

  [[nodiscard]] result<std::size_t> read_bytes(buffer into, timer& wait);
  [[nodiscard]] result<std::size_t> write_some(bytes from, timer& wait);
  [[nodiscard]] result<void> write_all(bytes from, timer& wait);
  [[nodiscard]] result<void> write_all(std::span<const bytes> parts, timer& wait);
  [[nodiscard]] result<void> send(std::span<const bytes> parts, timer& wait);
  [[nodiscard]] result<void> send_handles(bytes message, std::span<const native_view> handles, timer& wait);
  [[nodiscard]] result<std::size_t> receive(buffer into, timer& wait);
  /// The handles of the message just received.
  [[nodiscard]] result<std::vector<native_handle>> take_handles();
  [[nodiscard]] result<void> end_writing(timer& wait);
  void close() noexcept;

  backend::connection_ptr stream;
  identity known_peer;
  backend::stream_contract contract;

 private:
  enum class writing : std::uint8_t { open, broken, ended };

  [[nodiscard]] bool may_write() const noexcept { return writing_.load(std::memory_order_relaxed) == writing::open; }
  [[nodiscard]] bool owes_acks() const noexcept { return owed_acks_.load(std::memory_order_relaxed) != 0; }
  [[nodiscard]] result<std::size_t> read_ahead(timer& wait);
  [[nodiscard]] result<std::vector<native_handle>> take_announced(const announced_handles& announced);
  [[nodiscard]] result<void> check_writing() const;
  [[nodiscard]] result<void> check_bytes() const;
  [[nodiscard]] result<void> write_frame(std::span<const native_view> handles, timer& wait);
  [[nodiscard]] result<void> acknowledge_arrived(timer& wait);
  [[nodiscard]] std::unique_lock<std::mutex> lock_writing();
  void acknowledge_now() noexcept;

  std::atomic<writing> writing_{writing::open};
  incoming_frames incoming_;
  outgoing_frame outgoing_;
  // Only where handles are acknowledged (macOS): acks are written by whichever thread may write next.
  std::mutex writer_;
  std::atomic<std::uint32_t> owed_acks_{0};

 public:
  [[nodiscard]] const incoming_frames& incoming() const noexcept { return incoming_; }
};

struct named_pipe_listener_impl : object_base {
  named_pipe_listener_impl(label name, backend::listener_ptr made)
      : object_base(std::move(name)), end(std::move(made)) {}
  [[nodiscard]] bool is_open() const noexcept { return end != nullptr; }
  backend::listener_ptr end;
};

struct named_pipe_access {
  [[nodiscard]] static named_pipe make(label name, backend::opened_connection opened) {
    return named_pipe(std::make_unique<named_pipe_impl>(std::move(name), std::move(opened)));
  }
  [[nodiscard]] static named_pipe_listener make(label name, backend::listener_ptr end) {
    return named_pipe_listener(std::make_unique<named_pipe_listener_impl>(std::move(name), std::move(end)));
  }
};

/// Limits of the options, checked once for create, adopt and pairs.
[[nodiscard]] result<void> check_options(framing how, const named_pipe_options& options);

}  // namespace viaduct::detail
