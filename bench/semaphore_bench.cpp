// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A semaphore against sem_t: alone, and as a wake-up between two processes against two bare futex calls.
#include <semaphore.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/contest.hpp"
#include "support/crowd.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "support/raw_futex.hpp"
#include "viaduct/semaphore.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string name_of(const char* which) { return std::string("semaphore-bench-") + which + std::to_string(::getpid()); }

void alone(const options& chosen, report& findings) {
  auto* const raw = static_cast<sem_t*>(shared_pages(sizeof(sem_t)));
  if (::sem_init(raw, 1, 1) != 0) fail_errno("sem_init");
  semaphore ours = must(semaphore::create(name_of("a"), 1, 1));
  const auto base = [&](std::uint64_t count) {
    return time_each(count, [&] {
      if (::sem_wait(raw) != 0 || ::sem_post(raw) != 0) [[unlikely]]
        fail_errno("sem_t");
    });
  };
  duel_heading(findings, "acquire and release, nobody waits");
  for (const bool endless : {true, false}) {
    const deadline until = endless ? deadline::never() : deadline(5s);
    run_duel(chosen, findings,
             {.text = std::string(endless ? "never()" : "5 s") + " / sem_t",
              .base = base,
              .other =
                  [&](std::uint64_t count) {
                    return time_each(count, [&] {
                      must(ours.acquire(until));
                      must(ours.release());
                    });
                  },
              .difference = 2});
  }
}

/// A semaphore in each direction.
class semaphore_line {
 public:
  semaphore_line(const std::string& called, bool leading, deadline until)
      : out_(open(called + (leading ? "f" : "b"))), in_(open(called + (leading ? "b" : "f"))), until_(until) {}
  void send(bytes /*nothing*/) const { must(out_->release()); }
  void receive(buffer /*nothing*/) const { must(in_->acquire(until_)); }

 private:
  static std::shared_ptr<semaphore> open(const std::string& called) {
    return std::make_shared<semaphore>(must(semaphore::open_or_create(called, 0, 8, 5s)));
  }
  std::shared_ptr<semaphore> out_;
  std::shared_ptr<semaphore> in_;
  deadline until_;
};

void body(const options& chosen, report& findings) {
  run_wakeups_against_futex(chosen, findings, name_of("w"),
                            [](const std::string& called, bool leading, deadline until) {
                              return make_line(semaphore_line(called, leading, until));
                            });
  alone(chosen, findings);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "A semaphore against sem_t and bare futex calls.", exit_code);
  return chosen ? run_reporting(*chosen, "semaphore", body) : exit_code;
}
