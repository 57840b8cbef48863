// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// endpoint: names a live object that child_process::spawn is to hand to a child. Made by X.endpoint(); refers to the
// object and does not own it, so the object must stay alive until spawn returns. After a successful spawn the parent's
// object is closed; after a failed one it is as before.
#pragma once

#include <cstdint>

namespace viaduct {

namespace detail {
class endpoint_access;
}

class endpoint {
 public:
  enum class kind : std::uint8_t { none, pipe_reader, pipe_writer, named_pipe, shared_memory };

  [[nodiscard]] kind what() const noexcept { return kind_; }

 private:
  friend class detail::endpoint_access;
  endpoint(kind what, void* object) noexcept : kind_(what), object_(object) {}

  kind kind_ = kind::none;
  void* object_ = nullptr;  // the object's implementation, which does not move when the object is moved
};

}  // namespace viaduct
