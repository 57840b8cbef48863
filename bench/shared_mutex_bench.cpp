// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A shared mutex against what POSIX has for the same, a process-shared pthread_rwlock_t: alone, and with readers in several
// processes. The raw lock stays locked for ever when a holder dies; ours does not.
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/crowd.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "support/raw_pthread.hpp"
#include "viaduct/shared_mutex.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string fresh_name() {
  static int count = 0;
  return "shared-mutex-bench-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

/// Locked, and unlocked at once.
template <class Lock>
void end_of(const result<Lock>& lock) {
  if (!lock) [[unlikely]]
    fail(lock.error().message());
}

void alone(const options& chosen, report& findings) {
  const raw_read_write_lock raw;
  shared_mutex ours = must(shared_mutex::create(fresh_name()));
  duel_heading(findings, "lock and unlock, nobody else wants it (reported)");
  for (const bool endless : {true, false}) {
    const deadline until = endless ? deadline::never() : deadline(5s);
    const std::string text = std::string(endless ? "never()" : "5 s") + " / pthread_rwlock_t";
    const auto raw_read = [&] { raw.lock_shared(), raw.unlock(); };
    const auto raw_write = [&] { raw.lock(), raw.unlock(); };
    run_duel(
        chosen, findings,
        {.text = "reading, " + text,
         .base = [&](std::uint64_t count) { return time_each(count, raw_read); },
         .other = [&](std::uint64_t count) { return time_each(count, [&] { end_of(ours.lock_shared(until)); }); }});
    run_duel(chosen, findings,
             {.text = "writing, " + text,
              .base = [&](std::uint64_t count) { return time_each(count, raw_write); },
              .other = [&](std::uint64_t count) { return time_each(count, [&] { end_of(ours.lock(until)); }); }});
  }
}

/// Time by turns of so many processes that read all the time.
double raw_readers(std::size_t processes, nanoseconds held, nanoseconds length) {
  const raw_read_write_lock raw;
  return run_crowd(processes, length,
                   [&]() -> turn {
                     return [&raw, held] {
                       raw.lock_shared();
                       busy(held);
                       raw.unlock();
                     };
                   })
      .ns_each;
}

double our_readers(std::size_t processes, nanoseconds held, nanoseconds length) {
  const std::string called = fresh_name();
  return run_crowd(processes, length,
                   [&]() -> turn {
                     auto ours = std::make_shared<shared_mutex>(must(shared_mutex::open_or_create(called, 5s)));
                     return [ours, held] {
                       const result<shared_lock> lock = ours->lock_shared(deadline::never());
                       if (!lock) fail(lock.error().message());
                       busy(held);
                     };
                   })
      .ns_each;
}

void crowded(const options& chosen, report& findings) {
  busy(0ns);  // measures the loop before the forks
  const nanoseconds length = chosen.quick ? 10ms : 40ms;
  duel_heading(findings, "several processes read at once (reported)");
  for (const std::size_t processes : {std::size_t{2}, std::size_t{4}}) {
    for (const nanoseconds held : {0ns, 2000ns}) {
      run_duel(chosen, findings,
               {.text = std::to_string(processes) + " processes, held " + std::to_string(held.count()) +
                        " ns / pthread_rwlock_t",
                .base = [&](std::uint64_t) { return raw_readers(processes, held, length); },
                .other = [&](std::uint64_t) { return our_readers(processes, held, length); },
                .count = 1,
                .pairs = 15});
    }
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
  const auto chosen = parse_options(argc, argv, "A shared mutex against a pthread_rwlock_t.", exit_code);
  return chosen ? run_reporting(*chosen, "shared_mutex", body) : exit_code;
}
