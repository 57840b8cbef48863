// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A barrier of two processes against a process-shared pthread_barrier_t, which waits for ever for a party that has died.
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "support/contest.hpp"
#include "support/options.hpp"
#include "support/raw_pthread.hpp"
#include "viaduct/barrier.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

/// For contest: each side arrives once in an exchange, where it would send.
class raw_barrier_line {
 public:
  explicit raw_barrier_line(const raw_barrier& shared) noexcept : shared_(&shared) {}
  void send(bytes /*nothing*/) const { shared_->arrive_and_wait(); }
  void receive(buffer /*nothing*/) const noexcept {}

 private:
  const raw_barrier* shared_;
};

class barrier_line {
 public:
  barrier_line(const std::string& called, deadline until)
      : joined_(std::make_shared<barrier>(must(barrier::open_or_create(called, 2, 5s)))), until_(until) {}
  void send(bytes /*nothing*/) const { must(joined_->arrive_and_wait(until_)); }
  void receive(buffer /*nothing*/) const noexcept {}

 private:
  std::shared_ptr<barrier> joined_;
  deadline until_;
};

void body(const options& chosen, report& findings) {
  const raw_barrier raw(2);
  const std::string called = "barrier-bench-" + std::to_string(::getpid());
  const line_maker make = [&](bool /*leading*/) {
    lines made;
    made.push_back(make_line(raw_barrier_line(raw)));
    made.push_back(make_line(barrier_line(called + "n", deadline::never())));
    made.push_back(make_line(barrier_line(called + "t", 10s)));
    return made;
  };
  run_wakeups(chosen, findings, make,
              {{"round, never() / pthread_barrier_t", 0, 1, 0}, {"round, 10 s / pthread_barrier_t", 0, 2, 0}});
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "A barrier against a pthread_barrier_t.", exit_code);
  return chosen ? run_reporting(*chosen, "barrier", body) : exit_code;
}
