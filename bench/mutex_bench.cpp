// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A mutex against what POSIX has for the same: a robust, process-shared pthread mutex. Alone, and with several processes
// that want it at once; then each process's share of the turns.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "support/crowd.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "support/raw_pthread.hpp"
#include "viaduct/mutex.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string fresh_name() {
  static int count = 0;
  return "mutex-bench-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

void lock_once(mutex& which, deadline until) {
  const result<mutex_lock> lock = which.lock(until);
  if (!lock) [[unlikely]]
    fail(lock.error().message());
}

void alone(const options& chosen, report& findings) {
  const raw_mutex raw;
  mutex ours = must(mutex::create(fresh_name()));
  const auto base = [&](std::uint64_t count) {
    return time_each(count, [&] {
      raw.lock();
      raw.unlock();
    });
  };
  duel_heading(findings, "lock and unlock, nobody else wants it");
  for (const bool endless : {true, false}) {
    const deadline until = endless ? deadline::never() : deadline(5s);
    run_duel(chosen, findings,
             {.text = std::string(endless ? "never()" : "5 s") + " / robust pthread mutex",
              .base = base,
              .other = [&](std::uint64_t count) { return time_each(count, [&] { lock_once(ours, until); }); },
              .ratio = 1.0});
  }
}

struct setting {
  std::size_t processes;
  nanoseconds held;
};

crowd_result raw_crowd(const setting& where, nanoseconds length) {
  const raw_mutex raw;
  return run_crowd(where.processes, length, [&]() -> turn {
    return [&raw, held = where.held] {
      raw.lock();
      busy(held);
      raw.unlock();
    };
  });
}

crowd_result our_crowd(const setting& where, nanoseconds length) {
  const std::string called = fresh_name();
  return run_crowd(where.processes, length, [&]() -> turn {
    auto ours = std::make_shared<mutex>(must(mutex::open_or_create(called, 5s)));
    return [ours, held = where.held] {
      const result<mutex_lock> lock = ours->lock(deadline::never());
      if (!lock) fail(lock.error().message());
      busy(held);
    };
  });
}

std::string shares_of(const crowd_result& found) {
  std::string text;
  for (const double share : found.shares) {
    char one[16];
    std::snprintf(one, sizeof one, " %3.0f %%", share * 100);
    text += one;
  }
  return text;
}

std::string describe(const setting& where) {
  return std::to_string(where.processes) + " processes, held " + std::to_string(where.held.count()) + " ns";
}

void crowded(const options& chosen, report& findings) {
  busy(0ns);  // measures the loop before the forks
  const nanoseconds length = chosen.quick ? 10ms : 40ms;
  constexpr setting settings[] = {{2, 0ns}, {2, 200ns}, {2, 2us}, {4, 0ns}, {4, 200ns}, {4, 2us}};
  duel_heading(findings, "several processes take turns");
  for (const setting& where : settings) {
    run_duel(chosen, findings,
             {.text = describe(where) + " / robust pthread mutex",
              .base = [&](std::uint64_t) { return raw_crowd(where, length).ns_each; },
              .other = [&](std::uint64_t) { return our_crowd(where, length).ns_each; },
              .ratio = 1 / 0.9,
              .count = 1,
              .pairs = 15});
  }
  findings.heading("shares of the turns, largest first (reported): ours; robust pthread mutex");
  for (const setting& where : settings) {
    const nanoseconds longer = chosen.quick ? 50ms : 1000ms;
    const crowd_result ours = our_crowd(where, longer);
    const crowd_result raw = raw_crowd(where, longer);
    json_object figures;
    figures.text("shares", describe(where)).number("ours_largest", ours.shares.front());
    figures.number("ours_smallest", ours.shares.back()).number("raw_largest", raw.shares.front());
    figures.number("raw_smallest", raw.shares.back());
    findings.row("  " + describe(where) + ":  " + shares_of(ours) + ";  " + shares_of(raw), figures, {});
  }
}

void body(const options& chosen, report& findings) {
  alone(chosen, findings);
  crowded(chosen, findings);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "A mutex against a robust pthread mutex.", exit_code);
  return chosen ? run_reporting(*chosen, "mutex", body) : exit_code;
}
