// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Forced orders. One process is stopped before each system call of its operation in turn, another does something
// meanwhile, and then the first goes on. Storms hit such orders by luck; here none is left out. Each case names the
// shortcut that it convicts (docs/names.md lists them).
#include "posix/entry_actor.hpp"

#include <functional>
#include <set>

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

result<entry> open_or_create(const std::string& called, std::string& content, deadline until = deadline::now()) {
  detail::timer wait(until);
  content = "ours";
  return entry::open_or_create(plain_request(called, lifetime::users), plain_builder("ours"), plain_opener(content),
                               wait);
}

/// Whoever holds it: its object is there and is what the name means.
void check_intact(const entry& held, const std::string& called) {
  CHECK(outcome(read_plain_object(held.description())) == success);
  const auto found = entry::find(object_kind::test, called);
  CHECK(outcome(found) == success);
  if (found) CHECK(found->native_name == held.description().native_name);
}

/// The actor is stopped before each call of its operation once. `prepare` and `meanwhile` are told the fresh name; `after`
/// also what the actor's operation came to.
struct order {
  std::string operation;
  std::string life;
  std::function<void(actor&, const std::string&)> prepare;
  std::function<void(const std::string&)> meanwhile;
  std::function<void(const std::string&, const std::string&)> after;
};

void force(const order& plan) {
  time_limit(120s);
  actor other;
  std::set<std::string> stops;
  for (int call = 1;; ++call) {
    const std::string called = unique_name();
    plan.prepare(other, called);
    const bool stopped = other.perform_until(plan.operation, called, plan.life, call);
    INFO(plan.operation << ' ' << plan.life << ", call " << call << ' ' << other.where);
    if (!stopped) {
      CHECK(call > 2);
      plan.after(called, other.where);
      (void)other.perform("close", called, plan.life);
      break;
    }
    stops.insert(other.where);
    plan.meanwhile(called);
    plan.after(called, other.finish());
    (void)other.perform("close", called, plan.life);
    CHECK(runtime_files(called).empty());
    const auto next = create_entry(called, plan.life, "next");
    CHECK(outcome(next) == success);
  }
  CHECK(stops.count("at fcntl") == 1);
}

const auto nothing = [](actor&, const std::string&) {};

}  // namespace

// A creator that is visible before it is locked as owner and as member is taken for dead.
TEST_CASE("entry order: a creator is never visible without its locks") {
  for (const std::string life : {"owner", "users"}) {
    std::optional<entry> ours;
    bool joined = false;
    force({"create", life, nothing,
           [&](const std::string& called) {
             std::string content;
             auto mine = life == "owner" ? create_entry(called, life, "ours") : open_or_create(called, content);
             joined = mine && !mine->is_creator();
             if (!mine) CHECK((outcome(mine) == errc::already_exists || outcome(mine) == errc::timed_out));
             if (mine) ours.emplace(std::move(*mine));
           },
           [&](const std::string& called, const std::string& answer) {
             INFO(answer);
             if (ours) {
               check_intact(*ours, called);
               CHECK((answer == "ok actor") == joined);
               if (!joined) CHECK(answer.find("already_exists") != std::string::npos);
             } else {
               CHECK(answer == "ok actor");
             }
             ours.reset();
           }});
  }
}

// Held only by its destroyer byte, a dead object being taken over accepts an opener and is then destroyed under it. And
// who takes over must check the name under the lock: the successor of the dead is not its to destroy.
TEST_CASE("entry order: taking over excludes openers and other heirs") {
  for (const std::string operation : {"create", "open_or_create"}) {
    std::optional<entry> ours;
    force({operation, "users", [](actor&, const std::string& called) { leave_dead(called, "users"); },
           [&](const std::string& called) {
             std::string content;
             auto opened = open_entry(called, content);
             CHECK((opened.has_value() || outcome(opened) == errc::not_found));
             if (opened) CHECK(content == "actor");
             auto mine = opened ? std::move(opened) : open_or_create(called, content);
             if (!mine) CHECK(outcome(mine) == errc::timed_out);
             if (mine) ours.emplace(std::move(*mine));
           },
           [&](const std::string& called, const std::string& answer) {
             INFO(answer);
             const bool lost = ours && ours->is_creator();
             if (ours) check_intact(*ours, called);
             if (operation == "create") CHECK((answer == "ok actor") == !lost);
             if (operation != "create") CHECK(answer == (lost ? "ok ours" : "ok actor"));
             ours.reset();
           }});
  }
}

