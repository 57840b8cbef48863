// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Connecting: find the entry, check the contract, open the pipe, and know who owns it before a byte is sent.
#include <algorithm>
#include <cctype>
#include <string_view>

#include "common/stream_contract.hpp"
#include "windows/named_pipe.hpp"
#include "windows/pipe_instance.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::backend {

using windows::unique_handle;

namespace {

struct target {
  unique_handle pipe;
  stream_contract contract;
  std::uint32_t level = 0;
};

result<void> check_contract(const entry_description& found, const void* context) {
  const result<stream_contract> theirs = detail::read_contract(found.contract);
  if (!theirs) return theirs.error();
  const result<stream_contract> agreed = detail::agree(*theirs, *static_cast<const connect_options*>(context));
  if (!agreed) return agreed.error();
  return {};
}

result<target> dial_ours(const name& what, const connect_options& options, detail::timer& wait) {
  result<windows::dialled> found = windows::dial(
      {.kind = object_kind::named_pipe, .what = what, .check = check_contract, .context = &options}, wait);
  if (!found) return found.error();
  const result<stream_contract> theirs = detail::read_contract(found->entry.contract);
  if (!theirs) return theirs.error();
  const result<stream_contract> agreed = detail::agree(*theirs, options);
  if (!agreed) return agreed.error();
  const std::uint64_t level = found->entry.contract.values[windows::level_index];
  return target{std::move(found->pipe), *agreed, static_cast<std::uint32_t>(std::min<std::uint64_t>(level, 0xFFFF))};
}

/// A pipe of this machine: \\.\pipe\ and something without a further backslash.
bool is_local_pipe(std::string_view text) noexcept {
  constexpr std::string_view prefix = "\\\\.\\pipe\\";
  if (text.size() <= prefix.size()) return false;
  const bool starts = std::equal(prefix.begin(), prefix.end(), text.begin(), [](char expected, char found) {
    return expected == static_cast<char>(std::tolower(static_cast<unsigned char>(found)));
  });
  return starts && text.find('\\', prefix.size()) == std::string_view::npos;
}

result<target> dial_native(const name& what, const connect_options& options, detail::timer& wait) {
  if (options.framing.value_or(framing::messages) == framing::messages) {
    return error(errc::not_supported).advise("on Windows a pipe of another program is spoken to with framing::bytes");
  }
  if (!is_local_pipe(what.text())) {
    return error(errc::invalid_argument).advise("on Windows a native name is \\\\.\\pipe\\ and the pipe's name");
  }
  const result<std::wstring> path = windows::to_wide(what.text());
  if (!path) return path.error();
  // Nothing tells when a foreign pipe appears; where it is and is busy, the system wakes us.
  result<unique_handle> pipe = windows::open_client({.path = *path}, wait);
  if (!pipe) return pipe.error();
  return target{std::move(*pipe), {framing::bytes, options.max_message, false}, 0};
}

}  // namespace

result<opened_connection> connect(const name& what, const connect_options& options, detail::timer& wait) {
  result<target> found = what.is_native() ? dial_native(what, options, wait) : dial_ours(what, options, wait);
  if (!found) return found.error();
  const user expected = options.server ? *options.server : what.owner();
  const result<identity> server = windows::verify_server(found->pipe.get(), expected, found->level);
  if (!server) return server.error();
  result<connection_ptr> made = windows::make_connection(found->pipe, *server, false);
  if (!made) return made.error();
  if (options.accept_handles) {
    const result<unique_handle> sender = windows::open_sender(static_cast<DWORD>(server->process_id()), server->user());
    if (!sender) return sender.error();
  }
  (*made)->accept_handles = options.accept_handles;
  return opened_connection{std::move(*made), *server, found->contract};
}

}  // namespace viaduct::backend
