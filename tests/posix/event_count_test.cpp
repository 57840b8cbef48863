// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The same races on one processor, where every hand-over is a switch of threads; and forked children.
#include "common/event_count.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "support/catch.hpp"
#include "support/counter.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

namespace {

/// This process runs on one processor from now on; false where that cannot be had.
bool stay_on_one_processor() {
#if defined(CPU_SET)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  for (std::size_t number = 0; number < CPU_SETSIZE; ++number) {
    if (!CPU_ISSET(number, &allowed)) continue;
    CPU_ZERO(&allowed);
    CPU_SET(number, &allowed);
    return ::sched_setaffinity(0, sizeof allowed, &allowed) == 0;
  }
#endif
  return false;
}

VIADUCT_ROLE(second_player, args) {
  const auto game = join_counter(args.at(0));
  role::say("ready");
  return play_second(*game, std::stoull(args.at(1)));
}

// The first player, so that the test program itself stays where it is.
VIADUCT_ROLE(both_players, args) {
  if (!stay_on_one_processor()) {
    role::say("cannot");
    return 0;
  }
  role::say("can");
  const auto game = join_counter(args.at(0));
  peer second("second_player", args);  // inherits the processor
  second.expect("ready");
  const int lost = play_first(*game, std::stoull(args.at(1)));
  return lost + second.wait();
}

}  // namespace

TEST_CASE("event_count: no wake-up is lost on one processor") {
  time_limit(60s);
  peer players("both_players", {unique_name(), std::to_string(races(300'000))});
  VIADUCT_NEEDS(players.hear() == "can", "keeping a process on one processor");
  CHECK(players.wait() == 0);
}

TEST_CASE("event_count: a forked child's end leaves its parent's cells alone") {
  auto game = join_counter(unique_name());
  must(game->first.sleep(0, std::chrono::steady_clock::now() + 1ms, nullptr));  // keeps its cell for the next time
  const auto cells_in_use = [&] {
    int count = 0;
    for (const detail::event_cell& cell : game->words().first.cells) count += cell.word.load() != 0 ? 1 : 0;
    return count;
  };
  const int before = cells_in_use();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    game.reset();
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  CHECK(status == 0);
  CHECK(cells_in_use() == before);
}
