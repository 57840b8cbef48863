// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Named memory: a file beside its entry in our private directory, with its space reserved. (Sections by name are no help:
// those of a session are not seen by the others, and those for all sessions need a privilege.)
#include "windows/shared_memory.hpp"

#include <exception>
#include <string>
#include <utility>

#include "common/open_by_name.hpp"
#include "windows/entry_file.hpp"
#include "windows/section.hpp"
#include "windows/security.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

using windows::unique_handle;
namespace system = windows::system;

namespace {

// Without FILE_SHARE_DELETE: nobody deletes it under us.
constexpr DWORD shared_with_users = FILE_SHARE_READ | FILE_SHARE_WRITE;

error not_as_described() { return error(errc::peer_corrupt).advise("the memory's file is not what its entry says"); }

entry_request request_for(const memory_request& request) {
  entry_request made{request.kind, request.what, request.life, permission::only_me(), request.contract};
  made.contract.values[0] = request.size;
  return made;
}

result<void> fill(HANDLE file, const memory_request& request) {
  const result<unique_handle> section = windows::make_section({.file = file, .size = request.size});
  if (!section) return section.error();
  const result<windows::mapped> shown = windows::map_section(section->get(), {.length = request.size});
  if (!shown) return shown.error();
  return request.initialise(shown->memory());
}

/// Closed again before the entry says that it is there: should that fail, the file can be deleted.
result<void> make_file(const memory_request& request, const entry_description& described) {
  const result<windows::directory_ptr> where = windows::own_directory();
  if (!where) return where.error();
  const result<windows::security_attributes> security = windows::private_object();
  if (!security) return security.error();
  const std::wstring path = (*where)->file(described.native_name);
  const result<unique_handle> file =
      system::open_file({.path = path,
                         .access = GENERIC_READ | GENERIC_WRITE,
                         .share = 0,
                         .disposition = CREATE_NEW,
                         .flags = FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED,
                         .security = security->get()});
  if (!file) return file.error();
  const result<void> reserved = windows::reserve(file->get(), (*where)->path, request.size);
  if (!reserved || !request.initialise) return reserved;
  return fill(file->get(), request);
}

result<void> check_contract(const memory_request& request, const entry_contract& found) {
  if (found.layout != request.contract.layout) {
    return error(errc::layout_mismatch).advise("made by another version of this library");
  }
  if (request.size != 0 && found.values[0] != request.size) {
    return error(errc::layout_mismatch)
        .with_size(static_cast<std::size_t>(found.values[0]))
        .advise("it exists with " + std::to_string(found.values[0]) + " bytes");
  }
  return {};
}

/// A scanner may have it in its hands for a moment.
result<unique_handle> open_patiently(const std::wstring& path) {
  for (windows::backoff others;;) {
    result<unique_handle> file = system::open_file({.path = path,
                                                    .access = GENERIC_READ | GENERIC_WRITE,
                                                    .share = shared_with_users,
                                                    .flags = FILE_FLAG_OPEN_REPARSE_POINT});
    if (file || !windows::is_held_open(file.error()) || !others.pause()) return file;
  }
}

/// What lies there must be the file that was made: ours, of our level, plain, of the size that the entry says.
result<unique_handle> open_file_of(const entry_description& described) {
  const result<windows::directory_ptr> where = windows::own_directory();
  if (!where) return where.error();
  result<unique_handle> file = open_patiently((*where)->file(described.native_name));
  if (!file) return file.error() == errc::not_found ? not_as_described() : file.error();
  const result<BY_HANDLE_FILE_INFORMATION> found = system::file_information(file->get());
  if (!found) return found.error();
  constexpr DWORD strange = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT;
  if ((found->dwFileAttributes & strange) != 0 || windows::size_of(*found) != described.contract.values[0] ||
      described.contract.values[0] == 0) {
    return not_as_described();
  }
  const result<void> owned = windows::verify_owner(file->get(), (*where)->owner, (*where)->level);
  if (!owned) return owned.error();
  return file;
}

/// Our membership keeps the object from going, so it is opened when we have that, whoever made it.
result<memory_ptr> open_object(result<entry> joined) {
  if (!joined) return joined.error();
  auto made = std::make_shared<memory>();
  made->owned.emplace(std::move(*joined));
  result<unique_handle> file = open_file_of(made->owned->description());
  if (!file) return file.error();
  made->bytes = static_cast<std::size_t>(made->owned->description().contract.values[0]);
  made->made_here = made->owned->is_creator();
  result<unique_handle> section = windows::make_section({.file = file->get(), .size = made->bytes});
  if (!section) return section.error();
  made->file = std::move(*file);
  made->section = std::move(*section);
  return made;
}

entry::builder builder_of(const memory_request& request) {
  return [&request](const entry_description& described) { return make_file(request, described); };
}

entry::opener opener_of(const memory_request& request) {
  return [&request](const entry_description& described) { return check_contract(request, described.contract); };
}

}  // namespace

