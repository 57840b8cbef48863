// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/named_pipe.hpp"

#include <algorithm>

#include "common/hot_path.hpp"

namespace viaduct {

using detail::check_options;
using detail::describe;
using detail::explain;
using detail::failed_on;
using detail::is_usable;
using detail::make_label;
using detail::named_pipe_access;
using detail::timer;
using detail::why_not_open;

namespace {

constexpr std::size_t largest_message = std::size_t{1} << 30;

const char* why_nobody(const name& what) {
  if (what.is_native()) return "nobody listens under this path";
  if (!what.is_mine()) return "that user has no listener of this name that lets others in (permission)";
  return "nobody listens under this name: does the server run, as this user and with the same VIADUCT_RUNTIME_DIR?";
}

bool has_unknown(const std::vector<user>& users) {
  return std::any_of(users.begin(), users.end(), [](const user& who) { return who.is_unknown(); });
}

}  // namespace

result<void> detail::check_options(framing how, const named_pipe_options& options) {
  if (how != framing::bytes && how != framing::messages) {
    return error(errc::invalid_argument).advise("framing is bytes or messages");
  }
  if (options.max_message == 0 || options.max_message > largest_message) {
    return error(errc::invalid_argument).advise("max_message is 1 byte to 1 GiB");
  }
  if (options.backlog == 0 || options.backlog > 4096) {
    return error(errc::invalid_argument).advise("backlog is 1 to 4096");
  }
  if (has_unknown(options.who.allowed_users())) {
    return error(errc::invalid_argument).advise("permission::users has user::unknown(), who is never let in");
  }
  if (options.who.kind() == permission::scope::group && options.who.group_name().empty()) {
    return error(errc::invalid_argument).advise("permission::group needs the name or the id of a group");
  }
  if (options.accept_handles && how == framing::bytes) {
    return error(errc::invalid_argument).advise("handles travel with messages, never with bytes");
  }
  return {};
}

named_pipe::named_pipe(std::unique_ptr<detail::named_pipe_impl> impl) noexcept : impl_(std::move(impl)) {}
named_pipe::named_pipe(named_pipe&& other) noexcept = default;
named_pipe& named_pipe::operator=(named_pipe&& other) noexcept = default;
named_pipe::~named_pipe() = default;

result<named_pipe> named_pipe::connect(const name& what, deadline until, const connect_options& options) {
  constexpr const char* operation = "named_pipe::connect";
  if (result<void> valid = what.check(); !valid) return failed_on(describe(what), valid.error(), operation);
  if (what.is_native() && !options.framing) {
    return failed_on(describe(what),
                     error(errc::invalid_argument).advise("for name::native say which framing is spoken there"),
                     operation);
  }
  const named_pipe_options checked{.max_message = options.max_message, .accept_handles = options.accept_handles};
  const viaduct::framing how = options.framing.value_or(framing::messages);
  if (result<void> valid = check_options(how, checked); !valid)
    return failed_on(describe(what), valid.error(), operation);
  if (options.server && options.server->is_unknown()) {
    const error nobody = error(errc::wrong_peer).advise("connect_options.server is user::unknown(), who is nobody");
    return failed_on(describe(what), nobody, operation);
  }
  timer wait(until);
  result<backend::opened_connection> opened = backend::connect(what, options, wait);
  if (!opened) return failed_on(describe(what), explain(opened.error(), errc::not_found, why_nobody(what)), operation);
  return named_pipe_access::make(make_label(describe(what)), std::move(*opened));
}

result<named_pipe> named_pipe::adopt(native_handle handle, viaduct::framing how, const named_pipe_options& options) {
  constexpr const char* operation = "named_pipe::adopt";
  if (result<void> valid = check_options(how, options); !valid) return failed_on("(adopted)", valid.error(), operation);
  result<backend::opened_connection> opened = backend::adopt_connection(std::move(handle), how, options);
  if (!opened) return failed_on("(adopted)", opened.error(), operation);
  return named_pipe_access::make(make_label("(adopted)"), std::move(*opened));
}

VIADUCT_HOT_PATH result<std::size_t> named_pipe::read_some(buffer into, deadline until) {
  constexpr const char* operation = "named_pipe::read_some";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  result<std::size_t> count = impl_->read_bytes(into, wait);
  if (!count) [[unlikely]]
    return impl_->failed(std::move(count.error()), operation);
  return *count;
}

VIADUCT_HOT_PATH result<void> named_pipe::read_exactly(buffer into, deadline until) {
  constexpr const char* operation = "named_pipe::read_exactly";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  std::size_t done = 0;
  do {
    result<std::size_t> count = impl_->read_bytes(into.after(done), wait);
    if (!count) [[unlikely]]
      return impl_->failed(std::move(count.error().with_size(done)), operation);
    done += *count;
  } while (done != into.size());
  return {};
}

VIADUCT_HOT_PATH result<std::size_t> named_pipe::write_some(bytes from, deadline until) {
  constexpr const char* operation = "named_pipe::write_some";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  result<std::size_t> count = impl_->write_some(from, wait);
  if (!count) [[unlikely]]
    return impl_->failed(std::move(count.error()), operation);
  return *count;
}

VIADUCT_HOT_PATH result<void> named_pipe::write_all(bytes from, deadline until) {
  constexpr const char* operation = "named_pipe::write_all";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  if (result<void> wrote = impl_->write_all(from, wait); !wrote) [[unlikely]] {
    return impl_->failed(std::move(wrote.error()), operation);
  }
  return {};
}

result<void> named_pipe::write_all(std::span<const bytes> parts, deadline until) {
  constexpr const char* operation = "named_pipe::write_all";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  if (result<void> wrote = impl_->write_all(parts, wait); !wrote) return impl_->failed(wrote.error(), operation);
  return {};
}

result<void> named_pipe::send(bytes message, deadline until) {
  return send(std::span<const bytes>(&message, 1), until);
}

VIADUCT_HOT_PATH result<void> named_pipe::send(std::span<const bytes> parts, deadline until) {
  constexpr const char* operation = "named_pipe::send";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  if (result<void> sent = impl_->send(parts, wait); !sent) return impl_->failed(sent.error(), operation);
  return {};
}

result<void> named_pipe::send(bytes message, std::span<const native_view> handles, deadline until) {
  constexpr const char* operation = "named_pipe::send";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  if (result<void> sent = impl_->send_handles(message, handles, wait); !sent)
    return impl_->failed(sent.error(), operation);
  return {};
}

VIADUCT_HOT_PATH result<std::size_t> named_pipe::receive(buffer into, deadline until) {
  constexpr const char* operation = "named_pipe::receive";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  result<std::size_t> size = impl_->receive(into, wait);
  if (!size) [[unlikely]]
    return impl_->failed(std::move(size.error()), operation);
  if (!impl_->contract.accept_handles) [[likely]]
    return *size;
  const result<std::vector<native_handle>> unwanted = impl_->take_handles();
  if (!unwanted) return impl_->failed(unwanted.error(), operation);
  return *size;
}

result<received_handles> named_pipe::receive_with_handles(buffer into, deadline until) {
  constexpr const char* operation = "named_pipe::receive_with_handles";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  const result<std::size_t> size = impl_->receive(into, wait);
  if (!size) return impl_->failed(size.error(), operation);
  result<std::vector<native_handle>> handles = impl_->take_handles();
  if (!handles) return impl_->failed(handles.error(), operation);
  return received_handles{*size, std::move(*handles)};
}

std::size_t named_pipe::buffered() const noexcept { return is_open() ? impl_->incoming().buffered() : 0; }

result<void> named_pipe::shutdown_write(deadline until) {
  constexpr const char* operation = "named_pipe::shutdown_write";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  if (result<void> ended = impl_->end_writing(wait); !ended) return impl_->failed(ended.error(), operation);
  return {};
}

const identity& named_pipe::peer() const noexcept {
  static const identity nobody = identity::unknown();
  if (!impl_) return nobody;
  return is_open() ? backend::peer(*impl_->stream) : impl_->known_peer;
}

framing named_pipe::framing() const noexcept { return impl_ ? impl_->contract.how : framing::bytes; }
std::size_t named_pipe::max_message() const noexcept { return impl_ ? impl_->contract.max_message : 0; }

void named_pipe::cancel() noexcept {
  if (is_usable(impl_)) backend::cancel(*impl_->stream);
}

void named_pipe::close() noexcept {
  if (impl_) impl_->close();
}

bool named_pipe::is_open() const noexcept { return is_usable(impl_); }
native_view named_pipe::native() const noexcept { return is_open() ? backend::native(*impl_->stream) : native_view(); }

result<native_handle> named_pipe::release() {
  constexpr const char* operation = "named_pipe::release";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (!impl_->incoming().is_idle()) {
    return impl_->failed(error(errc::invalid_argument).advise("messages were read ahead: receive them first"),
                         operation);
  }
  result<native_handle> handle = backend::release(*impl_->stream);
  if (!handle) return impl_->failed(handle.error(), operation);
  impl_->stream.reset();
  return handle;
}

endpoint named_pipe::endpoint() const noexcept {
  return detail::endpoint_access::make(endpoint::kind::named_pipe, impl_.get());
}

result<named_pipe_pair> make_named_pipe_pair(framing how, const named_pipe_options& options) {
  constexpr const char* operation = "make_named_pipe_pair";
  if (result<void> valid = check_options(how, options); !valid) return failed_on("(unnamed)", valid.error(), operation);
  result<backend::connection_pair> made = backend::make_connection_pair(how, options);
  if (!made) return failed_on("(unnamed)", made.error(), operation);
  const detail::label called = make_label("(unnamed)");
  return named_pipe_pair{named_pipe_access::make(called, std::move(made->first)),
                         named_pipe_access::make(called, std::move(made->second))};
}

}  // namespace viaduct
