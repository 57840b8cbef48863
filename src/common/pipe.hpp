// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "backend/pipe.hpp"
#include "common/object.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::detail {

struct pipe_reader_impl : object_base {
  pipe_reader_impl(label name, backend::pipe_source_ptr made) : object_base(std::move(name)), end(std::move(made)) {}
  [[nodiscard]] bool is_open() const noexcept { return end != nullptr; }
  backend::pipe_source_ptr end;
};

struct pipe_writer_impl : object_base {
  pipe_writer_impl(label name, backend::pipe_sink_ptr made) : object_base(std::move(name)), end(std::move(made)) {}
  [[nodiscard]] bool is_open() const noexcept { return end != nullptr; }
  backend::pipe_sink_ptr end;
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
