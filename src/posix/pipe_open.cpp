// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Opening a named pipe: as the one writer of ours, or a FIFO that another program made.
#include <cerrno>

#include "posix/backoff.hpp"
#include "posix/entry.hpp"
#include "posix/error.hpp"
#include "posix/pipe.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

template <class End>
result<std::unique_ptr<End, pipe_deleter>> make_end(descriptor opened) {
  auto made = std::unique_ptr<End, pipe_deleter>(new End);
  if (result<void> bell = made->cancel.make_bell(); !bell) return bell.error();
  made->end = std::move(opened);
  return made;
}

result<pipe_sink_ptr> make_sink(descriptor opened) {
  if (result<void> set = system::set_signal_free(opened.get(), true); !set) return set.error();
  return make_end<pipe_sink>(std::move(opened));
}

result<void> check_fifo(int opened) {
  const result<struct stat> found = system::status(opened);
  if (!found) return found.error();
  if (!S_ISFIFO(found->st_mode)) return error(errc::invalid_argument).advise("what has this name is not a FIFO");
  return {};
}

error another_writer() { return error(errc::timed_out).advise("another writer is connected"); }

/// A look that disturbs nobody: is the place of the writer free?
result<void> check_free(int entry_file) {
  const result<bool> held = posix::has_writer(entry_file);
  if (!held) return held.error();
  if (*held) return another_writer();
  const result<posix::writer_mark> mark = posix::read_writer_mark(entry_file);
  if (!mark) return mark.error();
  if (*mark == posix::writer_mark::free) return {};
  return error(errc::timed_out).advise("the reader has not yet seen the end of the previous writer");
}

/// What lies where the entry says that the FIFO is.
result<descriptor> open_fifo(const posix::found_entry& found) {
  const std::string& file = found.description.native_name;
  const auto not_a_fifo = [&] {
    return posix::located(error(errc::name_hijacked).advise("the object is not a FIFO"),
                          found.where->path + "/" + file);
  };
  result<descriptor> opened = system::open_at(found.where->handle.get(), file, O_WRONLY | O_NONBLOCK);
  if (!opened && (opened.error().os_code() == EISDIR || opened.error() == errc::name_hijacked)) return not_a_fifo();
  if (!opened) return opened;
  const result<struct stat> status = system::status(opened->get());
  if (!status) return status.error();
  if (!S_ISFIFO(status->st_mode)) return not_a_fifo();
  return opened;
}

/// We hold the writer's byte: open the FIFO, and only then announce ourselves to the reader.
result<pipe_sink_ptr> take_place(posix::found_entry& found) {
  if (result<void> free = check_free(found.file.get()); !free) return free.error();  // as seen under the lock
  result<descriptor> opened = open_fifo(found);
  if (!opened) return opened.error();
  result<pipe_sink_ptr> made = make_sink(std::move(*opened));
  if (!made) return made;
  if (result<void> taken = posix::write_writer_mark(found.file.get(), posix::writer_mark::taken); !taken)
    return taken.error();
  (*made)->writer_lock = std::move(found.file);
  return made;
}

/// One attempt. not_found: no live reader. timed_out: another writer is connected, or was and the reader has not noticed.
result<pipe_sink_ptr> try_open(const name& what) {
  const result<posix::found_entry> seen = posix::find_entry(object_kind::pipe, what);
  if (!seen) return seen.error();
  if (result<void> free = check_free(seen->file.get()); !free) return free.error();
  result<posix::found_entry> found = posix::find_entry_to_lock(object_kind::pipe, what);
  if (!found) return found.error();
  const result<bool> alone = posix::try_lock_writer(found->file.get());
  if (!alone) return alone.error();
  if (!*alone) return another_writer();
  return take_place(*found);
}

/// Until the attempt gives something other than not_found and timed_out, or the deadline comes: then its last answer.
result<pipe_sink_ptr> open_ours(const name& what, detail::timer& wait) {
  result<pipe_sink_ptr> made = try_open(what);
  if (made || (made.error() != errc::not_found && made.error() != errc::timed_out) || !wait.may_wait()) return made;
  result<name_watch> watch = name_watch::start(object_kind::pipe, what);
  if (!watch) return watch.error();
  for (;;) {
    made = try_open(what);
    if (made || (made.error() != errc::not_found && made.error() != errc::timed_out)) return made;
    if (result<void> waited = watch->wait(wait); !waited) {
      return waited.error() == errc::timed_out ? std::move(made) : result<pipe_sink_ptr>(waited.error());
    }
  }
}

/// A FIFO of another program. It cannot be watched: opening it is the only way to learn whether somebody reads.
result<descriptor> open_native(const name& native, int flags, detail::timer& wait) {
  posix::backoff pauses;
  for (;;) {
    result<descriptor> opened = system::open_at(AT_FDCWD, native.text(), flags | O_NONBLOCK);
    if (opened) {
      if (result<void> fifo = check_fifo(opened->get()); !fifo) return fifo.error();
      return opened;
    }
    if (opened.error() != errc::not_found) return opened;
    if (result<void> waited = pauses.pause(wait); !waited) {
      return waited.error() == errc::timed_out ? std::move(opened) : result<descriptor>(waited.error());
    }
  }
}

}  // namespace

result<pipe_sink_ptr> open_pipe(const name& what, detail::timer& wait) {
  if (!what.is_native()) return open_ours(what, wait);
  result<descriptor> opened = open_native(what, O_WRONLY, wait);
  if (!opened) return opened.error();
  return make_sink(std::move(*opened));
}

result<pipe_source_ptr> open_native_pipe_source(const name& native, detail::timer& wait) {
  result<descriptor> opened = open_native(native, O_RDONLY, wait);
  if (!opened) return opened.error();
  result<pipe_source_ptr> made = make_end<pipe_source>(std::move(*opened));
  if (made) (*made)->before_first_writer = true;
  return made;
}

}  // namespace viaduct::backend
