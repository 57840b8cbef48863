// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the tests of locks protect: two counters that are equal whenever nobody is inside, in memory of their own under the
// name of the lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "support/outcome.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::test {

struct pair_of_counters {
  volatile std::uint64_t first;
  volatile std::uint64_t second;
  volatile std::uint64_t inside;    // who: written right after locking, 0 before unlocking
  volatile std::uint64_t deaths;    // reports of the lock that were answered with repaired()
  volatile std::uint64_t unspoken;  // what a holder found broken without being told of a death
};

class shared_counters {
 public:
  explicit shared_counters(const std::string& called)
      : memory_(must(shared_memory::open_or_create(called, sizeof(pair_of_counters), std::chrono::seconds(8)))),
        view_(must(memory_.map())) {}
  [[nodiscard]] pair_of_counters& operator*() { return *reinterpret_cast<pair_of_counters*>(view_.writable().data()); }
  [[nodiscard]] pair_of_counters* operator->() { return &**this; }

  /// As a holder who was told of a death, or not: judges, puts right, counts. True: repaired() is due.
  bool inspect(bool owner_died) {
    pair_of_counters& now = **this;
    if (!owner_died) {
      if (now.inside != 0 || now.first != now.second) now.unspoken = now.unspoken + 1;
      return false;
    }
    now.second = now.first;
    now.inside = 0;
    now.deaths = now.deaths + 1;
    return true;
  }

 private:
  shared_memory memory_;
  mapping view_;
};

}  // namespace viaduct::test
