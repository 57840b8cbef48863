// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/pipe.hpp"

#include "common/hot_path.hpp"
#include "common/write_parts.hpp"

namespace viaduct {

using detail::describe;
using detail::explain;
using detail::failed_on;
using detail::is_usable;
using detail::make_label;
using detail::pipe_access;
using detail::timer;
using detail::why_not_open;

pipe_reader::pipe_reader(std::unique_ptr<detail::pipe_reader_impl> impl) noexcept : impl_(std::move(impl)) {}
pipe_reader::pipe_reader(pipe_reader&& other) noexcept = default;
pipe_reader& pipe_reader::operator=(pipe_reader&& other) noexcept = default;
pipe_reader::~pipe_reader() = default;

result<pipe_reader> pipe_reader::create(const name& what, const pipe_options& options) {
  constexpr const char* operation = "pipe_reader::create";
  if (result<void> valid = what.check(); !valid) return failed_on(describe(what), valid.error(), operation);
  if (what.is_native() || !what.is_mine()) {
    return failed_on(describe(what), error(errc::not_supported).advise("only names of one's own can be created"),
                     operation);
  }
  result<backend::pipe_source_ptr> made = backend::create_pipe(what, options);
  if (!made) return failed_on(describe(what), made.error(), operation);
  return pipe_access::make(make_label(describe(what)), std::move(*made));
}

result<pipe_reader> pipe_reader::open(const name& native, deadline until) {
  constexpr const char* operation = "pipe_reader::open";
  if (result<void> valid = native.check(); !valid) return failed_on(describe(native), valid.error(), operation);
  if (!native.is_native()) {
    return failed_on(describe(native),
                     error(errc::invalid_argument).advise("a reader creates its name; only name::native is opened"),
                     operation);
  }
  timer wait(until);
  result<backend::pipe_source_ptr> made = backend::open_native_pipe_source(native, wait);
  if (!made) {
    return failed_on(describe(native), explain(made.error(), errc::not_found, "there is no FIFO of this path"),
                     operation);
  }
  return pipe_access::make(make_label(describe(native)), std::move(*made));
}

result<pipe_reader> pipe_reader::adopt(native_handle handle) {
  result<backend::pipe_source_ptr> made = backend::adopt_pipe_source(std::move(handle));
  if (!made) return failed_on("(adopted)", made.error(), "pipe_reader::adopt");
  return pipe_access::make(make_label("(adopted)"), std::move(*made));
}

VIADUCT_HOT_PATH result<std::size_t> pipe_reader::read_some(buffer into, deadline until) {
  constexpr const char* operation = "pipe_reader::read_some";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (into.empty()) return std::size_t{0};
  timer wait(until);
  result<std::size_t> count = backend::read_some(*impl_->end, into, wait);
  if (!count) [[unlikely]]
    return impl_->failed(std::move(count.error()), operation);
  return *count;
}

VIADUCT_HOT_PATH result<void> pipe_reader::read_exactly(buffer into, deadline until) {
  constexpr const char* operation = "pipe_reader::read_exactly";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  std::size_t done = 0;
  while (done != into.size()) {
    result<std::size_t> count = backend::read_some(*impl_->end, into.after(done), wait);
    if (!count) [[unlikely]]
      return impl_->failed(std::move(count.error().with_size(done)), operation);
    done += *count;
  }
  return {};
}

void pipe_reader::cancel() noexcept {
  if (is_usable(impl_)) backend::cancel(*impl_->end);
}

void pipe_reader::close() noexcept {
  if (impl_) impl_->end.reset();
}

bool pipe_reader::is_open() const noexcept { return is_usable(impl_); }

native_view pipe_reader::native() const noexcept { return is_open() ? backend::native(*impl_->end) : native_view(); }

result<native_handle> pipe_reader::release() {
  constexpr const char* operation = "pipe_reader::release";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  return impl_->release(operation);
}

endpoint pipe_reader::endpoint() const noexcept {
  return detail::endpoint_access::make(endpoint::kind::pipe_reader, impl_.get());
}

pipe_writer::pipe_writer(std::unique_ptr<detail::pipe_writer_impl> impl) noexcept : impl_(std::move(impl)) {}
pipe_writer::pipe_writer(pipe_writer&& other) noexcept = default;
pipe_writer& pipe_writer::operator=(pipe_writer&& other) noexcept = default;
pipe_writer::~pipe_writer() = default;

result<pipe_writer> pipe_writer::open(const name& what, deadline until) {
  constexpr const char* operation = "pipe_writer::open";
  if (result<void> valid = what.check(); !valid) return failed_on(describe(what), valid.error(), operation);
  timer wait(until);
  result<backend::pipe_sink_ptr> made = backend::open_pipe(what, wait);
  if (!made) {
    const error cause = explain(made.error(), errc::not_found,
                                what.is_native() ? "nobody reads from a FIFO of this path"
                                                 : "no reader has this name: does it run, as the name's user and with "
                                                   "the same VIADUCT_RUNTIME_DIR?");
    return failed_on(describe(what), cause, operation);
  }
  return pipe_access::make(make_label(describe(what)), std::move(*made));
}

result<pipe_writer> pipe_writer::adopt(native_handle handle) {
  result<backend::pipe_sink_ptr> made = backend::adopt_pipe_sink(std::move(handle));
  if (!made) return failed_on("(adopted)", made.error(), "pipe_writer::adopt");
  return pipe_access::make(make_label("(adopted)"), std::move(*made));
}

VIADUCT_HOT_PATH result<std::size_t> pipe_writer::write_some(bytes from, deadline until) {
  constexpr const char* operation = "pipe_writer::write_some";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (from.empty()) return std::size_t{0};
  timer wait(until);
  result<std::size_t> count = backend::write_some(*impl_->end, {&from, 1}, wait);
  if (!count) [[unlikely]]
    return impl_->failed(std::move(count.error()), operation);
  return *count;
}

VIADUCT_HOT_PATH result<void> pipe_writer::write_all(bytes from, deadline until) {
  constexpr const char* operation = "pipe_writer::write_all";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  result<void> wrote = detail::write_whole(from, wait, [this](std::span<const bytes> left, timer& patience) {
    return backend::write_some(*impl_->end, left, patience);
  });
  if (!wrote) [[unlikely]]
    return impl_->failed(std::move(wrote.error()), operation);
  return {};
}

result<void> pipe_writer::write_all(std::span<const bytes> parts, deadline until) {
  constexpr const char* operation = "pipe_writer::write_all";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  const result<void> wrote = detail::write_parts(parts, wait, [this](std::span<const bytes> left, timer& patience) {
    return backend::write_some(*impl_->end, left, patience);
  });
  if (!wrote) return impl_->failed(wrote.error(), operation);
  return {};
}

void pipe_writer::cancel() noexcept {
  if (is_usable(impl_)) backend::cancel(*impl_->end);
}

void pipe_writer::close() noexcept {
  if (impl_) impl_->end.reset();
}

bool pipe_writer::is_open() const noexcept { return is_usable(impl_); }

native_view pipe_writer::native() const noexcept { return is_open() ? backend::native(*impl_->end) : native_view(); }

result<native_handle> pipe_writer::release() {
  constexpr const char* operation = "pipe_writer::release";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  return impl_->release(operation);
}

endpoint pipe_writer::endpoint() const noexcept {
  return detail::endpoint_access::make(endpoint::kind::pipe_writer, impl_.get());
}

result<pipe_pair> make_pipe(const pipe_options& options) {
  result<backend::pipe_ends> made = backend::make_pipe(options);
  if (!made) return failed_on("(unnamed)", made.error(), "make_pipe");
  const detail::label called = make_label("(unnamed)");
  return pipe_pair{pipe_access::make(called, std::move(made->source)),
                   pipe_access::make(called, std::move(made->sink))};
}

result<pipe_reader> standard_input() {
  result<backend::pipe_source_ptr> made = backend::standard_input_source();
  if (!made) return failed_on("(standard input)", made.error(), "standard_input");
  return pipe_access::make(make_label("(standard input)"), std::move(*made));
}

result<pipe_writer> standard_output() {
  result<backend::pipe_sink_ptr> made = backend::standard_output_sink();
  if (!made) return failed_on("(standard output)", made.error(), "standard_output");
  return pipe_access::make(make_label("(standard output)"), std::move(*made));
}

}  // namespace viaduct
