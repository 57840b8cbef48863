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
  std::atomic<bool> stop;
  std::array<counted, most> each;
};

/// In memory that the processes share; they stop when it goes, however that comes.
class shared_board {
 public:
  shared_board() : made_(static_cast<board*>(shared_pages(sizeof(board)))) {}
  ~shared_board() {
    made_->stop.store(true);
    (void)::munmap(made_, sizeof(board));
  }
  shared_board(const shared_board&) = delete;
  shared_board& operator=(const shared_board&) = delete;
  [[nodiscard]] board& operator*() const noexcept { return *made_; }
  [[nodiscard]] board* operator->() const noexcept { return made_; }

 private:
  board* made_;
};

/// A pipe for words without contents; that nobody is left who could say one is heard too.
class gate {
 public:
  gate() {
    if (::pipe(ends_.data()) != 0) fail_errno("pipe");
  }
  ~gate() {
    close(0);
    close(1);
  }
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  void say() const {
    if (::write(ends_[1], "r", 1) != 1) fail_errno("write");
  }
  /// False: nobody is left who could say anything.
  [[nodiscard]] bool hear() const {
    char word = 0;
    const ssize_t size = ::read(ends_[0], &word, 1);
    if (size < 0) fail_errno("read");
    return size == 1;
  }
  void only_hear() { close(1); }
  void only_say() { close(0); }

 private:
  void close(std::size_t which) {
    if (ends_[which] >= 0) (void)::close(ends_[which]);
    ends_[which] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// How the processes of a crowd begin together: each says that it is ready, and then waits for the end of `go`.
struct starting_line {
  gate ready;
  gate go;
};

[[noreturn]] void take_part(board& shown, std::size_t index, const turn_maker& make, starting_line& start) {
  try {
    start.ready.only_say();
    start.go.only_hear();
    const turn once = make();
    start.ready.say();
    start.ready.only_hear();
    (void)start.go.hear();
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
  const shared_board shown;
  starting_line start;
  std::vector<pid_t> children;
  for (std::size_t index = 0; index < processes; ++index) {
    const pid_t child = ::fork();
    if (child < 0) fail_errno("fork");
    if (child == 0) take_part(*shown, index, make, start);
    children.push_back(child);
  }
  start.ready.only_hear();
  for (std::size_t count = 0; count < processes; ++count) {
    if (!start.ready.hear()) fail("one of the processes failed");
  }
  const clock::time_point begin = clock::now();
  start.go.only_hear();
  std::this_thread::sleep_for(length);  // so long they are measured
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
