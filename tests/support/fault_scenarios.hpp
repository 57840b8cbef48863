// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call of one public function fails: the n-th, with each error it may really give, once and for ever. Nothing
// crashes, hangs or leaks, and the error names operation and object.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/faults.hpp"
#include "support/outcome.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {

/// One public function: `act` calls it, with the seam armed only around the call.
struct attempt {
  seam_watch::decision decide;
  std::size_t calls = 0;
  std::optional<error> failure;

  template <class Call>
  auto operator()(Call&& call) {
    seam_watch watch(decide);
    auto got = call();
    watch.stop();
    calls = watch.calls();
    if (got.has_error()) failure = got.error();
    return got;
  }
};

using scenario = std::function<void(attempt&)>;

/// What may be said afterwards by an object that a fault has hit.
inline void usable_or_closed(const outcome& later) {
  const bool clean = later == success || later == errc::closed || later == errc::peer_died ||
                     later == errc::timed_out || later == errc::peer_corrupt;
  CAPTURE(later);
  CHECK(clean);
}

inline void check_error(const attempt& made) {
  if (!made.failure) return;
  CAPTURE(made.failure->message());
  CHECK_FALSE(made.failure->operation().empty());
  CHECK_FALSE(made.failure->object().empty());
  CHECK_FALSE(to_string(made.failure->code()) == "unknown");
}

/// The system calls a scenario makes when nothing fails.
[[nodiscard]] inline std::vector<std::string> calls_of(const scenario& play) {
  std::vector<std::string> names;
  attempt made{[&](std::size_t, const char* call) {
                 names.emplace_back(call);
                 return 0;
               },
               0, std::nullopt};
  play(made);
  REQUIRE_FALSE(made.failure.has_value());
  return names;
}

inline void fail_each_of(const std::vector<std::string>& names, const scenario& play) {
  for (std::size_t number = 1; number <= names.size(); ++number) {
    for (const int code : plausible_errors(names[number - 1].c_str())) {
      for (const bool for_ever : {false, true}) {
        CAPTURE(number, names[number - 1], code, for_ever);
        attempt made{[&](std::size_t at, const char* call) {
                       const bool hit = at == number || (for_ever && at > number && names[number - 1] == call);
                       return hit ? code : 0;
                     },
                     0, std::nullopt};
        play(made);
        check_error(made);
      }
    }
  }
}

inline void fail_each_call(const scenario& play) {
  time_limit(std::chrono::seconds(120));
  (void)calls_of(play);  // what is made once and kept (directories, tables) is there before the audit
  const std::vector<std::string> names = calls_of(play);
  REQUIRE_FALSE(names.empty());
  CHECK_FALSE(leaves_something([&] { fail_each_of(names, play); }, 1));
}

}  // namespace viaduct::test
