// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Until another thread of this process really sleeps, as the kernel sees it: from then on a time to wake it means something.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "support/machine.hpp"

namespace viaduct::bench {

class watched_thread {
 public:
  /// By the thread itself, before the call that is to sleep.
  void begin() {
    rusage used{};
    if (::getrusage(RUSAGE_THREAD, &used) != 0) fail_errno("getrusage");
    sleeps_before_ = used.ru_nvcsw;
    id_.store(::gettid());
  }
  /// By the thread itself: it will not sleep any more.
  void end() noexcept { has_ended_.store(true); }

  /// By another one: until it sleeps, at least for the n-th time. False: it has ended instead. Without allocating, for
  /// which it might have to wait itself.
  [[nodiscard]] bool await_sleep(long times) const {
    while (id_.load() == 0) {
      if (has_ended_.load()) return false;
      (void)::sched_yield();
    }
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/status", id_.load());
    bool is_there = false;  // the count before the state: the state may be that of an earlier sleep
    while (!has_ended_.load()) {
      const state seen = look(path.data());
      if (is_there && seen.is_asleep) return true;
      is_there = seen.sleeps - sleeps_before_ >= times;
      if (!is_there) (void)::sched_yield();
    }
    return false;
  }

 private:
  struct state {
    bool is_asleep = false;
    long sleeps = 0;
  };

  static state look(const char* path) {
    std::array<char, 4096> text{};
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};  // it ends just now
    const ssize_t size = ::read(file, text.data(), text.size());
    (void)::close(file);
    const std::string_view all(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    state found;
    found.is_asleep = after(all, "\nState:\t").starts_with('S');
    const std::string_view count = after(all, "\nvoluntary_ctxt_switches:\t");
    (void)std::from_chars(count.data(), count.data() + count.size(), found.sleeps);
    return found;
  }
  static std::string_view after(std::string_view all, std::string_view label) {
    const std::size_t place = all.find(label);
    return place == std::string_view::npos ? std::string_view() : all.substr(place + label.size());
  }

  std::atomic<pid_t> id_{0};
  long sleeps_before_ = 0;  // published with id_
  std::atomic<bool> has_ended_{false};
};

}  // namespace viaduct::bench
