// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#pragma once

#include "backend/child_process.hpp"
#include "windows/handle.hpp"
#include "windows/overlapped.hpp"

namespace viaduct::backend {

struct child {
  windows::unique_handle process;
  windows::unique_handle stop;  // the event that asks it to end
  windows::interrupt cancelled;
  DWORD id = 0;
  bool detached = false;
};

}  // namespace viaduct::backend

namespace viaduct::windows {

/// One standard stream of a child: what it gets, and the parent's end if it is piped.
struct stream_plan {
  unique_handle owned;     // of the child's end, if made here
  HANDLE given = nullptr;  // the child's end; null: none
  native_handle parent;
};
/// `which` is STD_INPUT_HANDLE, STD_OUTPUT_HANDLE or STD_ERROR_HANDLE.
[[nodiscard]] result<stream_plan> plan_stream(const backend::standard_stream& wanted, DWORD which);

}  // namespace viaduct::windows
