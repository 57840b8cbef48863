// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two processes change a balance in shared memory under a mutex; one of them dies inside. The program starts itself again to
// be the other.
#include "viaduct/mutex.hpp"

#include <cstdlib>
#include <iostream>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;
using viaduct::mutex;
using viaduct::shared_memory;

namespace {

struct account {
  long balance;
  long turnover;  // in step with it, unless somebody died in between
};

account& account_in(viaduct::mapping& view) { return *view.as<account>().value(); }

// [pay]
void pay(const std::string& name, long amount) {
  auto lock_for_it = mutex::open_or_create(name, 5s).value();
  auto memory = shared_memory::open_or_create(name, sizeof(account), 5s).value();
  auto view = memory.map().value();
  auto lock = lock_for_it.lock(5s).value();
  account_in(view).balance += amount;
  account_in(view).turnover += amount;
}  // unlocks
// [pay]

[[noreturn]] void die_inside(const std::string& name) {
  auto lock_for_it = mutex::open(name, 5s).value();
  auto memory = shared_memory::open(name, 5s).value();
  auto view = memory.map().value();
  auto lock = lock_for_it.lock(5s).value();
  account_in(view).balance += 1'000'000;
  std::_Exit(3);
}

// [repair]
void repair(const std::string& name) {
  auto lock_for_it = mutex::open(name, 5s).value();
  auto memory = shared_memory::open(name, 5s).value();
  auto view = memory.map().value();
  auto lock = lock_for_it.lock(5s).value();
  if (lock.owner_died()) {
    std::cout << "somebody died inside: the balance is " << account_in(view).balance << '\n';
    account_in(view).balance = account_in(view).turnover;
    lock.repaired().value();
  }
  std::cout << "the balance is " << account_in(view).balance << '\n';
  std::cout << "once more on this thread: " << lock_for_it.lock(5s).error().code() << '\n';
}
// [repair]

}  // namespace

int main(int count, char** args) try {
  if (count > 2 && args[1] == std::string("pay")) return pay(args[2], 7), 0;
  if (count > 2 && args[1] == std::string("die")) die_inside(args[2]);
  const std::string name = viaduct::name::unique().text();
  const auto kept = mutex::create(name).value();  // as long as anybody has it
  const auto memory = shared_memory::create(name, sizeof(account)).value();
  pay(name, 35);
  for (const char* role : {"pay", "die"}) {
    auto child = viaduct::child_process::spawn(viaduct::identity::self().executable().value(), {role, name}).value();
    std::cout << role << ": ended with " << child.wait(5s).value() << '\n';
  }
  repair(name);
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