TEST_CASE("entry order: two heirs of a dead owner") {
  std::optional<entry> ours;
  force({"create", "owner", [](actor&, const std::string& called) { leave_dead(called, "owner"); },
         [&](const std::string& called) {
           auto mine =
               create_entry(called, "owner", "ours");  // waits for a second where the actor holds the destroyer's lock
           if (!mine) CHECK(outcome(mine) == errc::already_exists);
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string& called, const std::string& answer) {
           INFO(answer);
           if (ours) check_intact(*ours, called);
           CHECK((answer == "ok actor") == !ours.has_value());
           ours.reset();
         }});
}

// A closer that destroys under another lock than heirs do, or without looking at the name, unlinks its successor.
TEST_CASE("entry order: the last one to leave does not take a successor along") {
  std::optional<entry> ours;
  const auto created_by_actor = [](actor& other, const std::string& called) {
    REQUIRE(other.perform("create", called, "users") == "ok actor");
  };
  force({"close", "users", created_by_actor,
         [&](const std::string& called) {
           std::string content;
           auto opened = open_entry(called, content);
           CHECK((opened.has_value() || outcome(opened) == errc::not_found));
           auto mine = opened ? std::move(opened) : open_or_create(called, content);
           if (!mine) CHECK(outcome(mine) == errc::timed_out);
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string& called, const std::string&) {
           if (ours) check_intact(*ours, called);
           ours.reset();
         }});
}

TEST_CASE("entry order: an owner that leaves does not take a successor along") {
  std::optional<entry> ours;
  const auto created_by_actor = [](actor& other, const std::string& called) {
    REQUIRE(other.perform("create", called, "owner") == "ok actor");
  };
  force({"close", "owner", created_by_actor,
         [&](const std::string& called) {
           auto mine = create_entry(called, "owner", "ours");
           if (!mine) CHECK(outcome(mine) == errc::already_exists);
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string& called, const std::string&) {
           if (ours) check_intact(*ours, called);
           ours.reset();
         }});
}

// The same, with the actor not the last: whoever leaves later destroys.
TEST_CASE("entry order: two leave at once, and one of them destroys") {
  std::optional<entry> ours;
  force({"close", "users",
         [&](actor& other, const std::string& called) {
           ours.emplace(must(create_entry(called, "users", "ours")));
           REQUIRE(other.perform("open", called, "users") == "ok ours");
         },
         [&](const std::string&) { ours.reset(); },
         [&](const std::string& called, const std::string&) {
           ours.reset();
           CHECK(runtime_files(called).empty());
         }});
}

// Without the mark of the dying, or with the entry unlinked before its object, an opener meets a missing object; one that
// checks the name before it opens the object, or locks without asking who lives, joins what is being destroyed.
TEST_CASE("entry order: an opener while the last member leaves and the name gets a new object") {
  std::optional<entry> ours;
  bool replaced = false;
  force({"open", "users",
         [&](actor&, const std::string& called) { ours.emplace(must(create_entry(called, "users", "first"))); },
         [&](const std::string& called) {
           ours.reset();
           auto mine = create_entry(called, "users", "second");
           replaced = mine.has_value();
           if (!mine) CHECK(outcome(mine) == errc::already_exists);  // the actor was a member already
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string& called, const std::string& answer) {
           INFO(answer);
           if (!ours) {
             CHECK(answer == "ok first");
           } else {
             check_intact(*ours, called);
             if (replaced) CHECK((answer == "ok second" || answer.find("not_found") != std::string::npos));
           }
           ours.reset();
         }});
}

