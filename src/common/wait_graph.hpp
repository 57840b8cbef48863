// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// wait_graph: which thread of which process waits for the lock of which other, so that a circle of waiters is found. Every
// process of a user that waits for a lock joins one object (kind `waits`). A waiter takes a record there at its first look
// at the lock's holder, brings it up to date with each look, and follows the records from its holder on.
//
// A circle counts when two walks have found the same waits, and each waiter has looked at its lock in between. A thread
// that waits neither takes nor gives up a lock meanwhile, so whoever was seen to hold one in between held it all the time:
// all edges existed at once, and nothing but a deadline, a death or a verdict can end it. A verdict is spoken under a lock,
// and takes its waiter out of the graph: one member of a circle gets it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/thread_token.hpp"
#include "viaduct/error.hpp"

namespace viaduct::detail {

struct wait_table;  // what the processes share, and this process's hold on it
struct wait_record;

/// This process's way in: one for all its locks.
class wait_graph {
 public:
  wait_graph();
  ~wait_graph();
  wait_graph(const wait_graph&) = delete;
  wait_graph& operator=(const wait_graph&) = delete;

  [[nodiscard]] static std::shared_ptr<wait_graph> of_this_process();

  /// Joins at the first use. nullptr: it cannot be had now (a warning in the log says why, once).
  [[nodiscard]] wait_table* table() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// One thread's wait for one lock, as others see it. Costs nothing before the first look.
class published_wait {
 public:
  /// `lock` is how the lock is called in the verdict: "mutex pay". A view, read at the first look.
  published_wait(wait_graph* graph, std::string_view kind, std::string_view lock) noexcept
      : graph_(graph), kind_(kind), lock_(lock) {}
  ~published_wait() { withdraw(); }
  published_wait(const published_wait&) = delete;
  published_wait& operator=(const published_wait&) = delete;

  /// Whoever holds the lock, by the word that says so; asked by each waiter from time to time. The verdict, if this thread
  /// is part of a circle and the one to leave it: deadlock, with the circle in the hint.
  [[nodiscard]] std::optional<error> look(const std::atomic<thread_token>& holder) noexcept;

  static constexpr std::size_t longest = 32;  // waiters in a circle

 private:
  struct step {
    std::size_t index = 0;
    std::uint64_t wait = 0;
    std::uint64_t looks = 0;
  };
  struct walk {
    std::array<step, longest> steps;
    std::size_t length = 0;  // 0: it does not come back to us
  };

  [[nodiscard]] bool publish() noexcept;
  void withdraw() noexcept;
  [[nodiscard]] walk follow(thread_token holder) const noexcept;
  [[nodiscard]] bool is_same(const walk& now) const noexcept;
  [[nodiscard]] bool all_have_looked(const walk& now) const noexcept;
  [[nodiscard]] bool all_alive(const walk& now) const;
  [[nodiscard]] bool leave_circle(thread_token holder);
  [[nodiscard]] std::string describe(const walk& circle) const;

  wait_graph* graph_;
  std::string_view kind_;
  std::string_view lock_;
  wait_table* table_ = nullptr;
  wait_record* record_ = nullptr;
  std::size_t index_ = 0;
  walk before_;
};

}  // namespace viaduct::detail
