// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Work is announced by a semaphore: the parent counts jobs into it, three worker processes take them. The program starts
// itself again to be the workers.
#include "viaduct/semaphore.hpp"

#include <filesystem>
#include <iostream>
#include <vector>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;
using viaduct::semaphore;

namespace {

constexpr std::uint64_t most = 100;

// [worker]
int work(const std::string& name) {
  auto jobs = semaphore::open(name, 5s).value();
  int done = 0;
  while (jobs.acquire(200ms)) ++done;  // until none has come for a while
  return done;
}
// [worker]

// [parent]
void give_out(const std::string& name, const std::filesystem::path& program) {
  auto jobs = semaphore::create(name, 0, most).value();
  std::vector<viaduct::child_process> workers;
  workers.reserve(3);
  for (int index = 0; index < 3; ++index) {
    workers.push_back(viaduct::child_process::spawn(program, {"work", name}).value());
  }
  jobs.release(10).value();
  std::cout << "too many: " << jobs.release(most).error().code() << '\n';
  int done = 0;
  for (auto& each : workers) done += each.wait(10s).value().code;
  std::cout << "done: " << done << ", left: " << jobs.available() << '\n';
}
// [parent]

}  // namespace

int main(int count, char** args) try {
  if (count > 2) return work(args[2]);
  give_out(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
