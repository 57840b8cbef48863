// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/child_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <mutex>

#include "backend/system.hpp"
#include "common/base32.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"
#include "windows/system_stream.hpp"
#include "windows/wide_string.hpp"

namespace viaduct::windows {

namespace {

constexpr std::size_t section_size = 32 * 1024;
constexpr std::string_view first_line = "viaduct-handover-1";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool parse(std::string_view text, std::uint64_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  return failure == std::errc() && stop == end;
}

std::optional<table_endpoint> parse_endpoint(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ',');
  table_endpoint found;
  std::uint64_t kind = 0;
  if (fields.size() != 4 || !parse(fields[1], kind) || !parse(fields[2], found.value)) return std::nullopt;
  if (kind == 0 || kind > static_cast<std::uint64_t>(endpoint::kind::shared_memory)) return std::nullopt;
  found.name = fields[0];
  found.what = static_cast<endpoint::kind>(kind);
  found.remark = fields[3];
  return found;
}

unique_handle handle_of(std::uint64_t value) {
  return unique_handle(reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(value)));
}

std::optional<child_table> read_table(const std::wstring& name) {
  const result<unique_handle> section = system::open_section(name);
  if (!section) return std::nullopt;
  std::vector<char> memory(section_size);
  if (!system::read_section(section->get(), memory)) return std::nullopt;
  const auto end = std::find(memory.begin(), memory.end(), '\0');
  return parse_table({memory.data(), static_cast<std::size_t>(end - memory.begin())});
}

bool is_for_this_process(const child_table& table) {
  if (table.process_id != backend::current_process_id()) return false;
  const result<std::uint64_t> created = system::process_creation_time(::GetCurrentProcess());
  return created && *created == table.creation_time;
}

}  // namespace

std::string format_table(const child_table& table) {
  std::string text(first_line);
  text += '\n' + std::to_string(table.process_id) + ',' + std::to_string(table.creation_time) + ',' +
          std::to_string(table.section) + ',' + std::to_string(table.stop_event);
  for (const table_endpoint& one : table.endpoints) {
    text += '\n' + one.name + ',' + std::to_string(static_cast<unsigned>(one.what)) + ',' + std::to_string(one.value) +
            ',' + one.remark;
  }
  return text;
}

std::optional<child_table> parse_table(std::string_view text) {
  const std::vector<std::string_view> lines = split(text, '\n');
  if (lines.size() < 2 || lines[0] != first_line) return std::nullopt;
  const std::vector<std::string_view> fields = split(lines[1], ',');
  child_table table;
  const bool good = fields.size() == 4 && parse(fields[0], table.process_id) && parse(fields[1], table.creation_time) &&
                    parse(fields[2], table.section) && parse(fields[3], table.stop_event);
  if (!good) return std::nullopt;
  for (std::size_t index = 2; index < lines.size(); ++index) {
    std::optional<table_endpoint> one = parse_endpoint(lines[index]);
    if (!one) return std::nullopt;
    table.endpoints.push_back(std::move(*one));
  }
  return table;
}

result<table_section> make_table_section() {
  std::array<std::byte, 16> noise{};
  if (result<void> filled = backend::random_bytes(noise); !filled) return filled.error();
  const result<security_attributes> security = private_object();
  if (!security) return security.error();
  table_section made;
  made.name = widen_ascii("Local\\viaduct-child-" + detail::to_base32(noise));
  result<unique_handle> section = system::create_section(made.name, section_size, security->get());
  if (!section) return section.error();
  made.section = std::move(*section);
  return made;
}

result<void> write_table(const table_section& to, const child_table& table) {
  const std::string text = format_table(table);
  if (text.size() >= section_size) return error(errc::invalid_argument).advise("too much to hand over to one child");
  return system::write_section(to.section.get(), bytes(text));
}

handed_over& handed_over::to_this_process() {
  static handed_over table;
  return table;
}

handed_over::handed_over() {
  const result<std::optional<std::wstring>> name = system::environment_value(table_variable);
  if (!name || !*name) return;
  std::optional<child_table> table = read_table(**name);
  if (!table || !is_for_this_process(*table)) return;
  // Programs that this process starts by other means have no use for it.
  system::remove_environment_value(table_variable);
  handle_of(table->section).reset();
  stop_ = handle_of(table->stop_event);
  left_ = std::move(table->endpoints);
}

result<table_endpoint> handed_over::take(std::string_view name, endpoint::kind what) {
  static std::mutex guard;
  const std::lock_guard lock(guard);
  const auto found =
      std::find_if(left_.begin(), left_.end(), [&](const table_endpoint& one) { return one.name == name; });
  if (found == left_.end())
    return error(errc::not_found).advise("the parent handed over nothing of this name, or it was taken");
  if (found->what != what) return error(errc::invalid_argument).advise("the parent handed over another kind of object");
  table_endpoint taken = std::move(*found);
  left_.erase(found);
  return taken;
}

}  // namespace viaduct::windows
