// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Settings that several processes read at once, and one changes now and then.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;

namespace {

struct settings {
  int width;
  int height;  // always twice the width, but for a moment inside set()
};

// [shared]
struct shared_settings {
  explicit shared_settings(const std::string& name)
      : memory(viaduct::shared_memory::open_or_create(name, sizeof(settings), 5s).value()),
        shown(memory.map().value()),
        mutex(viaduct::shared_mutex::open_or_create(name, 5s).value()) {}
  settings& values() { return *shown.as<settings>().value(); }

  viaduct::shared_memory memory;
  viaduct::mapping shown;
  viaduct::shared_mutex mutex;
};

void set(shared_settings& shared, int width) {
  auto lock = shared.mutex.lock(5s).value();
  shared.values().width = width;
  if (width == 13) std::_Exit(1);  // to show what a crash here means
  shared.values().height = 2 * width;
  if (lock.owner_died()) lock.repaired().value();  // whole again: both were set
}

void show(shared_settings& shared, const char* who) {
  auto lock = shared.mutex.lock_shared(5s).value();  // together with other readers
  if (lock.owner_died()) {
    std::cout << who << ": half changed by a writer that died\n";
  } else {
    std::cout << who << ": " << shared.values().width << " x " << shared.values().height << std::endl;
  }
}
// [shared]

void run(const std::string& name, const std::filesystem::path& program) {
  shared_settings shared(name);
  set(shared, 640);
  (void)viaduct::child_process::spawn(program, {name, "show"}).value().wait(5s).value();
  (void)viaduct::child_process::spawn(program, {name, "crash"}).value().wait(5s).value();
  show(shared, "parent");
  set(shared, 800);
  show(shared, "parent");
}

}  // namespace

int main(int count, char** args) try {
  if (count < 3) {
    run(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
    return 0;
  }
  shared_settings shared(args[1]);
  if (args[2] == std::string("crash")) set(shared, 13);
  show(shared, "child");
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