result<memory_ptr> create_memory(const memory_request& request) {
  return open_object(entry::create(request_for(request), builder_of(request)));
}

result<memory_ptr> open_memory(const memory_request& request, detail::timer& wait) {
  return open_object(detail::open_when_there(request_for(request), opener_of(request), wait));
}

result<memory_ptr> open_or_create_memory(const memory_request& request, detail::timer& wait) {
  return open_object(entry::open_or_create(request_for(request), builder_of(request), opener_of(request), wait));
}

result<memory_ptr> open_native_memory(const name& /*native*/, detail::timer& /*wait*/) {
  return error(errc::not_supported)
      .advise("sections of other programs cannot be checked: pass their handle to adopt()");
}

memory::~memory() {
  if (!left) return;
  try {
    windows::sweep_entry(*left, 1);
  } catch (const std::exception&) {  // no memory for the paths
    left.reset();                    // whoever uses the name next sweeps
  }
}

result<native_handle> release(memory& which) {
  if (which.owned) {
    // The name ends now. The file stays as long as it is mapped, or open through the handle that is given away.
    const result<windows::directory_ptr> where = windows::own_directory();
    if (!where) return where.error();
    const std::string object = native_name(which);
    which.left = windows::entry_place{*where, object.substr(0, object.rfind('.'))};
    which.file.reset();
    which.owned.reset();
  }
  which.writing.reset();
  return which.section.to_native();
}

std::size_t size(const memory& which) noexcept { return which.bytes; }
bool is_creator(const memory& which) noexcept { return which.made_here; }
std::string native_name(const memory& which) {
  return which.owned ? which.owned->description().native_name : std::string();
}
native_view native(const memory& which) noexcept { return which.section.view(); }
const entry* entry_of(const memory& which) noexcept { return which.owned ? &*which.owned : nullptr; }

result<view_ptr> map(const memory_ptr& which, const map_options& options) {
  memory& of = *which;
  const bool writing = options.mode == access::read_write;
  if (writing && of.mode == access::read_only) {
    return error(errc::access_denied).advise("this memory can only be read: map it with access::read_only");
  }
  std::unique_lock guard(of.guard, std::defer_lock);
  HANDLE section = of.section.get();
  if (writing && of.who == writers::creator) {
    guard.lock();
    section = of.writing.get();
    if (section == nullptr)
      return error(errc::access_denied)
          .advise("its one writable mapping (writers::creator) is taken: map it with access::read_only");
  }
  result<windows::mapped> shown = windows::map_section(section, options);
  if (!shown) return shown.error();
  view_ptr made(new view{which, std::move(*shown)});  // before the one mapping counts as taken: there may be no memory
  if (guard.owns_lock()) of.writing.reset();
  return made;
}

buffer contents(const view& which) noexcept { return which.shown.memory(); }

void view_deleter::operator()(view* which) const noexcept { delete which; }

}  // namespace viaduct::backend
