// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Handing an endpoint to a child: what is behind it, and what the child must be told to make the same object of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "viaduct/endpoint.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/native_handle.hpp"
#include "viaduct/result.hpp"

namespace viaduct::detail {

struct handover {
  native_view handle;
  std::string remark;  // plain text without ';' or ','
};

/// closed, forked, not_supported (a named pipe's reader), invalid_argument (read-ahead would be lost; no endpoint).
[[nodiscard]] result<handover> look_at(const endpoint& which);

/// Closes the parent's object after the hand-over: without an end mark, for the connection lives on.
void close_quietly(const endpoint& which) noexcept;

/// How a connection is spoken, as text for the child and back. Checked strictly: the environment is input.
struct connection_remark {
  framing how = framing::bytes;
  named_pipe_options options;
};
[[nodiscard]] std::string make_remark(framing how, std::size_t max_message, bool accept_handles);
[[nodiscard]] std::optional<connection_remark> parse_remark(std::string_view text);

}  // namespace viaduct::detail
