// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Three processes work in steps: none begins a step before all have finished the last one. Then one of them dies.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

constexpr int steps = 3;

// [party]
// True: all steps were made together.
bool work_in_steps(viaduct::barrier& together, int steps_to_go) {
  for (int step = 0; step < steps_to_go; ++step) {
    // ... this step's work ...
    const auto passed = together.arrive_and_wait(5s);
    if (passed.has_error() && passed.error() == viaduct::errc::peer_died)
      return false;  // somebody is gone: no step more
    passed.value();
  }
  return true;
}
// [party]

int help(const std::string& name, int steps_to_go) {
  auto together = viaduct::barrier::open(name, 5s).value();
  (void)work_in_steps(together, steps_to_go);
  std::_Exit(0);  // without leaving in good order, as a crash would
}

// [leader]
void lead(const std::string& name, const std::filesystem::path& program) {
  auto together = viaduct::barrier::create(name, 3).value();
  auto one = viaduct::child_process::spawn(program, {name, std::to_string(steps)}).value();
  auto two = viaduct::child_process::spawn(program, {name, std::to_string(steps)}).value();
  std::cout << "leader: " << steps << " steps together: " << std::boolalpha << work_in_steps(together, steps) << '\n';
  std::cout << "leader: one more, alone: " << work_in_steps(together, 1) << '\n';

  together.reset().value();  // then others may take the places of the dead
  auto three = viaduct::child_process::spawn(program, {name, "1"}).value();
  auto four = viaduct::child_process::spawn(program, {name, "1"}).value();
  std::cout << "leader: with two others: " << work_in_steps(together, 1) << '\n';
}
// [leader]

}  // namespace

int main(int count, char** args) try {
  if (count > 2) return help(args[1], std::stoi(args[2]));
  lead(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
