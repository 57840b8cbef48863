// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/plain_object.hpp"

#include "windows/entry_directory.hpp"
#include "windows/system.hpp"

namespace viaduct::test {

namespace {

result<windows::unique_handle> open_object(const backend::entry_description& of, DWORD access, DWORD disposition) {
  const auto where = windows::own_directory();
  if (!where) return where.error();
  const std::wstring path = (*where)->file(of.native_name);
  windows::system::file_request request{path};
  request.access = access;
  request.disposition = disposition;
  return windows::system::open_file(request);
}

}  // namespace

result<void> make_plain_object(const backend::entry_description& of, std::string_view content) {
  const auto file = open_object(of, GENERIC_WRITE, CREATE_NEW);
  if (!file) return file.error();
  return windows::system::write_file_at(file->get(), content, 0);
}

result<std::string> read_plain_object(const backend::entry_description& of) {
  const auto file = open_object(of, GENERIC_READ, OPEN_EXISTING);
  if (!file) return file.error();
  std::string content(256, '\0');
  const result<std::size_t> size = windows::system::read_file_at(file->get(), content, 0);
  if (!size) return size.error();
  content.resize(*size);
  return content;
}

}  // namespace viaduct::test
