// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/crowd.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

namespace viaduct::bench {

namespace {

constexpr std::size_t most = 16;

struct alignas(64) counted {
  std::atomic<std::uint64_t> turns;
};
struct board {
  std::atomic<std::size_t> ready;
  std::atomic<bool> go;
  std::atomic<bool> stop;
  std::array<counted, most> each;
};

[[noreturn]] void take_part(board& shown, std::size_t index, const turn_maker& make) {
  try {
    const turn once = make();
    shown.ready.fetch_add(1);
    while (!shown.go.load()) std::this_thread::yield();
    std::uint64_t turns = 0;
    while (!shown.stop.load(std::memory_order_relaxed)) {
      for (int count = 0; count < 8; ++count) once();
      turns += 8;
      shown.each.at(index).turns.store(turns, std::memory_order_relaxed);
    }
    std::_Exit(0);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "process %zu: %s\n", index, failure.what());
    std::_Exit(2);
  }
}

void reap(const std::vector<pid_t>& children) {
  for (const pid_t child : children) {
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) fail("one of the processes failed");
  }
}

std::uint64_t turns_of_all(const board& shown, std::size_t processes) {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < processes; ++index) sum += shown.each.at(index).turns.load();
  return sum;
}

/// Rounds of the loop of busy() in a microsecond.
double rounds_per_us() {
  static const double known = [] {
    double best = 0;
    for (int attempt = 0; attempt < 20; ++attempt) {
      constexpr int rounds = 100'000;
      const clock::time_point begin = clock::now();
      for (int count = 0; count < rounds; ++count) asm volatile("" : : : "memory");
      const double took = std::chrono::duration<double, std::micro>(clock::now() - begin).count();
      best = std::max(best, rounds / took);
    }
    return best;
  }();
  return known;
}

}  // namespace

crowd_result run_crowd(std::size_t processes, nanoseconds length, const turn_maker& make) {
  auto* const shown = static_cast<board*>(shared_pages(sizeof(board)));
  std::vector<pid_t> children;
  for (std::size_t index = 0; index < processes; ++index) {
    const pid_t child = ::fork();
    if (child < 0) fail_errno("fork");
    if (child == 0) take_part(*shown, index, make);
    children.push_back(child);
  }
  while (shown->ready.load() < processes) std::this_thread::yield();
  shown->go.store(true);
  const clock::time_point begin = clock::now();
  std::this_thread::sleep_for(length);
  const std::uint64_t turns = turns_of_all(*shown, processes);
  const nanoseconds took = clock::now() - begin;
  crowd_result found;
  for (std::size_t index = 0; index < processes; ++index) {
    found.shares.push_back(static_cast<double>(shown->each.at(index).turns.load()));
  }
  shown->stop.store(true);
  reap(children);
  double sum = 0;
  for (const double share : found.shares) sum += share;
  for (double& share : found.shares) share /= std::max(sum, 1.0);
  std::sort(found.shares.rbegin(), found.shares.rend());
  found.ns_each = static_cast<double>(took.count()) / static_cast<double>(std::max<std::uint64_t>(turns, 1));
  (void)::munmap(shown, sizeof(board));
  return found;
}

void busy(nanoseconds span) {
  const auto rounds = static_cast<std::uint64_t>(static_cast<double>(span.count()) * rounds_per_us() / 1'000);
  for (std::uint64_t count = 0; count < rounds; ++count) asm volatile("" : : : "memory");
}

void* shared_pages(std::size_t size) {
  void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) fail_errno("mmap");
  return pages;
}

}  // namespace viaduct::bench
