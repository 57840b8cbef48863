// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/shared_memory.hpp"

#include <cstdint>
#include <limits>

namespace viaduct {

using detail::failed_on;
using detail::is_usable;
using detail::make_label;
using detail::shared_memory_access;
using detail::timer;
using detail::why_not_open;

namespace {

constexpr std::size_t largest = std::numeric_limits<std::ptrdiff_t>::max();

result<void> check_size(std::size_t size) {
  if (size == 0) return error(errc::invalid_argument).advise("memory has at least one byte");
  if (size <= largest) return {};
  return error(errc::no_space).with_size(size).advise("more than any process can address");
}

result<void> check_own_name(const name& what) {
  if (result<void> valid = what.check(); !valid) return valid;
  if (!what.is_native() && what.is_mine()) return {};
  return error(errc::not_supported).advise("only names of one's own can be created and removed");
}

result<void> check_options(const shared_memory_options& options) {
  if (options.life == lifetime::owner) {
    return error(errc::not_supported).advise("memory lives as long as its users, or is persistent");
  }
  if (options.who.is_private()) return {};
  return error(errc::not_supported)
      .advise("for other users make anonymous memory and hand it over through a named pipe");
}

result<backend::memory_request> make_request(const name& what, std::size_t size, const shared_memory_options& options) {
  if (result<void> valid = check_own_name(what); !valid) return valid.error();
  if (result<void> valid = check_options(options); !valid) return valid.error();
  if (result<void> valid = check_size(size); !valid) return valid.error();
  return backend::memory_request{.what = what, .life = options.life, .size = size};
}

result<backend::memory_ptr> open_existing(const name& what, timer& wait) {
  if (what.is_native()) return backend::open_native_memory(what, wait);
  if (!what.is_mine()) {
    return error(errc::access_denied).advise("named memory is for its owner's own programs; it is handed to others");
  }
  result<backend::memory_ptr> opened = backend::open_memory({.what = what}, wait);
  if (!opened) return detail::explain(opened.error(), errc::not_found, detail::nobody_has_it);
  return opened;
}

/// The same text on every system, whatever it writes paths in.
std::string text_of(const std::filesystem::path& file) {
  const auto text = file.u8string();
  return {text.begin(), text.end()};
}

result<void> check_file(const std::filesystem::path& file, const shared_file_options& options) {
  if (file.empty() ||
      file.native().find(std::filesystem::path::value_type{0}) != std::filesystem::path::string_type::npos) {
    return error(errc::invalid_argument).advise("a file has a path without NUL");
  }
  if (options.create_size == 0) return {};
  if (options.mode == access::read_only) {
    return error(errc::invalid_argument).advise("a file that may have to be made is opened for writing");
  }
  return check_size(options.create_size);
}

/// The whole range, with its length said; no sum that could overflow.
result<map_options> complete(map_options options, std::size_t size) {
  if (options.offset >= size) {
    return error(errc::invalid_argument).with_size(size).advise("the offset is not inside the memory");
  }
  const std::size_t left = size - options.offset;
  if (options.length > left) return error(errc::invalid_argument).with_size(left).advise("the range ends outside");
  if (options.length == 0) options.length = left;
  return options;
}

}  // namespace

mapping::mapping(std::unique_ptr<detail::mapping_impl> impl) noexcept : impl_(std::move(impl)) {}
mapping::mapping(mapping&& other) noexcept = default;
mapping& mapping::operator=(mapping&& other) noexcept = default;
mapping::~mapping() = default;

buffer mapping::writable() noexcept {
  if (!is_usable(impl_) || impl_->mode == access::read_only) return {};
  return backend::contents(*impl_->shown);
}

bytes mapping::readable() const noexcept {
  if (!is_usable(impl_)) return {};
  const buffer all = backend::contents(*impl_->shown);
  return {all.data(), all.size()};
}

result<std::byte*> mapping::place(std::size_t size, std::size_t alignment, std::size_t offset, bool write) const {
  constexpr const char* operation = "mapping::as";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  if (write && impl_->mode == access::read_only) {
    return impl_->failed(error(errc::access_denied).advise("mapped with access::read_only: ask for a const type"),
                         operation);
  }
  const buffer all = backend::contents(*impl_->shown);
  if (offset > all.size() || size > all.size() - offset) {
    return impl_->failed(
        error(errc::invalid_argument).with_size(all.size()).advise("the mapping ends before the object does"),
        operation);
  }
  std::byte* const where = all.data() + offset;
  if (reinterpret_cast<std::uintptr_t>(where) % alignment != 0) {
    return impl_->failed(
        error(errc::invalid_argument).advise("the type wants an offset that is a multiple of its alignment"),
        operation);
  }
  return where;
}

result<void> mapping::flush() {
  constexpr const char* operation = "mapping::flush";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  if (result<void> flushed = backend::flush(*impl_->shown); !flushed) return impl_->failed(flushed.error(), operation);
  return {};
}

void mapping::close() noexcept {
  if (impl_) impl_->shown.reset();
}

bool mapping::is_open() const noexcept { return is_usable(impl_); }

shared_memory::shared_memory(std::unique_ptr<detail::shared_memory_impl> impl) noexcept : impl_(std::move(impl)) {}
shared_memory::shared_memory(shared_memory&& other) noexcept = default;
shared_memory& shared_memory::operator=(shared_memory&& other) noexcept = default;
shared_memory::~shared_memory() = default;

result<shared_memory> shared_memory::create(const name& what, std::size_t size, const shared_memory_options& options) {
  constexpr const char* operation = "shared_memory::create";
  const result<backend::memory_request> request = make_request(what, size, options);
  if (!request) return failed_on(what.text(), request.error(), operation);
  result<backend::memory_ptr> made = backend::create_memory(*request);
  if (!made) return failed_on(what.text(), made.error(), operation);
  return shared_memory_access::make(make_label(what.text()), std::move(*made));
}

result<shared_memory> shared_memory::open(const name& what, deadline until) {
  constexpr const char* operation = "shared_memory::open";
  if (result<void> valid = what.check(); !valid) return failed_on(what.text(), valid.error(), operation);
  timer wait(until);
  result<backend::memory_ptr> opened = open_existing(what, wait);
  if (!opened) return failed_on(what.text(), opened.error(), operation);
  return shared_memory_access::make(make_label(what.text()), std::move(*opened));
}

result<shared_memory> shared_memory::open_or_create(const name& what, std::size_t size, deadline until) {
  return open_or_create(what, size, {}, until);
}

result<shared_memory> shared_memory::open_or_create(const name& what, std::size_t size,
                                                    const shared_memory_options& options, deadline until) {
  constexpr const char* operation = "shared_memory::open_or_create";
  const result<backend::memory_request> request = make_request(what, size, options);
  if (!request) return failed_on(what.text(), request.error(), operation);
  timer wait(until);
  result<backend::memory_ptr> made = backend::open_or_create_memory(*request, wait);
  if (!made) return failed_on(what.text(), made.error(), operation);
  return shared_memory_access::make(make_label(what.text()), std::move(*made));
}

result<void> shared_memory::remove(const name& what) {
  constexpr const char* operation = "shared_memory::remove";
  if (result<void> valid = check_own_name(what); !valid) return failed_on(what.text(), valid.error(), operation);
  const result<void> removed = backend::entry::remove(backend::object_kind::shared_memory, what);
  if (!removed) return failed_on(what.text(), removed.error(), operation);
  return {};
}

result<shared_memory> shared_memory::create_anonymous(std::size_t size, writers who) {
  constexpr const char* operation = "shared_memory::create_anonymous";
  constexpr const char* called = "(anonymous)";
  if (result<void> valid = check_size(size); !valid) return failed_on(called, valid.error(), operation);
  result<backend::memory_ptr> made = backend::create_anonymous_memory(size, who);
  if (!made) return failed_on(called, made.error(), operation);
  return shared_memory_access::make_nameless(make_label(called), std::move(*made));
}

result<shared_memory> shared_memory::open_file(const std::filesystem::path& file, const shared_file_options& options) {
  constexpr const char* operation = "shared_memory::open_file";
  if (result<void> valid = check_file(file, options); !valid) return failed_on(text_of(file), valid.error(), operation);
  result<backend::memory_ptr> made = backend::open_memory_file(file, options);
  if (!made) return failed_on(text_of(file), made.error(), operation);
  return shared_memory_access::make(make_label(text_of(file)), std::move(*made));
}

result<shared_memory> shared_memory::adopt(native_handle handle) {
  constexpr const char* operation = "shared_memory::adopt";
  if (!handle.is_valid()) return failed_on("(adopted)", error(errc::closed), operation);
  result<backend::memory_ptr> made = backend::adopt_memory(std::move(handle));
  if (!made) return failed_on("(adopted)", made.error(), operation);
  return shared_memory_access::make_nameless(make_label("(adopted)"), std::move(*made));
}

result<mapping> shared_memory::map(const map_options& options) const {
  constexpr const char* operation = "shared_memory::map";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  const result<map_options> range = complete(options, backend::size(*impl_->held));
  if (!range) return impl_->failed(range.error(), operation);
  // Before it is mapped: the one mapping of writers::creator must not be lost for want of memory to hold it.
  mapping made = shared_memory_access::make(impl_->called, nullptr, range->mode);
  result<backend::view_ptr> shown = backend::map(impl_->held, *range);
  if (!shown) return impl_->failed(shown.error(), operation);
  shared_memory_access::behind(made)->shown = std::move(*shown);
  return made;
}

result<shared_memory> shared_memory::read_only() const {
  constexpr const char* operation = "shared_memory::read_only";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  result<backend::memory_ptr> made = backend::read_only_memory(*impl_->held);
  if (!made) return impl_->failed(made.error(), operation);
  return shared_memory_access::make_nameless(impl_->called, std::move(*made));
}

std::size_t shared_memory::size() const noexcept { return is_open() ? backend::size(*impl_->held) : 0; }
bool shared_memory::is_creator() const noexcept { return is_open() && backend::is_creator(*impl_->held); }
std::string shared_memory::native_name() const {
  return is_open() ? backend::native_name(*impl_->held) : std::string();
}

void shared_memory::close() noexcept {
  if (impl_) impl_->held.reset();
}

bool shared_memory::is_open() const noexcept { return is_usable(impl_); }

native_view shared_memory::native() const noexcept { return is_open() ? backend::native(*impl_->held) : native_view(); }

result<native_handle> shared_memory::release() {
  constexpr const char* operation = "shared_memory::release";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  result<native_handle> handle = backend::release(*impl_->held);
  if (!handle) return impl_->failed(handle.error(), operation);
  impl_->held.reset();
  return handle;
}

endpoint shared_memory::endpoint() const noexcept {
  return detail::endpoint_access::make(endpoint::kind::shared_memory, impl_.get());
}

}  // namespace viaduct
