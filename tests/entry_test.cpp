// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Registry entries: what backend/entry.hpp promises, on every system.
#include "backend/entry.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/plain_object.hpp"
#include "support/system.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using backend::object_kind;

namespace {

lifetime life_of(const std::string& text) { return text == "owner" ? lifetime::owner : lifetime::users; }

entry create(const std::string& called, lifetime life, const std::string& content = "ours") {
  return must(entry::create(plain_request(called, life), plain_builder(content)));
}

result<entry> open(const std::string& called, std::string& content) {
  return entry::open(plain_request(called, lifetime::users), plain_opener(content));
}

result<entry> open_or_create(const std::string& called, std::string& content, deadline until,
                             const std::string& made = "ours") {
  detail::timer wait(until);
  return entry::open_or_create(plain_request(called, lifetime::users), plain_builder(made), plain_opener(content),
                               wait);
}

/// Waits as callers of find() and open() do.
template <class Look>
bool eventually(const std::string& called, Look&& look, deadline until = 4s) {
  auto watch = must(backend::name_watch::start(object_kind::test, called));
  detail::timer wait(until);
  for (;;) {
    if (look()) return true;
    if (!watch.wait(wait).has_value()) return look();
  }
}

}  // namespace

// Holds an entry until it is told what to do: create or open, then close, or be killed.
VIADUCT_ROLE(holder, args) {
  const auto request = plain_request(args.at(1), life_of(args.at(2)));
  std::string content = "theirs";
  auto held = args.at(0) == "create" ? must(entry::create(request, plain_builder(content)))
                                     : must(entry::open(request, plain_opener(content)));
  role::say(std::to_string(entry::member_id()));
  role::say(content);
  role::expect("close");
  held.close();
  role::say("closed");
  return 0;
}

namespace {

struct holder : peer {
  holder(const std::string& how, const std::string& called, const std::string& life)
      : peer("holder", {how, called, life}), member(std::stoull(hear())), content(hear()) {}
  void close() {
    say("close");
    expect("closed");
    CHECK(wait() == 0);
  }
  void die() {
    kill();
    CHECK(wait() == killed);
  }
  std::uint64_t member;
  std::string content;
};

}  // namespace

TEST_CASE("entry: create, find, close") {
  const std::string called = unique_name();
  for (const lifetime life : {lifetime::owner, lifetime::users}) {
    auto request = plain_request(called, life);
    request.contract.layout = 7;
    request.contract.values = {1, 2, 3, ~std::uint64_t{0}, 5, 6};
    auto held = must(entry::create(request, plain_builder("ours")));
    CHECK(held.is_creator());
    CHECK(held.description().contract == request.contract);
    CHECK(held.description().process_id == this_process_id());

    const auto found = must(entry::find(object_kind::test, called));
    CHECK(found.life == life);
    CHECK(found.contract == request.contract);
    CHECK(found.native_name == held.description().native_name);
    CHECK(must(read_plain_object(found)) == "ours");

    const auto second = entry::create(request, plain_builder("second"));
    CHECK(outcome(second) == errc::already_exists);
    CHECK(std::string(second.error().hint()).find(std::to_string(this_process_id())) != std::string::npos);

    held.close();
    held.close();
    CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
    CHECK(runtime_files(called).empty());
  }
}

TEST_CASE("entry: each creation has another native name") {
  const std::string called = unique_name();
  const std::string first = create(called, lifetime::owner).description().native_name;
  const std::string second = create(called, lifetime::owner).description().native_name;
  CHECK(first != second);
}

