// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "backend/shared_memory.hpp"
#include "common/object.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::detail {

struct shared_memory_impl : object_base {
  shared_memory_impl(label name, backend::memory_ptr made) : object_base(std::move(name)), held(std::move(made)) {}
  [[nodiscard]] bool is_open() const noexcept { return held != nullptr; }

  backend::memory_ptr held;
  bool nameless = false;  // a handle is all there is to find it by: anonymous or adopted
};

struct mapping_impl : object_base {
  mapping_impl(label name, backend::view_ptr made, access how)
      : object_base(std::move(name)), shown(std::move(made)), mode(how) {}
  [[nodiscard]] bool is_open() const noexcept { return shown != nullptr; }

  backend::view_ptr shown;
  access mode;
};

/// Makes public objects from backend ones, and lets other primitives look behind them.
struct shared_memory_access {
  [[nodiscard]] static shared_memory make(label name, backend::memory_ptr held) {
    return shared_memory(std::make_unique<shared_memory_impl>(std::move(name), std::move(held)));
  }
  [[nodiscard]] static shared_memory make_nameless(label name, backend::memory_ptr held) {
    shared_memory made = make(std::move(name), std::move(held));
    made.impl_->nameless = true;
    return made;
  }
  [[nodiscard]] static mapping make(label name, backend::view_ptr shown, access mode) {
    return mapping(std::make_unique<mapping_impl>(std::move(name), std::move(shown), mode));
  }
  [[nodiscard]] static shared_memory_impl* behind(const shared_memory& which) noexcept { return which.impl_.get(); }
  [[nodiscard]] static mapping_impl* behind(const mapping& which) noexcept { return which.impl_.get(); }
};

}  // namespace viaduct::detail
