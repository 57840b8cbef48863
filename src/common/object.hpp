// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What every live object has beside its backend: the name it is called in errors, and the process it was made in.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/generation.hpp"
#include "viaduct/endpoint.hpp"
#include "viaduct/error.hpp"
#include "viaduct/name.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

using label = std::shared_ptr<const std::string>;

[[nodiscard]] inline label make_label(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

/// How errors call an object of this name: another user's with its owner.
[[nodiscard]] inline std::string describe(const name& what) {
  if (what.is_native() || what.is_mine()) return what.text();
  return what.text() + " of user " + (what.owner().is_unknown() ? std::string("unknown") : what.owner().id());
}

/// What is usually behind an error of this code; a hint that is there already knows better.
[[nodiscard]] inline error explain(error cause, errc code, const char* hint) noexcept {
  if (cause == code && cause.hint().empty()) cause.advise(hint);
  return cause;
}

/// Why nothing is there to be opened that lives as long as its users.
inline constexpr const char* nobody_has_it =
    "no live process has it open: was it made, as this user and with the same VIADUCT_RUNTIME_DIR?";

struct object_base {
  explicit object_base(label name) noexcept : called(std::move(name)) {}

  /// An error of the backend, completed with what was attempted and on which object.
  [[nodiscard]] error failed(error cause, const char* operation) const noexcept {
    cause = explain(std::move(cause), errc::closed, "the other end was closed, or its process ended");
    return std::move(cause.during(operation).on(called));
  }

  label called;
  born_here born;
};

/// For static functions: an error before there is an object.
[[nodiscard]] inline error failed_on(const std::string& object, error cause, const char* operation) {
  return std::move(cause.during(operation).on(make_label(object)));
}

/// What each public call asks first. `impl` is null after a move, its backend is null after close().
template <class Pointer>
[[nodiscard]] inline bool is_usable(const Pointer& impl) noexcept {
  return impl && !impl->born.is_foreign() && impl->is_open();
}

/// Why the answer was no.
template <class Pointer>
[[nodiscard]] error why_not_open(const Pointer& impl, const char* operation) noexcept {
  if (!impl) return error(errc::closed).during(operation).advise("this object was closed or moved from");
  if (impl->born.is_foreign()) {
    return impl->failed(
        error(errc::forked)
            .advise("the child opens the name itself; without one, release() before fork(), adopt() after"),
        operation);
  }
  return impl->failed(error(errc::closed).advise("this object was closed, released, or handed to a child"), operation);
}

/// Both in one.
template <class Pointer>
[[nodiscard]] inline result<void> check_open(const Pointer& impl, const char* operation) noexcept {
  if (is_usable(impl)) [[likely]]
    return {};
  return why_not_open(impl, operation);
}

/// A lock or permit that is not held any more has let go of its object, name included.
[[nodiscard]] inline error not_held(const char* operation) noexcept {
  return error(errc::not_owner).during(operation).advise("it was unlocked or given back before, or moved from");
}

/// Reads what an endpoint refers to; the only way in.
class endpoint_access {
 public:
  [[nodiscard]] static endpoint make(endpoint::kind what, void* object) noexcept { return {what, object}; }
  template <class Impl>
  [[nodiscard]] static Impl* object(const endpoint& which) noexcept {
    return static_cast<Impl*>(which.object_);
  }
};

}  // namespace viaduct::detail
