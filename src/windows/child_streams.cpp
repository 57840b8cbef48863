// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A child's standard streams. Its ends are opened without FILE_FLAG_OVERLAPPED, because that is what programs expect of
// them; the parent's ends are overlapped.
#include "windows/child_process.hpp"
#include "windows/pipe_instance.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

namespace {

result<stream_plan> null_stream() {
  const std::wstring path = L"NUL";
  result<unique_handle> null = system::open_file(
      {.path = path, .access = GENERIC_READ | GENERIC_WRITE, .share = FILE_SHARE_READ | FILE_SHARE_WRITE});
  if (!null) return null.error();
  stream_plan plan;
  plan.owned = std::move(*null);
  plan.given = plan.owned.get();
  return plan;
}

result<stream_plan> piped_stream(bool child_reads) {
  result<instance_pair> pair =
      make_instance_pair({.direction = child_reads ? DWORD{PIPE_ACCESS_OUTBOUND} : DWORD{PIPE_ACCESS_INBOUND},
                          .client_access = child_reads ? pipe_reader_access : pipe_writer_access,
                          .client_overlapped = false});
  if (!pair) return pair.error();
  stream_plan plan;
  plan.owned = std::move(pair->client);
  plan.given = plan.owned.get();
  plan.parent = pair->server.to_native();
  return plan;
}

}  // namespace

result<stream_plan> plan_stream(const backend::standard_stream& wanted, DWORD which) {
  switch (wanted.what) {
    case stdio::kind::null:
      return null_stream();
    case stdio::kind::piped:
      return piped_stream(which == STD_INPUT_HANDLE);
    case stdio::kind::inherit:
    case stdio::kind::endpoint:
      break;
  }
  stream_plan plan;
  plan.given = wanted.what == stdio::kind::inherit ? system::standard_handle(which) : to_handle(wanted.handle);
  return plan;
}

}  // namespace viaduct::windows
