// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "backend/pipe.hpp"
#include "common/object.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::detail {

/// What both ends have in common.
template <class End>
struct pipe_end_impl : object_base {
  pipe_end_impl(label name, End made) : object_base(std::move(name)), end(std::move(made)) {}
  [[nodiscard]] bool is_open() const noexcept { return end != nullptr; }
  [[nodiscard]] result<native_handle> release(const char* operation) {
    result<native_handle> handle = backend::release(*end);
    if (!handle) return failed(handle.error(), operation);
    end.reset();
    return handle;
  }
  End end;
};
struct pipe_reader_impl : pipe_end_impl<backend::pipe_source_ptr> {
  using pipe_end_impl::pipe_end_impl;
};
struct pipe_writer_impl : pipe_end_impl<backend::pipe_sink_ptr> {
  using pipe_end_impl::pipe_end_impl;
};

/// Makes public objects from backend ones.
struct pipe_access {
  [[nodiscard]] static pipe_reader make(label name, backend::pipe_source_ptr end) {
    return pipe_reader(std::make_unique<pipe_reader_impl>(std::move(name), std::move(end)));
  }
  [[nodiscard]] static pipe_writer make(label name, backend::pipe_sink_ptr end) {
    return pipe_writer(std::make_unique<pipe_writer_impl>(std::move(name), std::move(end)));
  }
};

}  // namespace viaduct::detail
