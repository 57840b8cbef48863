// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/entry_name.hpp"

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cstddef>

namespace viaduct::detail {

namespace {

constexpr std::size_t longest_plain_name = 24;
constexpr std::size_t plain_prefix = 6;

// No upper case: file systems that ignore case must not make two names one.
bool is_plain(char letter) noexcept {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

bool is_plain(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_plain_name &&
         std::all_of(text.begin(), text.end(), [](char letter) { return is_plain(letter); });
}

std::string hash_digits(std::string_view text) {
  boost::uuids::name_generator_sha1 generator{boost::uuids::uuid{}};
  std::string digits = boost::uuids::to_string(generator(text.data(), text.size()));
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  return digits;
}

}  // namespace

std::string_view kind_word(backend::object_kind kind) noexcept {
  switch (kind) {
    case backend::object_kind::test:
      return "test";
    case backend::object_kind::pipe:
      return "pipe";
    case backend::object_kind::named_pipe:
      return "named_pipe";
    case backend::object_kind::shared_memory:
      return "shared_memory";
    case backend::object_kind::notification:
      return "notification";
    case backend::object_kind::mutex:
      return "mutex";
    case backend::object_kind::shared_mutex:
      return "shared_mutex";
    case backend::object_kind::condition:
      return "condition";
    case backend::object_kind::semaphore:
      return "semaphore";
    case backend::object_kind::permit_pool:
      return "permit_pool";
    case backend::object_kind::barrier:
      return "barrier";
    case backend::object_kind::waits:
      return "waits";
  }
  return "unknown";
}

std::string entry_name(backend::object_kind kind, const name& what) {
  const std::string_view text = what.text();
  std::string file(kind_word(kind));
  file += '-';
  if (is_plain(text)) return file.append(text);
  std::size_t kept = 0;
  for (const char letter : text) {
    if (!is_plain(letter)) continue;
    file += letter;
    if (++kept == plain_prefix) break;
  }
  file += '~';
  return file.append(hash_digits(text));
}

std::string object_name(std::string_view entry_name, std::uint64_t random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string file(entry_name);
  file += '.';
  for (int shift = 60; shift >= 0; shift -= 4) file += digits[(random >> static_cast<unsigned>(shift)) & 15U];
  return file;
}

}  // namespace viaduct::detail
