// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Waiting for a name to change: by watching the directories in which it may appear, and the process that has it, whose
// death no directory tells. A public directory that does not exist yet is watched for in its parent.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "backend/entry.hpp"
#include "common/entry_name.hpp"
#include "windows/entry_directory.hpp"
#include "windows/entry_file.hpp"
#include "windows/system.hpp"

namespace viaduct::backend {

namespace {

using windows::system::io;

constexpr DWORD of_files = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES;
constexpr DWORD of_directories = FILE_NOTIFY_CHANGE_DIR_NAME;

/// One directory under watch. Does not move: the system writes to it.
class watched {
 public:
  watched() = default;
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() { stop(); }

  [[nodiscard]] HANDLE event() const noexcept { return event_.get(); }
  [[nodiscard]] bool is_running() const noexcept { return running_; }
  [[nodiscard]] DWORD filter() const noexcept { return filter_; }

  [[nodiscard]] result<void> start(const std::wstring& path, DWORD filter) {
    stop();
    if (!event_) {
      result<windows::unique_handle> made = windows::system::create_event();
      if (!made) return made.error();
      event_ = std::move(*made);
    }
    result<windows::unique_handle> opened = windows::system::open_file(
        {.path = path,
         .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
         .flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED | FILE_FLAG_OPEN_REPARSE_POINT});
    if (!opened) return opened.error();
    directory_ = std::move(*opened);
    filter_ = filter;
    return ask();
  }

  /// Asks for the next change, after one was told.
  [[nodiscard]] result<void> again() {
    (void)windows::system::finish(directory_.get(), how_, true);
    running_ = false;
    return ask();
  }

 private:
  [[nodiscard]] result<void> ask() {
    windows::system::reset_event(event_.get());
    how_ = {};
    how_.hEvent = event_.get();
    const DWORD code = windows::system::watch_directory(directory_.get(), changes_, filter_, how_);
    if (code != ERROR_SUCCESS && code != ERROR_IO_PENDING) return windows::failure(code);
    running_ = true;
    return {};
  }

  void stop() noexcept {
    if (!std::exchange(running_, false)) return;
    windows::system::cancel_io(directory_.get(), &how_);
    (void)windows::system::finish(directory_.get(), how_, true);
  }

  windows::unique_handle directory_;
  windows::unique_handle event_;
  OVERLAPPED how_{};
  DWORD filter_ = 0;
  bool running_ = false;
  alignas(DWORD) std::array<std::byte, 4096> changes_{};  // what changed is not read: any change is a reason to look
};

/// The process that made the entry, if it runs; it only makes the news faster, so nothing is an error here.
[[nodiscard]] windows::unique_handle find_creator(const windows::entry_place& place) {
  const result<windows::entry_file_ptr> file = windows::look_at_entry_file(place);
  if (!file) return {};
  const result<std::optional<windows::entry_record>> found = windows::read_record(**file, place);
  if (!found || !*found || (*found)->phase == windows::entry_phase::free) return {};
  const entry_description& made = (*found)->description;
  result<windows::unique_handle> process = windows::system::open_process(
      SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, static_cast<DWORD>(made.process_id));
  if (!process || windows::system::is_signalled(process->get())) return {};
  const result<std::uint64_t> started = windows::system::process_creation_time(process->get());
  if (!started || *started != made.start_time) return {};
  return std::move(*process);
}

[[nodiscard]] bool exists(const std::wstring& path) {
  return windows::system::open_file({.path = path, .access = FILE_READ_ATTRIBUTES, .flags = FILE_FLAG_BACKUP_SEMANTICS})
      .has_value();
}

}  // namespace

struct name_watch::impl {
  std::optional<windows::entry_place> place;  // of our own name
  std::wstring public_path;
  std::wstring parent;
  watched in_private = {};
  watched in_public = {};
  windows::unique_handle creator = {};

  [[nodiscard]] result<void> watch_public() {
    result<void> watching = in_public.start(public_path, of_files);
    if (watching || watching.error() != errc::not_found) return watching;
    watching = in_public.start(parent + L'\\', of_directories);
    if (!watching || !exists(public_path)) return watching;
    return in_public.start(public_path, of_files);  // it was made just before
  }

  [[nodiscard]] result<void> begin() {
    if (place) {
      const result<void> watching = in_private.start(place->where->path, of_files);
      if (!watching) return watching;
      creator = find_creator(*place);
    }
    return watch_public();
  }

  /// After a change: the caller looks once everything is under watch again.
  [[nodiscard]] result<void> next(HANDLE rung) {
    result<void> watching;
    if (rung == in_private.event()) watching = in_private.again();
    if (rung == in_public.event()) watching = in_public.filter() == of_directories ? watch_public() : in_public.again();
    if (place) creator = find_creator(*place);
    return watching;
  }
};

name_watch::name_watch(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
name_watch::name_watch(name_watch&&) noexcept = default;
name_watch& name_watch::operator=(name_watch&&) noexcept = default;
name_watch::~name_watch() = default;

result<name_watch> name_watch::start(object_kind kind, const name& what) {
  if (const result<void> valid = what.check(); !valid) return valid.error();
  auto made = std::make_unique<impl>();
  if (what.is_mine()) {
    result<windows::directory_ptr> own = windows::own_directory();
    if (!own) return own.error();
    made->place = windows::entry_place{std::move(*own), detail::entry_name(kind, what)};
  }
  result<std::wstring> path = windows::public_directory_path(what.owner());
  if (!path) return path.error();
  made->public_path = std::move(*path);
  result<std::wstring> parent = windows::directory_parent();
  if (!parent) return parent.error();
  made->parent = std::move(*parent);
  if (const result<void> begun = made->begin(); !begun) return begun.error();
  return name_watch(std::move(made));
}

result<void> name_watch::wait(detail::timer& wait) {
  std::vector<HANDLE> events;
  for (const watched* one : {&impl_->in_private, &impl_->in_public}) {
    if (one->is_running()) events.push_back(one->event());
  }
  if (impl_->creator) events.push_back(impl_->creator.get());
  const result<std::optional<std::size_t>> rung = windows::system::wait(events, wait);
  if (!rung) return rung.error();
  if (!*rung) return errc::timed_out;
  return impl_->next(events[**rung]);
}

}  // namespace viaduct::backend
