// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A process dies before each system call that an operation on an entry makes. Whatever the instant: the next create of the
// name succeeds at the first try, living members keep their object, and in the end nothing is left.
#include "posix/entry_actor.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "posix/directory.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using backend::object_kind;

namespace {

/// Names of this program and its victims live in a directory of their own. Where files cannot be nameless, the killed leave
/// temporary ones, which every creator looks through; they are taken away, or the victims would make more calls each time.
class own_directory {
 public:
  own_directory() {
    if (std::getenv(variable) != nullptr) return;  // a victim
    place_.emplace();
    ::setenv(variable, place_->path().c_str(), 1);
  }
  static void remove_temporaries() {
    const std::filesystem::path where = posix::private_path(::geteuid()).value();
    for (const std::string& file : runtime_files("new~")) std::filesystem::remove(where / file);
  }

 private:
  static constexpr const char* variable = "VIADUCT_RUNTIME_DIR";
  std::optional<scratch_directory> place_;
};
const own_directory names_live_here;

/// What exists when the victim begins.
enum class before { nothing, dead, ours, victims };

struct kill_plan {
  std::string operation;
  std::string life;
  before situation;
};

void prepare_dead(const std::string& called, const std::string& life) {
  actor dead;
  REQUIRE(dead.perform("create", called, life) == "ok actor");
  dead.kill();
  REQUIRE(dead.wait() == peer::killed);
}

/// False: the operation makes fewer calls than that.
bool die_at(const kill_plan& plan, int call) {
  const std::string called = unique_name();
  const auto request = plain_request(called, life_from(plan.life));
  std::optional<entry> ours;
  if (plan.situation == before::dead) prepare_dead(called, plan.life);
  if (plan.situation == before::ours) ours = must(entry::create(request, plain_builder("ours")));
  bool died = false;
  {
    actor victim;
    if (plan.situation == before::victims) REQUIRE(victim.perform("create", called, plan.life) == "ok actor");
    if (ours && plan.operation == "close") REQUIRE(victim.perform("open", called, plan.life) == "ok ours");
    died = victim.perform_and_die(plan.operation, called, plan.life, call);
    INFO(plan.operation << ' ' << plan.life << " at call " << call << ' ' << (died ? "" : victim.where));
    if (!died) CHECK(victim.where.substr(0, 2) == "ok");
  }
  INFO(plan.operation << ' ' << plan.life << " died at call " << call);
  if (ours) {
    CHECK(outcome(read_plain_object(ours->description())) == success);
    CHECK(outcome(entry::find(object_kind::test, called)) == success);
    ours->close();
    CHECK(runtime_files(called).empty());
  }
  {
    const auto next = entry::create(request, plain_builder("next"));
    CHECK(outcome(next) == success);
    CHECK(runtime_files(called).size() == 2);
  }
  CHECK(runtime_files(called).empty());
  return died;
}

void die_everywhere(const kill_plan& plan) {
  time_limit(60s);
  int call = 1;
  while (die_at(plan, call)) {
    own_directory::remove_temporaries();
    ++call;
  }
  CHECK(call > 2);
  std::cout << plan.operation << ' ' << plan.life << ": " << call - 1 << " calls\n";
}

}  // namespace

TEST_CASE("entry kill: create") {
  for (const std::string life : {"owner", "users"}) die_everywhere({"create", life, before::nothing});
}

TEST_CASE("entry kill: take over") {
  for (const std::string life : {"owner", "users"}) die_everywhere({"create", life, before::dead});
}

TEST_CASE("entry kill: open") { die_everywhere({"open", "users", before::ours}); }

TEST_CASE("entry kill: open_or_create") {
  die_everywhere({"open_or_create", "users", before::nothing});
  die_everywhere({"open_or_create", "users", before::dead});
  die_everywhere({"open_or_create", "users", before::ours});
}

TEST_CASE("entry kill: close") {
  for (const std::string life : {"owner", "users"}) die_everywhere({"close", life, before::victims});
  die_everywhere({"close", "users", before::ours});
}

TEST_CASE("entry kill: remove") {
  for (const std::string life : {"owner", "users"}) die_everywhere({"remove", life, before::dead});
}

TEST_CASE("entry kill: those who wait for a creator that dies end in time, and sleep meanwhile", "[serial]") {
  time_limit(60s);  // alone, because other tests in the same directory would wake these
  for (int call = 1;; ++call) {
    const std::string called = unique_name();
    std::atomic<int> bad{0};
    std::vector<std::thread> openers;
    for (int index = 0; index < 4; ++index) {
      openers.emplace_back([&] {
        auto watch = must(backend::name_watch::start(object_kind::test, called));
        detail::timer wait(150ms);
        int looks = 0;
        std::string content;
        for (bool more = true; more; ++looks) {
          const auto got = entry::open(plain_request(called, lifetime::users), plain_opener(content));
          if (got || !watch.wait(wait)) more = false;
          if (!got && !(got.error() == errc::not_found)) ++bad;
        }
        if (looks > 100) ++bad;
      });
    }
    bool died = false;
    {
      actor victim;
      died = victim.perform_and_die("create", called, "users", call);
    }
    for (std::thread& each : openers) each.join();
    CHECK(bad == 0);
    CHECK(outcome(entry::create(plain_request(called, lifetime::users), plain_builder("next"))) == success);
    CHECK(runtime_files(called).empty());
    if (!died) break;
  }
}
