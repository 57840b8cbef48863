// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Named memory: a file beside its entry in our private directory, with its space reserved.
#include "posix/shared_memory.hpp"

#include <utility>

#include "common/open_by_name.hpp"
#include "posix/directory.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

error not_as_described() { return error(errc::peer_corrupt).advise("the memory's file is not what its entry says"); }

entry_request request_for(const memory_request& request) {
  entry_request made{request.kind, request.what, request.life, permission::only_me(), request.contract};
  made.contract.values[0] = request.size;
  return made;
}

result<descriptor> make_file(const memory_request& request, const entry_description& described) {
  const result<std::shared_ptr<const posix::directory>> where = posix::own_directory();
  if (!where) return where.error();
  result<descriptor> file =
      system::open_at((*where)->handle.get(), described.native_name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file) return file;
  // What a strict umask took away, the owner needs.
  if (const result<void> set = system::change_mode(file->get(), 0600); !set) return set.error();
  if (const result<void> reserved = system::reserve(file->get(), request.size); !reserved) return reserved.error();
  if (!request.initialise) return file;
  const result<boost::interprocess::mapped_region> shown = posix::map_file(file->get(), {.length = request.size});
  if (!shown) return shown.error();
  if (const result<void> filled = request.initialise(buffer(shown->get_address(), request.size)); !filled) {
    return filled.error();
  }
  return file;
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

/// What lies there must be the file that was made: ours, private, of the size that the entry says.
result<descriptor> open_file_of(const entry_description& described) {
  const result<std::shared_ptr<const posix::directory>> where = posix::own_directory();
  if (!where) return where.error();
  result<descriptor> file = system::open_at((*where)->handle.get(), described.native_name, O_RDWR | O_NONBLOCK);
  if (!file) return file.error() == errc::not_found ? not_as_described() : file.error();
  const result<struct stat> found = system::status(file->get());
  if (!found) return found.error();
  if (!S_ISREG(found->st_mode) || found->st_uid != system::effective_user() || (found->st_mode & 077U) != 0 ||
      found->st_size < 0 || static_cast<std::uint64_t>(found->st_size) != described.contract.values[0]) {
    return not_as_described();
  }
  return file;
}

/// The two callbacks an entry wants, and the descriptor that one of them leaves behind.
struct making {
  explicit making(const memory_request& what) : request(what) {}

  [[nodiscard]] entry::builder builder() {
    return [this](const entry_description& described) -> result<void> {
      result<descriptor> made = make_file(request, described);
      if (!made) return made.error();
      file = std::move(*made);
      return {};
    };
  }
  [[nodiscard]] entry::opener opener() {
    return [this](const entry_description& described) -> result<void> {
      if (const result<void> same = check_contract(request, described.contract); !same) return same.error();
      result<descriptor> opened = open_file_of(described);
      if (!opened) return opened.error();
      file = std::move(*opened);
      return {};
    };
  }
  [[nodiscard]] result<memory_ptr> finish(result<entry> joined) {
    if (!joined) return joined.error();
    auto made = std::make_shared<memory>();
    made->file = std::move(file);
    made->bytes = static_cast<std::size_t>(joined->description().contract.values[0]);
    made->made_here = joined->is_creator();
    made->owned.emplace(std::move(*joined));
    return made;
  }

  const memory_request& request;
  descriptor file;
};

}  // namespace

result<memory_ptr> create_memory(const memory_request& request) {
  making site(request);
  return site.finish(entry::create(request_for(request), site.builder()));
}

result<memory_ptr> open_memory(const memory_request& request, detail::timer& wait) {
  making site(request);
  return site.finish(detail::open_when_there(request_for(request), site.opener(), wait));
}

result<memory_ptr> open_or_create_memory(const memory_request& request, detail::timer& wait) {
  making site(request);
  return site.finish(entry::open_or_create(request_for(request), site.builder(), site.opener(), wait));
}

std::size_t size(const memory& which) noexcept { return which.bytes; }
bool is_creator(const memory& which) noexcept { return which.owned ? which.owned->is_creator() : which.made_here; }
std::string native_name(const memory& which) {
  return which.owned ? which.owned->description().native_name : std::string();
}
native_view native(const memory& which) noexcept { return native_view(which.file.get()); }
const entry* entry_of(const memory& which) noexcept { return which.owned ? &*which.owned : nullptr; }

result<native_handle> release(memory& which) {
  which.owned.reset();
  which.reading.reset();
  return native_handle(native_handle::value_type{which.file.release()});
}

}  // namespace viaduct::backend
