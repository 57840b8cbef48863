// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Doing something at a random instant while another thread is inside a call.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>

#include "support/data.hpp"

namespace viaduct::test {

/// What `call` returned in another thread, while `act` happened here 0 to `latest` microseconds after the thread began.
template <class Call, class Act>
[[nodiscard]] auto while_inside(Call&& call, Act&& act, generator& random, std::size_t latest = 300) {
  std::optional<decltype(call())> got;
  std::thread inside([&] { got.emplace(call()); });
  const auto instant = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(latest + 1));
  while (std::chrono::steady_clock::now() < instant) {
  }
  act();
  inside.join();
  return std::move(*got);
}

/// How long `call` took.
template <class Call>
[[nodiscard]] std::chrono::nanoseconds time_of(Call&& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::steady_clock::now() - begin;
}

/// A thread that ends with its scope.
class companion {
 public:
  template <class Work>
  explicit companion(Work&& work) : thread_(std::forward<Work>(work)) {}
  companion(const companion&) = delete;
  companion& operator=(const companion&) = delete;
  ~companion() {
    if (thread_.joinable()) thread_.join();
  }
  void join() { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace viaduct::test
