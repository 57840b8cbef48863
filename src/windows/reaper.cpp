// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "windows/reaper.hpp"

#include <list>
#include <mutex>
#include <new>

#include "windows/system_stream.hpp"

namespace viaduct::windows {

namespace {

constexpr DWORD patience_ms = 30'000;
constexpr std::size_t most_kept = 1024;

struct kept {
  unique_handle pipe;
  std::unique_ptr<write_buffer> pending;
  HANDLE wait = nullptr;
  std::list<kept>::iterator self;
};

struct kept_list {
  std::mutex guard;
  std::list<kept> all;
};

// Never destroyed: threads of the pool may come until the process ends.
kept_list& everything() {
  static kept_list* const list = new kept_list;
  return *list;
}

void CALLBACK written(void* context, BOOLEAN /*timed_out*/) {
  kept_list& list = everything();
  std::list<kept> mine;
  {
    const std::lock_guard lock(list.guard);  // also waits until register_wait() has stored the wait
    mine.splice(mine.begin(), list.all, static_cast<kept*>(context)->self);
  }
  system::unregister_wait(mine.front().wait);
  mine.front().pending->call_off(mine.front().pipe.get());  // nothing if it has ended
}

/// False: nobody will call back.
bool keep(unique_handle& pipe, std::unique_ptr<write_buffer>& pending) {
  kept_list& list = everything();
  const std::lock_guard lock(list.guard);
  // The write of the oldest is ended; its callback does the rest.
  if (list.all.size() >= most_kept) {
    const kept& oldest = list.all.front();
    (void)system::cancel_io(oldest.pipe.get(), nullptr);
  }
  const auto self = list.all.emplace(list.all.end());
  self->self = self;
  const DWORD code = system::register_wait(self->wait, pending->event(), written, &*self, patience_ms);
  if (code != ERROR_SUCCESS) {
    list.all.erase(self);
    return false;
  }
  self->pipe = std::move(pipe);
  self->pending = std::move(pending);
  return true;
}

}  // namespace

void close_when_written(unique_handle pipe, std::unique_ptr<write_buffer> pending) noexcept {
  if (!pipe || !pending || !pending->is_busy()) return;
  try {
    if (keep(pipe, pending)) return;
  } catch (const std::bad_alloc&) {
    // Nothing can be kept without memory: what is not read by now is lost.
  }
  pending->call_off(pipe.get());
}

}  // namespace viaduct::windows
