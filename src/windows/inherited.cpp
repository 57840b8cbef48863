// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The child's half of a hand-over.
#include <array>
#include <optional>

#include "backend/child_process.hpp"
#include "windows/child_table.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"

namespace viaduct::backend {

namespace system = windows::system;

namespace {

/// Does the handle bear out what the table says?
bool fits(HANDLE handle, endpoint::kind what) {
  if (what == endpoint::kind::shared_memory) return true;  // shared_memory::adopt() looks closer than anything here
  const result<DWORD> type = system::file_type(handle);
  if (!type || *type != FILE_TYPE_PIPE) return false;
  const result<ACCESS_MASK> access = system::granted_access(handle);
  if (!access) return false;
  switch (what) {
    case endpoint::kind::pipe_reader:
      return (*access & FILE_READ_DATA) != 0;
    case endpoint::kind::pipe_writer:
      return (*access & FILE_WRITE_DATA) != 0;
    case endpoint::kind::named_pipe:
      return (*access & FILE_READ_DATA) != 0 && (*access & FILE_WRITE_DATA) != 0;
    case endpoint::kind::shared_memory:
    case endpoint::kind::none:
      break;
  }
  return false;
}

/// CTRL_BREAK, which a parent sends to programs that share its console, is the same wish.
HANDLE break_event() noexcept {
  static windows::unique_handle event = [] {
    result<windows::unique_handle> made = system::create_event();
    return made ? std::move(*made) : windows::unique_handle();
  }();
  return event.get();
}

BOOL WINAPI on_console_event(DWORD event) {
  if (event != CTRL_BREAK_EVENT || break_event() == nullptr) return FALSE;
  system::set_event(break_event());
  return TRUE;
}

}  // namespace

result<inherited_endpoint> take_inherited(std::string_view endpoint_name, endpoint::kind what) {
  result<windows::table_endpoint> taken = windows::handed_over::to_this_process().take(endpoint_name, what);
  if (!taken) return taken.error();
  native_handle handle(reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(taken->value)));
  if (!fits(windows::to_handle(handle.view()), what)) {
    (void)handle.release();  // whatever it is, it is not what was handed over
    return error(errc::not_found).advise("the handle is no longer what the parent handed over");
  }
  return inherited_endpoint{std::move(handle), std::move(taken->remark)};
}

result<void> wait_stop_requested(detail::timer& wait) {
  const HANDLE stop = windows::handed_over::to_this_process().stop_event();
  if (stop == nullptr) return error(errc::not_found).advise("the parent does not use this library");
  const HANDLE pressed = break_event();
  if (pressed == nullptr) return errc::limit_reached;
  static const DWORD installed = system::add_console_handler(on_console_event);
  if (installed != ERROR_SUCCESS) return windows::failure(installed);
  const std::array<HANDLE, 2> events{stop, pressed};
  const result<std::optional<std::size_t>> woken = system::wait(events, wait);
  if (!woken) return woken.error();
  if (!*woken) return errc::timed_out;
  return {};
}

}  // namespace viaduct::backend
