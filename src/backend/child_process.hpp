// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// THE CONTRACT: starting programs. Errors carry code, OS code and hint; operation and object are added by
// src/common/child_process.cpp. Arguments are checked already.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timer.hpp"
#include "viaduct/child_process.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"

namespace viaduct::backend {

struct child;  // complete in the OS folder
struct child_deleter {
  void operator()(
      child* which) const noexcept;  // kills a running child and reaps it now or at the next spawn; never waits
};
using child_ptr = std::unique_ptr<child, child_deleter>;

/// An endpoint on its way to a child: its name there, what it is, the handle, and what its type wants to remember (for
/// example framing and limit), plain text without ';' or ','.
struct handed_endpoint {
  std::string name;
  endpoint::kind what = endpoint::kind::none;
  native_view handle;
  std::string remark;
};

struct standard_stream {
  stdio::kind what = stdio::kind::inherit;
  native_view handle;  // for endpoint
};

struct spawn_request {
  std::filesystem::path program;
  std::vector<std::string> args;
  std::vector<handed_endpoint> endpoints;
  standard_stream input, output, error;
  std::optional<std::map<std::string, std::string>> environment;
  std::filesystem::path working_directory;
};

/// What came of it. The handles are the parent's ends of piped standard streams (adoptable as pipe ends), else invalid.
struct spawned {
  child_ptr process;
  native_handle input, output, error;
};

[[nodiscard]] result<spawned> spawn(const spawn_request& request);
[[nodiscard]] result<exit_status> wait(child& which, detail::timer& wait);
[[nodiscard]] result<void> request_stop(child& which);
[[nodiscard]] result<void> kill(child& which);
[[nodiscard]] std::uint64_t id(const child& which) noexcept;
void detach(child& which) noexcept;
void cancel(child& which) noexcept;
[[nodiscard]] native_view native(const child& which) noexcept;

/// An endpoint that our parent handed to us under this name: taken once. not_found, invalid_argument (another kind).
struct inherited_endpoint {
  native_handle handle;
  std::string remark;
};
[[nodiscard]] result<inherited_endpoint> take_inherited(std::string_view endpoint_name, endpoint::kind what);

[[nodiscard]] result<void> wait_stop_requested(detail::timer& wait);

}  // namespace viaduct::backend
