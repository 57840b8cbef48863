// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Locks and what POSIX processes do to themselves: fork, exec, closing every descriptor there is.
#include "viaduct/mutex.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/notification.hpp"
#include "viaduct/semaphore.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// What `part` returns in a forked child, as its exit code.
int in_forked_child(const std::function<int()>& part) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(part());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// 0 if all are true, else the number of the first that is not.
int first_wrong(const std::vector<bool>& all) {
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (!all[at]) return static_cast<int>(at + 1);
  }
  return 0;
}

VIADUCT_ROLE(locks_and_executes, args) {
  auto lockable = must(mutex::open(args.at(0), 8s));
  const auto lock = must(lockable.lock(8s));
  role::say("locked");
  role::expect("go");
  const std::string program = this_program().string();
  std::vector<std::string> command = role_command("after_exec");
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (std::string& word : command) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  return 1;
}

VIADUCT_ROLE(after_exec, args) {
  role::say("another program");
  role::expect("end");
  return 0;
}

// Locks, and forks a helper that outlives it with all it inherited.
VIADUCT_ROLE(locks_with_helper, args) {
  auto lockable = must(mutex::open(args.at(0), 8s));
  const auto lock = must(lockable.lock(8s));
  if (::fork() == 0) {
    std::string line;
    while (role::hear(line)) {
    }
    ::_exit(0);
  }
  role::say("locked");
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("mutex: a forked child has nothing of its parent's locks") {
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  auto other = must(mutex::create(called + "-2"));
  auto lock = must(lockable.lock(deadline::now()));
  auto theirs = must(other.lock(deadline::now()));
  for (int count = 0; count < rounds(20, 1'000); ++count) {
    const int wrong = in_forked_child([&] {
      std::vector<bool> all{
          outcome(lockable.lock(1s)) == errc::forked,
          outcome(lock.repaired()) == errc::forked,
          outcome(lock.unlock()) == errc::forked,
          !lockable.is_open(),
          lockable.native_name().empty(),
      };
      {
        auto mine = mutex::open(called, 1s);  // objects of its own: it is another process
        all.push_back(mine.has_value());
        all.push_back(outcome(mine->lock(5ms)) == errc::timed_out);
      }
      other.close();  // before the lock that it was taken by
      {
        const auto gone = std::move(theirs);
      }
      return first_wrong(all);
    });
    REQUIRE(wrong == 0);
    std::thread([&] { CHECK(outcome(lockable.lock(deadline::now())) == errc::timed_out); }).join();
    std::thread([&] { CHECK(outcome(other.lock(deadline::now())) == errc::timed_out); }).join();
  }
  CHECK(outcome(lock.unlock()) == success);
  CHECK(outcome(theirs.unlock()) == success);
}

TEST_CASE("semaphore, notification: a forked child must open its own") {
  const std::string called = unique_name();
  auto slots = must(semaphore::create(called, 1, 2));
  auto news = must(notification::create(called));
  auto watcher = must(news.watch());
  const int wrong = in_forked_child([&] {
    std::vector<bool> all{outcome(slots.acquire(1s)) == errc::forked,
                          outcome(slots.release()) == errc::forked,
                          slots.available() == 0,
                          outcome(news.post()) == errc::forked,
                          outcome(news.watch()) == errc::forked,
                          outcome(watcher.wait(1s)) == errc::forked};
    watcher.cancel();
    auto mine = notification::open(called, 1s);
    all.push_back(mine.has_value() && outcome(mine->post()) == success);
    return first_wrong(all);
  });
  CHECK(wrong == 0);
  CHECK(slots.available() == 1);
  CHECK(must(watcher.wait(8s)) == 1);
}

TEST_CASE("mutex: exec is a death") {
  time_limit(60s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  for (int count = 0; count < rounds(20, 100); ++count) {
    peer holder("locks_and_executes", {called});
    holder.expect("locked");
    holder.say("go");
    holder.expect("another program");
    auto lock = must(lockable.lock(8s));
    CHECK(lock.owner_died());
    must(lock.repaired());
    holder.say("end");
    CHECK(holder.wait() == 0);
  }
}

TEST_CASE("mutex: a dead holder's helper does not keep the lock") {
  time_limit(60s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  for (int count = 0; count < rounds(10, 100); ++count) {
    peer holder("locks_with_helper", {called});
    holder.expect("locked");
    holder.kill();
    CHECK(holder.wait() == peer::killed);
    auto lock = must(lockable.lock(8s));
    CHECK(lock.owner_died());
    must(lock.repaired());
  }
}

// Closes what it does not own, and is told so when it unlocks.
VIADUCT_ROLE(closes_everything, args) {
  auto lockable = must(mutex::open(args.at(0), 8s));
  auto lock = must(lockable.lock(8s));
  for (int number = 3; number < 256; ++number) (void)::close(number);
  role::say("closed");
  role::expect("go");
  const auto repaired = lock.repaired();
  const auto unlocked = lock.unlock();
  role::say(outcome(repaired) == errc::not_owner && outcome(unlocked) == errc::not_owner ? "told" : "not told");
  ::_exit(0);  // its objects would close descriptors that are not there
}

TEST_CASE("mutex: who closes descriptors over its head is taken for dead, and is told") {
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  peer holder("closes_everything", {called});
  holder.expect("closed");
  auto lock = must(lockable.lock(8s));
  CHECK(lock.owner_died());
  holder.say("go");
  holder.expect("told");
  CHECK(holder.wait() == 0);
  CHECK(lock.owner_died());
  CHECK(outcome(lock.repaired()) == success);
  CHECK(outcome(lock.unlock()) == success);
}
