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

#include "support/machine.hpp"
#include "viaduct/bytes.hpp"

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

}  // namespace viaduct::bench