TEST_CASE("entry: moving keeps it, destruction closes it") {
  const std::string called = unique_name();
  {
    entry held = create(called, lifetime::users);
    entry moved = std::move(held);
    held.close();  // NOLINT(bugprone-use-after-move): that is the question
    CHECK(outcome(entry::find(object_kind::test, called)) == success);
    held = create(called + "x", lifetime::users);
    moved = std::move(held);
    CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
    CHECK(outcome(entry::find(object_kind::test, called + "x")) == success);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: an object of users lives as long as one of them") {
  const std::string called = unique_name();
  std::string content;
  entry first = create(called, lifetime::users);
  entry second = must(open(called, content));
  CHECK(content == "ours");
  CHECK_FALSE(second.is_creator());
  holder third("open", called, "users");
  CHECK(third.content == "ours");

  first.close();
  CHECK(outcome(entry::create(plain_request(called, lifetime::users), plain_builder("x"))) == errc::already_exists);
  second.close();
  CHECK(outcome(entry::find(object_kind::test, called)) == success);
  first = must(open(called, content));
  first.close();
  third.close();
  CHECK(outcome(open(called, content)) == errc::not_found);
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: an object of its owner goes with the creator's entry") {
  const std::string called = unique_name();
  std::string content;
  entry owner = create(called, lifetime::owner);
  entry member = must(entry::open(plain_request(called, lifetime::owner), plain_opener(content)));
  CHECK_FALSE(member.is_creator());
  owner.close();
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  entry next = create(called, lifetime::owner, "next");
  member.close();
  CHECK(must(read_plain_object(must(entry::find(object_kind::test, called)))) == "next");
  next.close();
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a killed creator gives its name free at once") {
  for (const std::string life : {"owner", "users"}) {
    const std::string called = unique_name();
    std::string content;
    holder other("create", called, life);
    CHECK(outcome(entry::create(plain_request(called, life_of(life)), plain_builder("x"))) == errc::already_exists);
    other.die();
    CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
    CHECK(outcome(open(called, content)) == errc::not_found);
    entry ours = create(called, life_of(life));
    CHECK(runtime_files(called).size() == 2);
    ours.close();
    CHECK(runtime_files(called).empty());
  }
}

TEST_CASE("entry: a dead object may be taken over with another lifetime") {
  const std::string called = unique_name();
  for (const std::string life : {"owner", "users"}) {
    holder("create", called, life).die();
    entry ours = create(called, life == "owner" ? lifetime::users : lifetime::owner);
    CHECK(runtime_files(called).size() == 2);
  }
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: users outlive their creator, and its death") {
  const std::string called = unique_name();
  std::string content;
  holder creator("create", called, "users");
  entry ours = must(open(called, content));
  creator.die();
  CHECK(content == "theirs");
  CHECK(outcome(entry::create(plain_request(called, lifetime::users), plain_builder("x"))) == errc::already_exists);
  entry again = must(open(called, content));
  CHECK(content == "theirs");
  ours.close();
  again.close();
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a group whose members were all killed is not revived") {
  const std::string called = unique_name();
  std::string content;
  {
    holder creator("create", called, "users");
    holder member("open", called, "users");
    creator.die();
    member.die();
  }
  CHECK(outcome(open(called, content)) == errc::not_found);
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  entry ours = must(open_or_create(called, content, 2s));
  CHECK(ours.is_creator());
}

TEST_CASE("entry: tells which members live") {
  const std::string called = unique_name();
  entry ours = create(called, lifetime::users);
  CHECK(entry::member_id() != 0);
  CHECK(must(ours.alive(entry::member_id())));
  holder killed("open", called, "users");
  holder leaving("open", called, "users");
  CHECK(killed.member != leaving.member);
  CHECK(must(ours.alive(killed.member)));
  CHECK(must(ours.alive(leaving.member)));
  killed.die();
  CHECK_FALSE(must(ours.alive(killed.member)));
  CHECK(must(ours.alive(leaving.member)));
  leaving.close();
  CHECK_FALSE(must(ours.alive(leaving.member)));
  for (const std::uint64_t nobody : {std::uint64_t{0}, std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    CHECK_FALSE(must(ours.alive(nobody)));
  }
}

TEST_CASE("entry: whoever comes first creates, the next opens") {
  const std::string called = unique_name();
  std::string content;
  entry first = must(open_or_create(called, content, deadline::now(), "first"));
  CHECK(first.is_creator());
  entry second = must(open_or_create(called, content, deadline::now(), "second"));
  CHECK_FALSE(second.is_creator());
  CHECK(content == "first");
}

TEST_CASE("entry: while it is being built nobody joins, and those who may wait do") {
  const std::string called = unique_name();
  std::promise<void> building, go, done;
  auto creator = std::async(std::launch::async, [&] {
    const auto held = entry::create(plain_request(called, lifetime::users), [&](const backend::entry_description& of) {
      building.set_value();
      go.get_future().wait();
      return make_plain_object(of, "built");
    });
    done.get_future().wait();
    return held.has_value();
  });
  building.get_future().wait();
  std::string content;
  CHECK(outcome(entry::create(plain_request(called, lifetime::users), plain_builder("x"))) == errc::already_exists);
  CHECK(outcome(open(called, content)) == errc::not_found);
  CHECK(outcome(entry::find(object_kind::test, called)) == errc::not_found);
  CHECK(outcome(open_or_create(called, content, deadline::now())) == errc::timed_out);
  CHECK(outcome(open_or_create(called, content, 20ms)) == errc::timed_out);
  auto waiting = std::async(std::launch::async, [&] {
    std::string theirs;
    return open_or_create(called, theirs, 4s, "again").has_value() && theirs == "built";
  });
  go.set_value();
  CHECK(waiting.get());
  done.set_value();
  CHECK(creator.get());
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: a builder that fails leaves nothing, and its error is the caller's") {
  const std::string called = unique_name();
  for (const lifetime life : {lifetime::owner, lifetime::users}) {
    for (const errc why : {errc::no_space, errc::already_exists, errc::not_found}) {
      const auto build = [&](const backend::entry_description& of) -> result<void> {
        must(make_plain_object(of, "half"));
        return error(why, 4711);
      };
      const auto made = entry::create(plain_request(called, life), build);
      CHECK(outcome(made) == why);
      CHECK(made.error().os_code() == 4711);
      CHECK(runtime_files(called).empty());
      detail::timer wait(2s);
      std::string content;
      const auto either = entry::open_or_create(plain_request(called, life), build, plain_opener(content), wait);
      CHECK(outcome(either) == why);
      CHECK(runtime_files(called).empty());
    }
    CHECK_THROWS_AS(entry::create(plain_request(called, life),
                                  [](const backend::entry_description&) -> result<void> { throw std::bad_alloc(); }),
                    std::bad_alloc);
    CHECK(runtime_files(called).empty());
    (void)create(called, life);
  }
}

TEST_CASE("entry: an opener that fails does not join") {
  const std::string called = unique_name();
  const auto refuse = [](const backend::entry_description&) -> result<void> { return error(errc::layout_mismatch, 7); };
  entry ours = create(called, lifetime::users);
  CHECK(outcome(entry::open(plain_request(called, lifetime::users), refuse)) == errc::layout_mismatch);
  ours.close();
  CHECK(runtime_files(called).empty());
  holder other("create", called, "users");
  CHECK(outcome(entry::open(plain_request(called, lifetime::users), refuse)) == errc::layout_mismatch);
  CHECK_THROWS_AS(entry::open(plain_request(called, lifetime::users),
                              [](const backend::entry_description&) -> result<void> { throw std::bad_alloc(); }),
                  std::bad_alloc);
  other.close();
  CHECK(runtime_files(called).empty());
}

TEST_CASE("entry: remove takes the dead, never the living") {
  const std::string called = unique_name();
  for (const std::string life : {"owner", "users"}) {
    CHECK(outcome(entry::remove(object_kind::test, called)) == errc::not_found);
    holder other("create", called, life);
    const auto refused = entry::remove(object_kind::test, called);
    CHECK(outcome(refused) == errc::already_exists);
    CHECK(std::string(refused.error().hint()).find(std::to_string(other.id())) != std::string::npos);
    other.die();
    CHECK(outcome(entry::remove(object_kind::test, called)) == success);
    CHECK(runtime_files(called).empty());
  }
}

TEST_CASE("entry: a watch tells of appearance, publication and death") {
  const std::string called = unique_name();
  const auto is_there = [&] { return entry::find(object_kind::test, called).has_value(); };
  {
    auto watch = must(backend::name_watch::start(object_kind::test, called));
    detail::timer wait(20ms);
    const auto begun = std::chrono::steady_clock::now();
    while (watch.wait(wait).has_value()) {
    }
    CHECK(std::chrono::steady_clock::now() - begun >= 20ms);
  }
  generator random(21);
  for (int round = 0; round < 20; ++round) {
    std::optional<entry> held;
    CHECK(while_inside([&] { return eventually(called, is_there); },
                       [&] { held.emplace(create(called, lifetime::owner)); }, random, 3000));
  }
  for (int round = 0; round < 5; ++round) {
    holder other("create", called, "owner");
    CHECK(while_inside([&] { return eventually(called, [&] { return !is_there(); }); }, [&] { other.die(); }, random,
                       3000));
  }
  must(entry::remove(object_kind::test, called));
}

TEST_CASE("entry: threads of one process share one membership") {
  const std::string called = unique_name();
  std::atomic<int> wrong{0};
  std::atomic<int> joined{0};
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::string content;
        const auto held = open_or_create(called, content, 5s);
        if (!held) {
          ++wrong;
          continue;
        }
        ++joined;
        if (!held->alive(entry::member_id()).value_or(false)) ++wrong;
        if (!read_plain_object(held->description()).has_value()) ++wrong;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  CHECK(wrong == 0);
  CHECK(joined == 800);
  CHECK(runtime_files(called).empty());
}
