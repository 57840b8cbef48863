// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Who the members of an object are, for the texts of errors. It proves nothing: whether a member lives is the entry's to say.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "backend/entry.hpp"

namespace viaduct::detail {

struct member_record {
  std::atomic<std::uint64_t> member;
  std::atomic<std::uint64_t> process_id;
  std::atomic<std::uint64_t> start_time;
};

/// In shared memory; all zero at first. With more members than rows the rest are "a process".
struct member_table {
  std::array<member_record, 64> records;
};

/// Adds this process, in place of one that has gone.
void enter_members(member_table& table, const backend::entry& members);

/// "process 4711 (/usr/bin/sensord)".
[[nodiscard]] std::string describe_member(const member_table& table, std::uint64_t member);

}  // namespace viaduct::detail
