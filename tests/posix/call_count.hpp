// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Counts the system calls of a thread that pass the seam; also of one that sleeps until another does something.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "backend/seam.hpp"
#include "support/memory.hpp"
#include "viaduct/deadline.hpp"

#if VIADUCT_FAULT_INJECTION

namespace viaduct::test {

/// System calls of this thread while `action` runs, in `counted` from the first on.
template <class Action>
int calls_during(Action&& action, std::atomic<int>& counted) {
  counted = 0;
  backend::seam::set_hook(
      [](void* counter, const char* /*call*/) {
        ++*static_cast<std::atomic<int>*>(counter);
        return 0;
      },
      &counted);
  action();
  backend::seam::set_hook(nullptr, nullptr);
  return counted;
}
template <class Action>
int calls_during(Action&& action) {
  std::atomic<int> counted{0};
  return calls_during(action, counted);
}

/// This thread, for another one to look at; empty where the system does not show threads.
[[nodiscard]] inline std::filesystem::path this_thread() {
  std::error_code none;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/thread-self", none);
  return none ? std::filesystem::path() : "/proc" / self / "stat";
}

/// Until that thread waits inside a system call.
inline void await_sleep(const std::filesystem::path& thread) {
  for (;;) {
    std::ifstream file(thread);
    std::string line;
    std::getline(file, line);
    const std::size_t after_name = line.rfind(") ");
    if (after_name != std::string::npos && line[after_name + 2] == 'S') return;
    std::this_thread::yield();
  }
}

struct wait_cost {
  int waiting = 0;  // calls of the waiter
  int waking = 0;   // calls of who wakes it
  std::chrono::steady_clock::duration took{};
  std::uint64_t allocated = 0;  // by both
};

/// Another thread does `hold`, whose outcome it keeps; then this one does `wait`, and once it is asleep in its first call
/// the other one does `wake` with what it kept.
template <class Hold, class Wait, class Wake>
wait_cost cost_of_wait(Hold&& hold, Wait&& wait, Wake&& wake) {
  wait_cost found;
  const std::filesystem::path here = this_thread();
  std::atomic<bool> is_held{false};
  std::atomic<int> calls{0};
  std::uint64_t by_other = 0;
  std::thread other([&] {
    auto held = hold();
    is_held = true;
    while (calls == 0) std::this_thread::yield();
    await_sleep(here);
    found.waking = calls_during([&] { by_other = allocations_during([&] { wake(held); }); });
  });
  while (!is_held) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  found.waiting = calls_during([&] { found.allocated = allocations_during(wait); }, calls);
  found.took = std::chrono::steady_clock::now() - begin;
  other.join();
  found.allocated += by_other;
  return found;
}
/// The same where nothing need be held.
template <class Wait, class Wake>
wait_cost cost_of_wait(Wait&& wait, Wake&& wake) {
  return cost_of_wait([] { return 0; }, wait, [&](int /*nothing*/) { wake(); });
}

/// For what costs the same however long it may wait.
inline const std::vector<deadline> some_deadlines{deadline::never(), std::chrono::seconds(5), std::chrono::hours(1)};

}  // namespace viaduct::test

#endif
