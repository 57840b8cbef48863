// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/watchdog.hpp"

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

#include "support/system.hpp"

namespace viaduct::test {
namespace {

using clock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double instrumented = 4;
#else
constexpr double instrumented = 1;
#endif

double patience() {
  const char* text = std::getenv("VIADUCT_TEST_PATIENCE");
  const double factor = text != nullptr ? std::strtod(text, nullptr) : 1;
  return (factor > 0 ? factor : 1) * instrumented * (full_form() ? 5 : 1);
}

struct watch {
  std::mutex mutex;
  std::condition_variable changed;
  std::string what;
  clock::time_point begin;
  std::chrono::milliseconds limit{};
  std::optional<clock::time_point> end;
  bool running = false;

  [[nodiscard]] clock::time_point moment() const {
    return begin + std::chrono::duration_cast<clock::duration>(limit * patience());
  }
};

// Never destroyed: its thread lives until the process ends.
watch& the_watch() {
  static watch* const only = new watch;
  return *only;
}

[[noreturn]] void bark(const std::string& what) {
  std::cerr << "\n[watchdog] hangs: " << what << std::endl;
  dump_stacks();
  std::signal(SIGABRT, SIG_DFL);  // the test framework's handler would report from the wrong thread
  std::abort();
}

void guard() {
  watch& state = the_watch();
  std::unique_lock lock(state.mutex);
  for (;;) {
    if (!state.end) {
      state.changed.wait(lock);
    } else if (clock::now() >= *state.end) {
      bark(state.what);
    } else {
      const clock::time_point end = *state.end;  // a copy: the wait lets others change it
      state.changed.wait_until(lock, end);
    }
  }
}

}  // namespace

void watch_begin(const std::string& what, std::chrono::milliseconds limit) {
  watch& state = the_watch();
  const std::lock_guard lock(state.mutex);
  state.what = what;
  state.begin = clock::now();
  state.limit = limit;
  state.end = state.moment();
  if (!state.running) std::thread(guard).detach();
  state.running = true;
  state.changed.notify_all();
}

void watch_end() {
  watch& state = the_watch();
  const std::lock_guard lock(state.mutex);
  state.end.reset();
  state.changed.notify_all();
}

void time_limit(std::chrono::milliseconds limit) {
  watch& state = the_watch();
  const std::lock_guard lock(state.mutex);
  state.limit = limit;
  state.end = state.moment();
  state.changed.notify_all();
}

std::chrono::milliseconds current_limit() {
  watch& state = the_watch();
  const std::lock_guard lock(state.mutex);
  return state.limit;
}

bool full_form() { return std::getenv("VIADUCT_FULL") != nullptr; }

}  // namespace viaduct::test
