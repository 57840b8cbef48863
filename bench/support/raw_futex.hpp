// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a program would write without a library to wake another process: a counter in shared memory and two futex calls. The
// waiter always sleeps, the poster always wakes.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>

#include "support/contest.hpp"
#include "support/crowd.hpp"
#include "support/machine.hpp"
#include "viaduct/bytes.hpp"
#include "viaduct/deadline.hpp"

namespace viaduct::bench {

struct raw_counters {
  alignas(64) std::atomic<std::uint32_t> forth;
  alignas(64) std::atomic<std::uint32_t> back;
};

/// For contest: "sending" counts and wakes, "receiving" waits for the count; with a time-out as an absolute time, or none.
class raw_futex_line {
 public:
  raw_futex_line(raw_counters& shared, bool leading, std::chrono::seconds time_out) noexcept
      : time_out_(time_out),
        out_(leading ? &shared.forth : &shared.back),
        in_(leading ? &shared.back : &shared.forth) {}

  void send(bytes /*nothing*/) const {
    out_->fetch_add(1);
    (void)::syscall(SYS_futex, out_, FUTEX_WAKE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
  }
  void receive(buffer /*nothing*/) {
    while (in_->load() == seen_) {
      if (wait() != 0 && errno != EAGAIN && errno != EINTR) fail_errno("futex");
    }
    ++seen_;
  }

 private:
  [[nodiscard]] long wait() const noexcept {
    if (time_out_.count() == 0) return ::syscall(SYS_futex, in_, FUTEX_WAIT, seen_, nullptr, nullptr, 0);
    timespec end{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += time_out_.count();
    return ::syscall(SYS_futex, in_, FUTEX_WAIT_BITSET, seen_, &end, nullptr, FUTEX_BITSET_MATCH_ANY);
  }

  std::chrono::seconds time_out_;
  std::atomic<std::uint32_t>* out_;
  std::atomic<std::uint32_t>* in_;
  std::uint32_t seen_ = 0;
};

/// Wake-ups of ours against these, without and with a deadline. `ours` makes a line for objects whose names begin so:
/// (called, leading, deadline).
template <class Ours>
void run_wakeups_against_futex(const options& chosen, report& findings, const std::string& called, Ours&& ours) {
  auto* const raw = static_cast<raw_counters*>(shared_pages(2 * sizeof(raw_counters)));
  const std::chrono::seconds patience(10);
  const line_maker make = [&](bool leading) {
    lines made;
    made.push_back(make_line(raw_futex_line(raw[0], leading, std::chrono::seconds(0))));
    made.push_back(make_line(raw_futex_line(raw[1], leading, patience)));
    made.push_back(ours(called + "n", leading, deadline::never()));
    made.push_back(ours(called + "t", leading, deadline(patience)));
    return made;
  };
  run_wakeups(chosen, findings, make,
              {{"never() / bare futex calls", 0, 2, 1.10}, {"10 s / bare futex calls, timed", 1, 3, 1.10}});
}

}  // namespace viaduct::bench
