// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/named_pipe.hpp"

namespace viaduct {

using detail::check_open;
using detail::describe;
using detail::failed_on;
using detail::make_label;
using detail::named_pipe_access;
using detail::timer;

named_pipe_listener::named_pipe_listener(std::unique_ptr<detail::named_pipe_listener_impl> impl) noexcept
    : impl_(std::move(impl)) {}
named_pipe_listener::named_pipe_listener(named_pipe_listener&& other) noexcept = default;
named_pipe_listener& named_pipe_listener::operator=(named_pipe_listener&& other) noexcept = default;
named_pipe_listener::~named_pipe_listener() = default;

result<named_pipe_listener> named_pipe_listener::create(const name& what, viaduct::framing how,
                                                        const named_pipe_options& options) {
  constexpr const char* operation = "named_pipe_listener::create";
  if (result<void> valid = what.check(); !valid) return failed_on(describe(what), valid.error(), operation);
  if (what.is_native() || !what.is_mine()) {
    return failed_on(describe(what), error(errc::not_supported).advise("only names of one's own can be created"),
                     operation);
  }
  if (result<void> valid = detail::check_options(how, options); !valid) {
    return failed_on(describe(what), valid.error(), operation);
  }
  result<backend::listener_ptr> made = backend::listen(what, how, options);
  if (!made) return failed_on(describe(what), made.error(), operation);
  return named_pipe_access::make(make_label(describe(what)), std::move(*made));
}

result<named_pipe_listener> named_pipe_listener::adopt(native_handle handle, viaduct::framing how,
                                                       const named_pipe_options& options) {
  constexpr const char* operation = "named_pipe_listener::adopt";
  if (result<void> valid = detail::check_options(how, options); !valid) {
    return failed_on("(adopted)", valid.error(), operation);
  }
  result<backend::listener_ptr> made = backend::adopt_listener(std::move(handle), how, options);
  if (!made) return failed_on("(adopted)", made.error(), operation);
  return named_pipe_access::make(make_label("(adopted)"), std::move(*made));
}

result<named_pipe> named_pipe_listener::accept(deadline until) {
  constexpr const char* operation = "named_pipe_listener::accept";
  if (result<void> open = check_open(impl_, operation); !open) return open.error();
  timer wait(until);
  result<backend::opened_connection> accepted = backend::accept(*impl_->end, wait);
  if (!accepted) return impl_->failed(accepted.error(), operation);
  return named_pipe_access::make(impl_->called, std::move(*accepted));
}

void named_pipe_listener::cancel() noexcept {
  if (check_open(impl_, "")) backend::cancel(*impl_->end);
}

void named_pipe_listener::close() noexcept {
  if (impl_) impl_->end.reset();
}

bool named_pipe_listener::is_open() const noexcept { return check_open(impl_, "").has_value(); }

native_view named_pipe_listener::native() const noexcept {
  return is_open() ? backend::native(*impl_->end) : native_view();
}

std::string named_pipe_listener::native_name() const {
  return is_open() ? backend::native_name(*impl_->end) : std::string();
}

result<native_handle> named_pipe_listener::release() {
  constexpr const char* operation = "named_pipe_listener::release";
  if (result<void> open = check_open(impl_, operation); !open) return open.error();
  result<native_handle> handle = backend::release(*impl_->end);
  if (!handle) return impl_->failed(handle.error(), operation);
  impl_->end.reset();
  return handle;
}

}  // namespace viaduct
