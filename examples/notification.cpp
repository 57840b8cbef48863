// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A notification tells two other processes that the settings have changed, three times. The program starts itself again to
// be those.
#include "viaduct/notification.hpp"

#include <filesystem>
#include <iostream>
#include <vector>

#include "viaduct/viaduct.hpp"

using namespace std::chrono_literals;
using viaduct::notification;

namespace {

// [watcher]
void watch(const std::string& name) {
  auto changed = notification::open(name, 5s).value();
  auto watcher = changed.watch().value();  // sees every post from now on
  auto watching = notification::open(name + "-watching", 5s).value();
  watching.post().value();
  std::uint64_t seen = 0;
  while (seen < 3) seen += watcher.wait(5s).value();
  std::cout << "watcher: " << seen << " changes" << std::endl;
}
// [watcher]

// [poster]
void change(const std::string& name, const std::filesystem::path& program) {
  auto changed = notification::create(name).value();
  auto watching = notification::create(name + "-watching").value();
  auto ready = watching.watch().value();
  std::vector<viaduct::child_process> watchers;
  watchers.reserve(2);
  for (int index = 0; index < 2; ++index) {
    watchers.push_back(viaduct::child_process::spawn(program, {"watch", name}).value());
  }
  for (std::uint64_t count = 0; count < 2;) count += ready.wait(5s).value();
  for (int count = 0; count < 3; ++count) changed.post().value();  // never waits
  for (auto& each : watchers) {
    if (!each.wait(5s).value().success()) throw std::runtime_error("a watcher failed");
  }
  std::cout << "nobody has posted: " << ready.wait(10ms).error().code() << '\n';
}
// [poster]

}  // namespace

int main(int count, char** args) try {
  if (count > 2) {
    watch(args[2]);
  } else {
    change(viaduct::name::unique().text(), viaduct::identity::self().executable().value());
  }
  return 0;
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
