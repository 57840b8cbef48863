// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A permit pool against sem_t, which loses the permits of a process that dies: alone, with pools of several sizes, and with
// several processes that want more permits than there are.
#include <semaphore.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/crowd.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "viaduct/permit_pool.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string fresh_name() {
  static int count = 0;
  return "permit-pool-bench-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

/// In memory that a fork shares, which is never unmapped.
class raw_semaphore {
 public:
  explicit raw_semaphore(unsigned count) : made_(static_cast<sem_t*>(shared_pages(sizeof(sem_t)))) {
    if (::sem_init(made_, 1, count) != 0) fail_errno("sem_init");
  }
  void acquire() const {
    if (::sem_wait(made_) != 0) [[unlikely]]
      fail_errno("sem_wait");
  }
  void release() const {
    if (::sem_post(made_) != 0) [[unlikely]]
      fail_errno("sem_post");
  }

 private:
  sem_t* made_;
};

void alone(const options& chosen, report& findings) {
  duel_heading(findings, "acquire and release, one is free (reported)");
  for (const std::size_t permits : {std::size_t{1}, std::size_t{8}, permit_pool::limit}) {
    const raw_semaphore raw(static_cast<unsigned>(permits));
    permit_pool ours = must(permit_pool::create(fresh_name(), permits));
    for (const bool endless : {true, false}) {
      const deadline until = endless ? deadline::never() : deadline(5s);
      run_duel(chosen, findings,
               {.text = std::to_string(permits) + (permits == 1 ? " permit, " : " permits, ") +
                        (endless ? "never()" : "5 s") + " / sem_t",
                .base = [&](std::uint64_t count) { return time_each(count, [&] { raw.acquire(), raw.release(); }); },
                .other =
                    [&](std::uint64_t count) {
                      return time_each(count, [&] {
                        const result<permit> held = ours.acquire(until);
                        if (!held) [[unlikely]]
                          fail(held.error().message());
                      });
                    }});
    }
  }
}

struct setting {
  std::size_t processes;
  std::size_t permits;
  nanoseconds held;
};

double raw_crowd(const setting& where, nanoseconds length) {
  const raw_semaphore raw(static_cast<unsigned>(where.permits));
  return run_crowd(where.processes, length,
                   [&]() -> turn {
                     return [&raw, held = where.held] {
                       raw.acquire();
                       busy(held);
                       raw.release();
                     };
                   })
      .ns_each;
}

double our_crowd(const setting& where, nanoseconds length) {
  const std::string called = fresh_name();
  return run_crowd(where.processes, length,
                   [&]() -> turn {
                     auto ours =
                         std::make_shared<permit_pool>(must(permit_pool::open_or_create(called, where.permits, 5s)));
                     return [ours, held = where.held] {
                       const result<permit> taken = ours->acquire(deadline::never());
                       if (!taken) fail(taken.error().message());
                       busy(held);
                     };
                   })
      .ns_each;
}

void crowded(const options& chosen, report& findings) {
  busy(0ns);  // measures the loop before the forks
  const nanoseconds length = chosen.quick ? 10ms : 40ms;
  duel_heading(findings, "several processes take turns (reported)");
  for (const setting& where : {setting{2, 1, 2us}, setting{4, 1, 2us}, setting{4, 2, 2us}}) {
    run_duel(chosen, findings,
             {.text = std::to_string(where.processes) + " processes, " + std::to_string(where.permits) +
                      (where.permits == 1 ? " permit" : " permits") + " held " + std::to_string(where.held.count()) +
                      " ns / sem_t",
              .base = [&](std::uint64_t) { return raw_crowd(where, length); },
              .other = [&](std::uint64_t) { return our_crowd(where, length); },
              .count = 1,
              .pairs = 15});
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
  const auto chosen = parse_options(argc, argv, "A permit pool against sem_t.", exit_code);
  return chosen ? run_reporting(*chosen, "permit_pool", body) : exit_code;
}
