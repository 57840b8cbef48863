// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/member_table.hpp"

#include "backend/system.hpp"

namespace viaduct::detail {

namespace {

void write_record(member_record& row) {
  const std::uint64_t self = backend::current_process_id();
  row.process_id.store(self);
  row.start_time.store(backend::process_start_time(self).value_or(0));
}

bool claim(member_record& row, std::uint64_t expected, std::uint64_t own) {
  if (!row.member.compare_exchange_strong(expected, own)) return false;
  write_record(row);
  return true;
}

}  // namespace

void enter_members(member_table& table, const backend::entry& members) {
  const std::uint64_t own = backend::entry::member_id();
  for (const member_record& row : table.records) {
    if (row.member.load() == own) return;
  }
  for (member_record& row : table.records) {
    if (claim(row, 0, own)) return;
  }
  for (member_record& row : table.records) {
    const std::uint64_t other = row.member.load();
    const result<bool> lives = members.alive(other);
    if (lives && !*lives && claim(row, other, own)) return;
  }
}

std::string describe_member(const member_table& table, std::uint64_t member) {
  for (const member_record& row : table.records) {
    if (row.member.load() != member) continue;
    const std::uint64_t process_id = row.process_id.load();
    std::string text = "process " + std::to_string(process_id);
    const result<std::uint64_t> started = backend::process_start_time(process_id);
    if (!started || *started != row.start_time.load()) return text;  // the number may be another's by now
    const result<std::filesystem::path> program = backend::process_executable(process_id);
    return program ? text + " (" + program->string() + ')' : text;
  }
  return "a process";
}

}  // namespace viaduct::detail
