// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The child's half of a hand-over: what the environment lists is believed only as far as the descriptors bear it out.
#include <algorithm>
#include <charconv>
#include <mutex>
#include <set>

#include "backend/system.hpp"
#include "posix/child_process.hpp"
#include "posix/error.hpp"

namespace viaduct::posix {

namespace {

constexpr std::size_t field_count = 6;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Number>
bool parse(std::string_view text, Number& value) {
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && stop == text.data() + text.size();
}

std::optional<listed_endpoint> parse_one(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ',');
  if (fields.size() != field_count) return std::nullopt;
  listed_endpoint found;
  unsigned kind = 0;
  found.name = fields[0];
  found.remark = fields[5];
  const bool good = parse(fields[1], kind) && parse(fields[2], found.descriptor) && parse(fields[3], found.device) &&
                    parse(fields[4], found.inode) && found.descriptor >= 0;
  if (!good || kind == 0 || kind > static_cast<unsigned>(endpoint::kind::shared_memory)) return std::nullopt;
  found.what = static_cast<endpoint::kind>(kind);
  return found;
}

bool kind_fits(endpoint::kind what, int value, mode_t mode) {
  const result<int> access = system::access_mode(value);
  if (!access) return false;
  switch (what) {
    case endpoint::kind::pipe_reader:
      return S_ISFIFO(mode) && *access != O_WRONLY;
    case endpoint::kind::pipe_writer:
      return S_ISFIFO(mode) && *access != O_RDONLY;
    case endpoint::kind::named_pipe:
      return S_ISSOCK(mode);
    case endpoint::kind::shared_memory:
      return system::look_at_memory(value).has_value();
    case endpoint::kind::none:
      break;
  }
  return false;
}

/// The descriptor is still the very object that the parent handed over.
bool is_genuine(const listed_endpoint& listed) {
  const result<struct stat> found = system::status(listed.descriptor);
  return found && static_cast<std::uint64_t>(found->st_dev) == listed.device && found->st_ino == listed.inode &&
         kind_fits(listed.what, listed.descriptor, found->st_mode);
}

struct handed_list {
  std::mutex lock;
  std::vector<listed_endpoint> left;

  // What is left of the list must not reach programs that this process starts by other means.
  handed_list() : left(parse_endpoints(backend::environment_variable(endpoint_variable).value_or(""))) {
    std::erase_if(left, [](const listed_endpoint& one) { return !is_genuine(one); });
    for (const listed_endpoint& one : left) (void)system::set_close_on_exec(one.descriptor, true).has_value();
  }
};

handed_list& handed() {
  static auto& list = *new handed_list;
  return list;
}

// When the program is loaded, not at the first inherited(): a program that it starts before that by other means would
// inherit the descriptors, and find them genuine.
[[maybe_unused]] const handed_list& taken_note_of = handed();

}  // namespace

std::string to_text(const std::vector<listed_endpoint>& endpoints) {
  std::string text;
  for (const listed_endpoint& one : endpoints) {
    if (!text.empty()) text += ';';
    text += one.name + ',' + std::to_string(static_cast<unsigned>(one.what)) + ',' + std::to_string(one.descriptor) +
            ',' + std::to_string(one.device) + ',' + std::to_string(one.inode) + ',' + one.remark;
  }
  return text;
}

std::vector<listed_endpoint> parse_endpoints(std::string_view text) {
  std::vector<listed_endpoint> endpoints;
  if (text.empty()) return endpoints;
  for (const std::string_view line : split(text, ';')) {
    std::optional<listed_endpoint> one = parse_one(line);
    if (!one) return {};
    endpoints.push_back(std::move(*one));
  }
  return endpoints;
}

}  // namespace viaduct::posix

namespace viaduct::backend {

result<inherited_endpoint> take_inherited(std::string_view endpoint_name, endpoint::kind what) {
  posix::handed_list& list = posix::handed();
  const std::lock_guard lock(list.lock);
  const auto found = std::find_if(list.left.begin(), list.left.end(),
                                  [&](const posix::listed_endpoint& one) { return one.name == endpoint_name; });
  if (found == list.left.end()) {
    return error(errc::not_found).advise("the parent handed nothing over under this name, or it was taken already");
  }
  if (found->what != what)
    return error(errc::invalid_argument).advise("the parent handed over an endpoint of another type");
  inherited_endpoint taken{native_handle(native_handle::value_type{found->descriptor}), std::move(found->remark)};
  list.left.erase(found);
  return taken;
}

}  // namespace viaduct::backend
