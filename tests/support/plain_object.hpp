// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The simplest native object an entry can stand for: a plain file, with a text in it that tells who made it. Defined in
// tests/<system>/plain_object.cpp.
#pragma once

#include <string>
#include <string_view>

#include "backend/entry.hpp"
#include "viaduct/result.hpp"

namespace viaduct::test {

/// What a builder does: makes the file, which must not be there, where the registry expects it.
[[nodiscard]] result<void> make_plain_object(const backend::entry_description& of, std::string_view content);

/// What an opener does: opens and reads it. not_found.
[[nodiscard]] result<std::string> read_plain_object(const backend::entry_description& of);

/// A request for a plain file under this name.
[[nodiscard]] inline backend::entry_request plain_request(const std::string& name, lifetime life) {
  backend::entry_request request{backend::object_kind::test, viaduct::name(name)};
  request.life = life;
  return request;
}

[[nodiscard]] inline backend::entry::builder plain_builder(std::string content) {
  return
      [content = std::move(content)](const backend::entry_description& of) { return make_plain_object(of, content); };
}

/// Stores what it read. A missing object is os_error, so that it is never mistaken for a missing name: the registry must
/// not let that show.
[[nodiscard]] inline backend::entry::opener plain_opener(std::string& content) {
  return [&content](const backend::entry_description& of) -> result<void> {
    result<std::string> read = read_plain_object(of);
    if (!read) return error(errc::os_error, read.error().os_code()).advise("the object is missing");
    content = std::move(*read);
    return {};
  };
}

/// Joins without looking at the object.
[[nodiscard]] inline result<void> blind_opener(const backend::entry_description& /*of*/) { return {}; }

}  // namespace viaduct::test