TEST_CASE("entry order: an opener while the last member leaves for good") {
  std::optional<entry> ours;
  force({"open", "users",
         [&](actor&, const std::string& called) { ours.emplace(must(create_entry(called, "users", "first"))); },
         [&](const std::string&) { ours.reset(); },
         [&](const std::string& called, const std::string& answer) {
           INFO(answer);
           if (answer == "ok first") {
             CHECK(outcome(entry::find(object_kind::test, called)) == success);
           } else {
             CHECK(answer.find("not_found") != std::string::npos);
             CHECK(runtime_files(called).empty());
           }
         }});
}

// An owner does not wait for members to leave: an opener that checks the name too early, or finds no mark of the dying,
// reports that the object is missing.
TEST_CASE("entry order: an opener while the owner leaves") {
  std::optional<entry> ours;
  for (const bool replace : {false, true}) {
    force({"open", "owner",
           [&](actor&, const std::string& called) { ours.emplace(must(create_entry(called, "owner", "first"))); },
           [&](const std::string& called) {
             ours.reset();
             if (replace) ours.emplace(must(create_entry(called, "owner", "second")));
           },
           [&](const std::string& called, const std::string& answer) {
             INFO(answer);
             CHECK((answer == "ok first" || answer == "ok second" || answer.find("not_found") != std::string::npos));
             if (ours) check_intact(*ours, called);
             ours.reset();
           }});
  }
}

// The next owner's object, half built, is not what an opener of the previous one may get.
TEST_CASE("entry order: an opener never sees an object that is being built") {
  std::optional<entry> ours;
  force({"open_or_create", "users",
         [&](actor&, const std::string& called) { ours.emplace(must(create_entry(called, "users", "first"))); },
         [&](const std::string& called) {
           ours.reset();
           auto mine = entry::create(plain_request(called, lifetime::users), [&](const backend::entry_description& of) {
             const auto made = make_plain_object(of, "");  // empty: who opens it now has opened too early
             std::string early;
             CHECK(outcome(open_entry(called, early)) == errc::not_found);
             return made;
           });
           if (!mine) CHECK(outcome(mine) == errc::already_exists);
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string&, const std::string& answer) {
           INFO(answer);
           CHECK((answer == "ok first" || (ours && answer == "ok ")));
           ours.reset();
         }});
}

TEST_CASE("entry order: removing what is dead while it is taken over") {
  std::optional<entry> ours;
  force({"remove", "users", [](actor&, const std::string& called) { leave_dead(called, "users"); },
         [&](const std::string& called) {
           std::string content;
           auto mine = open_or_create(called, content);
           if (!mine) CHECK(outcome(mine) == errc::timed_out);
           if (mine) ours.emplace(std::move(*mine));
         },
         [&](const std::string& called, const std::string& answer) {
           INFO(answer);
           if (ours) check_intact(*ours, called);
           const bool explained = answer == "ok actor" || answer.find("not_found") != std::string::npos ||
                                  answer.find("already_exists") != std::string::npos;
           CHECK(explained);
           ours.reset();
         }});
}

// What is stopped in the middle of destroying blocks the name for a second, and says why; killed there, not at all.
TEST_CASE("entry order: a destroyer that is stopped, then killed") {
  time_limit(60s);
  const std::string called = unique_name();
  actor other;
  REQUIRE(other.perform("create", called, "users") == "ok actor");
  REQUIRE(other.perform_until("close", called, "users", 5));
  CHECK(other.where == "at unlinkat");
  std::string content;
  CHECK(outcome(open_entry(called, content)) == errc::not_found);
  const auto busy = create_entry(called, "users", "ours");
  CHECK(outcome(busy) == errc::already_exists);
  CHECK(std::string(busy.error().hint()) == "being created or destroyed");
  CHECK(outcome(open_or_create(called, content, 30ms)) == errc::timed_out);
  other.kill();
  CHECK(other.wait() == peer::killed);
  CHECK(outcome(open_entry(called, content)) == errc::not_found);
  CHECK(outcome(create_entry(called, "users", "ours")) == success);
  CHECK(runtime_files(called).empty());
}
