// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A condition and its mutex against a process-shared pthread condition with a robust mutex: a wake-up between two processes,
// and notifying when nobody waits.
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "support/contest.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "support/raw_pthread.hpp"
#include "viaduct/condition.hpp"
#include "viaduct/mutex.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string name_of(const char* which) { return std::string("condition-bench-") + which + std::to_string(::getpid()); }

/// How often each side has been told, protected by a mutex; in memory that a fork shares.
struct told {
  std::uint64_t forth;
  std::uint64_t back;
};

/// "Sending" counts under the lock and notifies after it; "receiving" waits until the count has gone on.
class told_by {
 public:
  told_by(told& shared, bool leading) noexcept
      : out_(leading ? &shared.forth : &shared.back), in_(leading ? &shared.back : &shared.forth) {}
  void tell() const noexcept { ++*out_; }
  [[nodiscard]] bool is_told() const noexcept { return *in_ != seen_; }
  void look() noexcept { ++seen_; }

 private:
  std::uint64_t* out_;
  std::uint64_t* in_;
  std::uint64_t seen_ = 0;
};

struct raw_pair {
  told* counts = shared_object_of<told>();
  raw_mutex lock;
  raw_condition forth;
  raw_condition back;
};

class raw_line {
 public:
  raw_line(const raw_pair& shared, bool leading, std::chrono::seconds time_out)
      : shared_(&shared),
        out_(leading ? &shared.forth : &shared.back),
        in_(leading ? &shared.back : &shared.forth),
        counts_(*shared.counts, leading),
        time_out_(time_out) {}
  void send(bytes /*nothing*/) const {
    shared_->lock.lock();
    counts_.tell();
    shared_->lock.unlock();
    out_->notify_all();
  }
  void receive(buffer /*nothing*/) {
    shared_->lock.lock();
    in_->wait(shared_->lock, [&] { return counts_.is_told(); }, time_out_);
    shared_->lock.unlock();
    counts_.look();
  }

 private:
  const raw_pair* shared_;
  const raw_condition* out_;
  const raw_condition* in_;
  told_by counts_;
  std::chrono::seconds time_out_;
};

class condition_line {
 public:
  condition_line(told& counts, const std::string& called, bool leading, deadline until)
      : lock_(std::make_shared<mutex>(must(mutex::open_or_create(called + "m", 5s)))),
        out_(open(called + (leading ? "f" : "b"))),
        in_(open(called + (leading ? "b" : "f"))),
        counts_(counts, leading),
        until_(until) {}
  void send(bytes /*nothing*/) const {
    {
      const result<mutex_lock> held = lock_->lock(until_);
      if (!held) fail(held.error().message());
      counts_.tell();
    }
    must(out_->notify_all());
  }
  void receive(buffer /*nothing*/) {
    result<mutex_lock> held = lock_->lock(until_);
    if (!held) fail(held.error().message());
    must(in_->wait(*held, [&] { return counts_.is_told(); }, until_));
    counts_.look();
  }

 private:
  static std::shared_ptr<condition> open(const std::string& called) {
    return std::make_shared<condition>(must(condition::open_or_create(called, 5s)));
  }
  std::shared_ptr<mutex> lock_;
  std::shared_ptr<condition> out_;
  std::shared_ptr<condition> in_;
  told_by counts_;
  deadline until_;
};

void alone(const options& chosen, report& findings) {
  const raw_condition raw;
  condition ours = must(condition::create(name_of("a")));
  duel_heading(findings, "notify_all, nobody waits");
  run_duel(chosen, findings,
           {.text = "notify_all / pthread_cond_broadcast",
            .base = [&](std::uint64_t count) { return time_each(count, [&] { raw.notify_all(); }); },
            .other = [&](std::uint64_t count) { return time_each(count, [&] { must(ours.notify_all()); }); },
            .absolute = 25});
}

void body(const options& chosen, report& findings) {
  const std::array<raw_pair, 2> raw;
  const std::array<told*, 2> counts{shared_object_of<told>(), shared_object_of<told>()};
  const std::string called = name_of("w");
  const line_maker make = [&](bool leading) {
    lines made;
    made.push_back(make_line(raw_line(raw[0], leading, 0s)));
    made.push_back(make_line(raw_line(raw[1], leading, 10s)));
    made.push_back(make_line(condition_line(*counts[0], called + "n", leading, deadline::never())));
    made.push_back(make_line(condition_line(*counts[1], called + "t", leading, 10s)));
    return made;
  };
  run_wakeups(chosen, findings, make,
              {{"never() / pthread condition", 0, 2, 0}, {"10 s / pthread condition, timed", 1, 3, 0}});
  alone(chosen, findings);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "A condition against a pthread condition.", exit_code);
  return chosen ? run_reporting(*chosen, "condition", body) : exit_code;
}
