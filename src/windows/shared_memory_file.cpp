// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A file of the file system as memory. It is the user's: it gets its descriptor from its directory, as any other.
#include <string>
#include <utility>

#include "windows/entry_file.hpp"
#include "windows/shared_memory.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

using windows::unique_handle;
namespace system = windows::system;

namespace {

error no_file(const char* why) { return error(errc::invalid_argument).advise(why); }

DWORD rights_for(access mode) {
  return mode == access::read_only ? DWORD{GENERIC_READ} : DWORD{GENERIC_READ | GENERIC_WRITE};
}

/// Nobody else can open it before it has its size. not_found (another was faster, or so it was), no_space.
result<void> make(const std::wstring& path, std::uint64_t size) {
  const result<std::wstring> full = system::full_path(path);
  if (!full) return full.error();
  const std::wstring directory = full->substr(0, full->find_last_of(L'\\'));
  const result<unique_handle> file = system::open_file(
      {.path = *full, .access = GENERIC_READ | GENERIC_WRITE | DELETE, .share = 0, .disposition = CREATE_NEW});
  if (!file) return file.error();
  result<void> reserved = windows::reserve(file->get(), directory, size);
  // What cannot even be deleted stays empty, and is refused as that.
  if (!reserved) (void)system::mark_for_deletion(file->get());
  return reserved;
}

/// Made if it is missing and wanted. While another makes it nobody can open it.
result<unique_handle> open_or_make(const std::wstring& path, const shared_file_options& options, bool& made_here) {
  for (windows::backoff others;;) {
    result<unique_handle> file = system::open_file({.path = path, .access = rights_for(options.mode)});
    if (file) return file;
    const auto code = static_cast<DWORD>(file.error().os_code());
    const bool to_be_made = code == ERROR_FILE_NOT_FOUND && options.create_size != 0;
    if (to_be_made) {
      const result<void> made = make(path, options.create_size);
      if (!made && made.error() != errc::already_exists && made.error() != errc::not_found) return made.error();
      made_here = made.has_value();
    }
    if ((to_be_made || code == ERROR_SHARING_VIOLATION) && others.pause()) continue;
    if (system::is_directory(path)) return no_file("a directory is no memory");
    return file;
  }
}

result<std::size_t> size_of_file(HANDLE file, const shared_file_options& options) {
  const result<DWORD> type = system::file_type(file);
  if (!type) return type.error();
  if (*type != FILE_TYPE_DISK) return no_file("only a regular file can be memory");
  const result<BY_HANDLE_FILE_INFORMATION> found = system::file_information(file);
  if (!found) return found.error();
  const std::uint64_t size = windows::size_of(*found);
  if (options.create_size != 0 && size != options.create_size) {
    return error(errc::layout_mismatch)
        .with_size(static_cast<std::size_t>(size))
        .advise("the file exists with " + std::to_string(size) + " bytes");
  }
  if (size == 0) return no_file("the file is empty");
  return static_cast<std::size_t>(size);
}

}  // namespace

result<memory_ptr> open_memory_file(const std::filesystem::path& file, const shared_file_options& options) {
  bool made_here = false;
  result<unique_handle> opened = open_or_make(file.native(), options, made_here);
  if (!opened) return opened.error();
  const result<std::size_t> size = size_of_file(opened->get(), options);
  if (!size) return size.error();
  result<unique_handle> section = windows::make_section({.file = opened->get(), .size = *size, .mode = options.mode});
  if (!section) return section.error();
  auto made = std::make_shared<memory>();
  made->file = std::move(*opened);
  made->section = std::move(*section);
  made->bytes = *size;
  made->mode = options.mode;
  made->is_users_file = true;
  made->made_here = made_here;
  return made;
}

result<void> flush(const view& which) {
  const memory& of = *which.of;
  if (!of.is_users_file || of.mode == access::read_only) return {};
  const bytes all = which.shown.all();
  for (windows::backoff others;;) {
    const DWORD code = system::flush_view(all.data(), all.size());
    if (code == ERROR_SUCCESS) break;
    // The system is writing the same pages at this moment.
    if (code != ERROR_LOCK_VIOLATION || !others.pause()) return windows::failure(code);
  }
  if (const DWORD code = system::flush(of.file.get()); code != ERROR_SUCCESS) return windows::failure(code);
  return {};
}

}  // namespace viaduct::backend
