// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// stop_requested(): the receiving half of request_stop(). The first call installs a SIGTERM handler, which the program
// agrees to by calling; a handler that was there is called too.
#include <signal.h>

#include <atomic>
#include <mutex>

#include "backend/child_process.hpp"
#include "common/generation.hpp"
#include "posix/canceller.hpp"
#include "posix/error.hpp"

namespace viaduct::backend {

namespace {

std::atomic<bool> requested{false};
std::atomic<int> bell{-1};
struct sigaction previous{};

void on_terminate(int number, siginfo_t* info, void* context) {
  requested.store(true, std::memory_order_release);
  if (const int ringing = bell.load(std::memory_order_acquire); ringing >= 0) posix::system::ring(ringing);
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  }
}

struct request_state {
  std::mutex lock;
  posix::system::bell_ends ends;
  detail::born_here born;
  bool handler_installed = false;
};

request_state& state() {
  static auto& made = *new request_state;
  return made;
}

/// A forked child has the handler but not its parent's bell.
result<int> prepare() {
  request_state& mine = state();
  const std::lock_guard lock(mine.lock);
  if (!mine.ends.waiting.is_valid() || mine.born.is_foreign()) {
    result<posix::system::bell_ends> made = posix::system::make_bell();
    if (!made) return made.error();
    mine.ends = std::move(*made);
    mine.born = detail::born_here();
    bell.store(mine.ends.ringing.is_valid() ? mine.ends.ringing.get() : mine.ends.waiting.get());
  }
  if (!mine.handler_installed) {
    struct sigaction action{};
    action.sa_sigaction = on_terminate;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (::sigaction(SIGTERM, &action, &previous) != 0) return posix::failure(errno);
    mine.handler_installed = true;
  }
  return mine.ends.waiting.get();
}

}  // namespace

result<void> wait_stop_requested(detail::timer& wait) {
  const result<int> waiting = prepare();
  if (!waiting) return waiting.error();
  for (;;) {
    if (requested.load(std::memory_order_acquire)) return {};
    const posix::canceller nobody;
    const result<short> rung = nobody.wait(*waiting, POLLIN, wait);
    if (!rung) return rung.error();
  }
}

}  // namespace viaduct::backend
