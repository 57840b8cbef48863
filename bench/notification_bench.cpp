// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A notification: what post() costs while nobody waits, and waking a watcher in another process against two bare futex calls.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "support/contest.hpp"
#include "support/crowd.hpp"
#include "support/duel.hpp"
#include "support/options.hpp"
#include "support/raw_futex.hpp"
#include "viaduct/notification.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string name_of(const char* which) {
  return std::string("notification-bench-") + which + std::to_string(::getpid());
}

void alone(const options& chosen, report& findings) {
  auto* const raw = static_cast<std::atomic<std::uint64_t>*>(shared_pages(sizeof(std::atomic<std::uint64_t>)));
  notification ours = must(notification::create(name_of("a")));
  duel_heading(findings, "post, nobody waits");
  run_duel(chosen, findings,
           {.text = "post / one atomic addition",
            .base = [&](std::uint64_t count) { return time_each(count, [&] { (void)raw->fetch_add(1); }); },
            .other = [&](std::uint64_t count) { return time_each(count, [&] { must(ours.post()); }); },
            .absolute = 25});
}

/// A notification in each direction.
class notification_line {
 public:
  notification_line(const std::string& called, bool leading, deadline until)
      : out_(open(called + (leading ? "f" : "b"))),
        in_(std::make_shared<notification_watcher>(must(open(called + (leading ? "b" : "f"))->watch()))),
        until_(until) {}
  void send(bytes /*nothing*/) const { must(out_->post()); }
  void receive(buffer /*nothing*/) const {
    if (must(in_->wait(until_)) != 1) fail("posts were counted wrong");
  }

 private:
  static std::shared_ptr<notification> open(const std::string& called) {
    return std::make_shared<notification>(must(notification::open_or_create(called, 5s)));
  }
  std::shared_ptr<notification> out_;
  std::shared_ptr<notification_watcher> in_;
  deadline until_;
};

void body(const options& chosen, report& findings) {
  run_wakeups_against_futex(chosen, findings, name_of("w"),
                            [](const std::string& called, bool leading, deadline until) {
                              return make_line(notification_line(called, leading, until));
                            });
  alone(chosen, findings);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "A notification against bare futex calls.", exit_code);
  return chosen ? run_reporting(*chosen, "notification", body) : exit_code;
}
