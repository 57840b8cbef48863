// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two processes share a list of jobs: one adds, the other waits until there is something to do.
#include <filesystem>
#include <iostream>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

// What the mutex protects, in shared memory: plain values, zero at first.
struct jobs {
  int waiting[16];
  int count;
  bool finished;
};

struct job_list {
  explicit job_list(const std::string& name)
      : memory(viaduct::shared_memory::open_or_create(name, sizeof(jobs), 5s).value()),
        shown(memory.map().value()),
        mutex(viaduct::mutex::open_or_create(name, 5s).value()),
        changed(viaduct::condition::open_or_create(name, 5s).value()) {}
  jobs& all() { return *shown.as<jobs>().value(); }
  viaduct::shared_memory memory;
  viaduct::mapping shown;
  viaduct::mutex mutex;
  viaduct::condition changed;
};

// [worker]
// Has the lock whenever it looks at the list; wait() gives it up while there is nothing to do.
void work(const std::string& name) {
  job_list list(name);
  for (int sum = 0;;) {
    auto lock = list.mutex.lock(5s).value();
    list.changed.wait(lock, [&] { return list.all().count > 0 || list.all().finished; }, 5s).value();
    if (list.all().count == 0) {
      std::cout << "worker: the sum of all jobs is " << sum << std::endl;
      return;
    }
    sum += list.all().waiting[--list.all().count];
  }
}
// [worker]

// [boss]
void give_work(const std::string& name, const std::filesystem::path& program) {
  job_list list(name);
  auto worker = viaduct::child_process::spawn(program, {name}).value();
  for (int job = 1; job <= 10; ++job) {
    {
      auto lock = list.mutex.lock(5s).value();
      list.all().waiting[list.all().count++] = job;
    }
    list.changed.notify_one().value();
  }
  {
    auto lock = list.mutex.lock(5s).value();
    list.all().finished = true;
  }
  list.changed.notify_all().value();
  std::cout << "boss: the worker ended with " << worker.wait(5s).value() << '\n';
}
// [boss]

}  // namespace

int main(int count, char** args) try {
  if (count > 1) {
    work(args[1]);
  } else {
    give_work(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
  }
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
