// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Forced orders of three processes on an entry: what one switch between two cannot show.
#include <functional>
#include <future>
#include <set>
#include <vector>

#include "posix/entry_actor.hpp"
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

/// The calls of an operation that others can see, or that see others: only before them does it matter where one is.
struct visible_calls {
  std::string operation;
  std::string life;
  std::function<void(actor&, const std::string&)> prepare;

  [[nodiscard]] std::vector<int> list() const {
    const std::set<std::string> visible = {"at fcntl",  "at pwrite",    "at unlinkat",
                                           "at linkat", "at renameat2", "at openat"};
    std::vector<int> calls;
    actor other;
    for (int call = 1;; ++call) {
      const std::string called = unique_name();
      prepare(other, called);
      const bool stopped = other.perform_until(operation, called, life, call);
      if (stopped && visible.count(other.where) == 1) calls.push_back(call);
      if (stopped) (void)other.finish();
      (void)other.perform("close", called, life);
      (void)entry::remove(object_kind::test, called);
      if (!stopped) return calls;
    }
  }
};

}  // namespace

// Three processes: an opener that has seen a living member, that member's death, and an heir. If the heir held the
// destroyer's byte alone, the opener would be let in and then be destroyed.
TEST_CASE("entry order: an opener, the death of the last member, and an heir") {
  time_limit(120s);
  std::optional<entry> ours;
  const auto opening = visible_calls{
      "open", "users", [&](actor&, const std::string& called) {
        ours.emplace(must(create_entry(called, "users", "first")));
      }}.list();
  const auto taking =
      visible_calls{"create", "users", [](actor&, const std::string& called) { leave_dead(called, "users"); }}.list();
  ours.reset();
  actor opener;
  actor heir("heir");
  for (const int seen : opening) {
    for (const int taken : taking) {
      const std::string called = unique_name();
      INFO("opener at call " << seen << ", heir at call " << taken);
      actor last;
      REQUIRE(last.perform("create", called, "users") == "ok actor");
      REQUIRE(opener.perform_until("open", called, "users", seen));
      last.kill();
      REQUIRE(last.wait() == peer::killed);
      const bool stopped = heir.perform_until("create", called, "users", taken);
      const std::string opened = opener.finish();
      const std::string made = stopped ? heir.finish() : heir.where;
      INFO("opener: " << opened << "; heir: " << made);
      if (opened == "ok actor") {
        CHECK(made.find("already_exists") != std::string::npos);
      } else {
        CHECK((opened == "ok heir" || opened.find("not_found") != std::string::npos));
        CHECK(made == "ok heir");
      }
      (void)opener.perform("close", called, "users");
      (void)heir.perform("close", called, "users");
      CHECK(runtime_files(called).empty());
    }
  }
}

// A destroyer that dies half-way leaves an entry without its object: the mark tells.
TEST_CASE("entry order: an opener, and a destroyer that is killed") {
  time_limit(120s);
  for (const std::string life : {"users", "owner"}) {
    std::optional<entry> ours;
    const auto opening = visible_calls{
        "open", life, [&](actor&, const std::string& called) {
          ours.emplace(must(create_entry(called, life, "first")));
        }}.list();
    ours.reset();
    actor opener;
    for (const int seen : opening) {
      bool died = true;
      for (int call = 1; died; ++call) {
        const std::string called = unique_name();
        INFO(life << ": opener at call " << seen << ", closer dies at call " << call);
        {
          actor closer;
          REQUIRE(closer.perform("create", called, life) == "ok actor");
          REQUIRE(opener.perform_until("open", called, life, seen));
          died = closer.perform_and_die("close", called, life, call);
        }
        const std::string opened = opener.finish();
        INFO("opener: " << opened);
        CHECK((opened == "ok actor" || opened.find("not_found") != std::string::npos));
        (void)opener.perform("close", called, life);
        CHECK(outcome(create_entry(called, life, "next")) == success);
        CHECK(runtime_files(called).empty());
      }
    }
  }
}

// An opener may lock its byte on an entry whose destroyer has just died, and find out a moment later. That moment is no
// life: a creator must wait for it instead of giving up.
TEST_CASE("entry order: a creator while an opener finds out that the object is dying") {
  const std::string called = unique_name();
  actor opener;
  {
    actor closer;
    REQUIRE(closer.perform("create", called, "users") == "ok actor");
    REQUIRE(opener.perform_until("open", called, "users", 1));
    for (int asked = 0; asked < 2; asked += opener.where == "at fcntl" ? 1 : 0) REQUIRE(opener.go_on_for(1));
    REQUIRE(closer.perform_and_die("close", called, "users", 5));  // marked as dying, nothing unlinked yet
  }
  REQUIRE(opener.go_on_for(1));  // it has its byte
  auto made = std::async(std::launch::async, [&] { return outcome(create_entry(called, "users", "ours")) == success; });
  CHECK(made.wait_for(20ms) == std::future_status::timeout);
  CHECK(opener.finish().find("not_found") != std::string::npos);
  CHECK(made.get());
  CHECK(runtime_files(called).empty());
}
