// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/plain_object.hpp"

#include <fcntl.h>

#include "posix/directory.hpp"
#include "posix/system.hpp"

namespace viaduct::test {

result<void> make_plain_object(const backend::entry_description& of, std::string_view content) {
  const auto where = posix::own_directory();
  if (!where) return where.error();
  const result<posix::descriptor> file =
      posix::system::open_at((*where)->handle.get(), of.native_name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return file.error();
  return posix::system::write_at(file->get(), content, 0);
}

result<std::string> read_plain_object(const backend::entry_description& of) {
  const auto where = posix::own_directory();
  if (!where) return where.error();
  const result<posix::descriptor> file = posix::system::open_at((*where)->handle.get(), of.native_name, O_RDONLY);
  if (!file) return file.error();
  std::string content(256, '\0');
  const result<std::size_t> size = posix::system::read_at(file->get(), content, 0);
  if (!size) return size.error();
  content.resize(*size);
  return content;
}

}  // namespace viaduct::test
