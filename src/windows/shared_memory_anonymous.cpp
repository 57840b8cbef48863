// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory without a name: a section of the page file, which cannot be resized. All of it is committed when it is made.
#include <utility>

#include "windows/shared_memory.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

using windows::unique_handle;
namespace system = windows::system;

result<memory_ptr> create_anonymous_memory(std::size_t size, writers who) {
  const result<unique_handle> section = windows::make_section({.size = size});
  if (!section) return section.error();
  // What is handed on lets nobody do more than use the memory.
  result<unique_handle> writing = windows::narrowed(section->get(), access::read_write);
  if (!writing) return writing.error();
  auto made = std::make_shared<memory>();
  made->bytes = size;
  made->who = who;
  made->made_here = true;
  if (who == writers::everyone) {
    made->section = std::move(*writing);
    return made;
  }
  result<unique_handle> reading = windows::narrowed(section->get(), access::read_only);
  if (!reading) return reading.error();
  made->section = std::move(*reading);
  made->writing = std::move(*writing);
  return made;
}

result<memory_ptr> adopt_memory(native_handle handle) {
  auto made = std::make_shared<memory>();
  made->section = unique_handle(windows::to_handle(handle.view()));
  (void)handle.release();
  if (const result<void> set = system::set_inheritable(made->section.get(), false); !set) return set.error();
  result<system::section_information> found = system::section_info(made->section.get());
  if (!found) {
    error& why = found.error();
    if (why == errc::invalid_argument) why.advise("the handle is no section");
    return why;
  }
  // A file can be changed by those who may write it; what is only reserved is not there yet.
  if (found->attributes != SEC_COMMIT) {
    return error(errc::access_denied).advise("not anonymous memory: a file, an image, or not committed");
  }
  if (found->size == 0) return error(errc::invalid_argument).advise("the section is empty");
  const result<DWORD> rights = system::granted_rights(made->section.get());
  if (!rights) return rights.error();
  if ((*rights & SECTION_MAP_READ) == 0) return error(errc::access_denied).advise("the handle is not for reading");
  made->mode = (*rights & SECTION_MAP_WRITE) != 0 ? access::read_write : access::read_only;
  made->bytes = static_cast<std::size_t>(found->size);
  return made;
}

result<memory_ptr> read_only_memory(const memory& which) {
  if (which.who != writers::creator) {
    return error(errc::not_supported).advise("only of anonymous memory made with writers::creator");
  }
  result<unique_handle> reading = system::duplicate(which.section.get());  // can do no more than this
  if (!reading) return reading.error();
  auto made = std::make_shared<memory>();
  made->section = std::move(*reading);
  made->bytes = which.bytes;
  made->mode = access::read_only;
  made->who = writers::creator;
  made->made_here = true;
  return made;
}

}  // namespace viaduct::backend
