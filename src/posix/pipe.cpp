// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/pipe.hpp"

#include <limits.h>
#include <unistd.h>

#include "posix/entry.hpp"
#include "posix/error.hpp"

namespace viaduct::backend {

using posix::descriptor;
using posix::pipe_mode;
namespace system = posix::system;

namespace {

template <class End>
result<std::unique_ptr<End, pipe_deleter>> wrap(descriptor end, pipe_mode mode) {
  auto made = std::unique_ptr<End, pipe_deleter>(new End);
  if (result<void> bell = made->cancel.make_bell(); !bell) return bell.error();
  made->end = std::move(end);
  made->mode = mode;
  return made;
}

/// The handle is a pipe of this direction, is made ours, and does not block.
result<descriptor> check_adopted(native_handle handle, int wrong_mode) {
  const int value = static_cast<int>(handle.value());
  const result<struct stat> found = system::status(value);
  if (!found) return found.error();
  const result<int> mode = system::access_mode(value);
  if (!mode) return mode.error();
  if (!S_ISFIFO(found->st_mode) || *mode == wrong_mode) {
    return error(errc::invalid_argument).advise("the handle is not this end of a pipe");
  }
  if (result<void> set = system::set_close_on_exec(value, true); !set) return set.error();
  if (result<void> set = system::set_nonblocking(value, true); !set) return set.error();
  if (result<void> set = system::set_signal_free(value, true); !set) return set.error();
  return descriptor(static_cast<int>(handle.release()));
}

/// A duplicate of a standard stream, so that closing the end leaves the stream alone.
result<descriptor> duplicate_standard(int number, int wrong_mode) {
  const result<int> mode = system::access_mode(number);
  if (!mode || *mode == wrong_mode) return error(errc::closed).advise("this process has no such standard stream");
  const posix::fork_guard guard;
  const result<int> copy = system::duplicate(number);
  if (!copy) return copy.error();
  return descriptor(*copy);
}

result<void> set_capacity(int end, const pipe_options& options) {
  return options.capacity == 0 ? result<void>() : system::set_pipe_capacity(end, options.capacity);
}

/// A new descriptor under the same number, for the hang-up of the last writer stays with the old one and would keep poll()
/// from waiting.
result<void> reopen(pipe_source& from) {
  const result<descriptor> fresh = system::open_at(posix::entry_directory(*from.owned).handle.get(),
                                                   from.owned->description().native_name, O_RDONLY | O_NONBLOCK);
  if (!fresh) return fresh.error();
  const result<struct stat> found = system::status(fresh->get());
  if (!found) return found.error();
  const result<struct stat> held = system::status(from.end.get());
  if (!held) return held.error();
  if (found->st_dev != held->st_dev || found->st_ino != held->st_ino)
    return error(errc::name_hijacked).advise("another object sits where this pipe was");
  if (!system::duplicate_over(fresh->get(), from.end.get())) return posix::failure(errno);
  return {};
}

result<bool> has_announced_writer(const pipe_source& from) {
  const result<posix::writer_mark> mark = posix::read_writer_mark(posix::entry_file(*from.owned));
  if (!mark) return mark.error();
  return *mark == posix::writer_mark::taken;
}

/// A read of our FIFO found neither bytes nor a writer. True: one has announced itself; whether it has left, and left
/// nothing behind, only a read after this can tell. False: nobody is there, and poll() will wait.
result<bool> look_for_writer(pipe_source& from) {
  result<bool> announced = has_announced_writer(from);
  if (!announced || *announced) return announced;
  if (result<void> opened = reopen(from); !opened) return opened.error();
  // Again: who came and left before the new descriptor was opened does not show on it.
  return has_announced_writer(from);
}

/// The writer that was announced has left, and all it wrote was read: the next one may come.
result<void> finish_writer(pipe_source& from) {
  if (result<void> opened = reopen(from); !opened) return opened;
  return posix::write_writer_mark(posix::entry_file(*from.owned), posix::writer_mark::free);
}

}  // namespace

void pipe_deleter::operator()(pipe_source* end) const noexcept { delete end; }
void pipe_deleter::operator()(pipe_sink* end) const noexcept { delete end; }

result<pipe_ends> make_pipe(const pipe_options& options) {
  result<system::pipe_descriptors> made = system::make_pipe();
  if (!made) return made.error();
  if (result<void> set = set_capacity(made->write.get(), options); !set) return set.error();
  if (result<void> set = system::set_signal_free(made->write.get(), true); !set) return set.error();
  result<pipe_source_ptr> source = wrap<pipe_source>(std::move(made->read), pipe_mode::non_blocking);
  if (!source) return source.error();
  result<pipe_sink_ptr> sink = wrap<pipe_sink>(std::move(made->write), pipe_mode::non_blocking);
  if (!sink) return sink.error();
  return pipe_ends{std::move(*source), std::move(*sink)};
}

result<pipe_source_ptr> adopt_pipe_source(native_handle handle) {
  result<descriptor> checked = check_adopted(std::move(handle), O_WRONLY);
  if (!checked) return checked.error();
  return wrap<pipe_source>(std::move(*checked), pipe_mode::non_blocking);
}

result<pipe_sink_ptr> adopt_pipe_sink(native_handle handle) {
  result<descriptor> checked = check_adopted(std::move(handle), O_RDONLY);
  if (!checked) return checked.error();
  return wrap<pipe_sink>(std::move(*checked), pipe_mode::non_blocking);
}

result<pipe_source_ptr> standard_input_source() {
  result<descriptor> copy = duplicate_standard(STDIN_FILENO, O_WRONLY);
  if (!copy) return copy.error();
  return wrap<pipe_source>(std::move(*copy), pipe_mode::shared);
}

result<pipe_sink_ptr> standard_output_sink() {
  result<descriptor> copy = duplicate_standard(STDOUT_FILENO, O_RDONLY);
  if (!copy) return copy.error();
  return wrap<pipe_sink>(std::move(*copy), pipe_mode::shared);
}

namespace {

/// After a first attempt, if there was one, that gave no bytes: again until one does.
[[gnu::noinline]] result<std::size_t> persist_reading(pipe_source& from, system::io count, buffer into,
                                                      detail::timer& wait) {
  bool announced = false;  // a writer of our FIFO, as it was known before the last attempt
  for (bool waited = false;;) {
    if (count > 0) return static_cast<std::size_t>(count);
    if (from.cancel.is_cancelled()) return errc::cancelled;
    if (count == 0 && !from.owned) {
      if (!std::exchange(from.before_first_writer, false)) return errc::closed;
    } else if (count == 0 && announced) {
      if (result<void> finished = finish_writer(from); !finished) return finished.error();
      return errc::closed;
    } else if (count == 0) {
      const result<bool> seen = look_for_writer(from);
      if (!seen) return seen.error();
      announced = *seen;
    } else if (count != -EAGAIN) {
      return posix::failure(static_cast<int>(-count));
    }
    if (count != 0 || !announced) {
      // Said to be readable, and somebody else was quicker.
      if (waited && wait.expired()) return errc::timed_out;
      if (const result<short> ready = from.cancel.wait(from.end.get(), POLLIN, wait); !ready) return ready.error();
      waited = true;
    }
    count = system::read(from.end.get(), into);
  }
}

[[gnu::noinline]] result<std::size_t> persist_writing(pipe_sink& to, system::io count, std::span<const iovec> pieces,
                                                      detail::timer& wait) {
  const bool shared = to.mode == pipe_mode::shared;
  for (bool waited = false;; waited = true) {
    if (to.cancel.is_cancelled()) return errc::cancelled;
    if (waited)
      count = shared ? system::write_shared_pipe(to.end.get(), pieces) : system::write_pipe(to.end.get(), pieces);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (count != -EAGAIN) return posix::failure(static_cast<int>(-count));
    if (waited && wait.expired()) return errc::timed_out;
    const result<short> events = to.cancel.wait(to.end.get(), POLLOUT, wait);
    if (!events) return events.error();
  }
}

}  // namespace

result<std::size_t> read_some(pipe_source& from, buffer into, detail::timer& wait) {
  system::io count = -EAGAIN;
  if (from.mode == pipe_mode::non_blocking && !from.cancel.is_cancelled()) [[likely]] {
    count = system::read(from.end.get(), into);
    if (count > 0) [[likely]]
      return static_cast<std::size_t>(count);
  }
  return persist_reading(from, count, into, wait);
}

result<std::size_t> write_some(pipe_sink& to, std::span<const bytes> parts, detail::timer& wait) {
  std::array<iovec, 16> pieces;
  std::size_t used = 0;
  for (const bytes& part : parts) pieces[used++] = {const_cast<std::byte*>(part.data()), part.size()};
  if (to.mode == pipe_mode::shared) [[unlikely]] {
    // What poll() promises room for is PIPE_BUF: more could block on a shared descriptor.
    used = 1;
    pieces[0].iov_len = parts[0].first(PIPE_BUF).size();
    return persist_writing(to, -EAGAIN, {pieces.data(), used}, wait);
  }
  system::io count = -EAGAIN;
  if (!to.cancel.is_cancelled()) [[likely]] {
    count = system::write_pipe(to.end.get(), {pieces.data(), used});
    if (count > 0) [[likely]]
      return static_cast<std::size_t>(count);
  }
  return persist_writing(to, count, {pieces.data(), used}, wait);
}

void cancel(pipe_source& end) noexcept { end.cancel.cancel(); }
void cancel(pipe_sink& end) noexcept { end.cancel.cancel(); }

native_view native(const pipe_source& end) noexcept { return native_view(end.end.get()); }
native_view native(const pipe_sink& end) noexcept { return native_view(end.end.get()); }

result<native_handle> release(pipe_source& end) { return native_handle(end.end.release()); }
result<native_handle> release(pipe_sink& end) { return native_handle(end.end.release()); }

bool is_named(const pipe_source& end) noexcept { return end.owned.has_value(); }

// --- by name

result<pipe_source_ptr> create_pipe(const name& what, const pipe_options& options) {
  descriptor end;
  const entry::builder build = [&](const entry_description& made) -> result<void> {
    result<std::shared_ptr<const posix::directory>> where = posix::own_directory();
    if (!where) return where.error();
    const int directory = (*where)->handle.get();
    if (result<void> fifo = system::make_fifo_at(directory, made.native_name, 0600); !fifo) return fifo;
    // What a strict umask took away, the owner needs.
    if (result<void> set = system::change_mode_at(directory, made.native_name, 0600); !set) return set;
    result<descriptor> opened = system::open_at(directory, made.native_name, O_RDONLY | O_NONBLOCK);
    if (!opened) return opened.error();
    end = std::move(*opened);
    return set_capacity(end.get(), options);
  };
  result<entry> owned = entry::create({.kind = object_kind::pipe, .what = what, .life = lifetime::owner}, build);
  if (!owned) return owned.error();
  result<pipe_source_ptr> made = wrap<pipe_source>(std::move(end), pipe_mode::non_blocking);
  if (made) (*made)->owned.emplace(std::move(*owned));
  return made;
}

}  // namespace viaduct::backend
