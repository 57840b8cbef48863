// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A file system that is full: a file system of 1 MiB of our own, in a private mount namespace. Needs the right to mount.
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

#if defined(CLONE_NEWNS)

std::size_t free_bytes(const std::string& place) {
  struct statvfs room{};
  VIADUCT_INSIST(::statvfs(place.c_str(), &room) == 0);
  return static_cast<std::size_t>(room.f_bavail) * room.f_frsize;
}

std::size_t files_in(const std::string& place) {
  const std::filesystem::recursive_directory_iterator all(place);
  return static_cast<std::size_t>(
      std::count_if(begin(all), end(all), [](const auto& one) { return !one.is_directory(); }));
}

/// Writes every byte: without its space that would end the process.
void fill(const shared_memory& memory) {
  auto shown = must(memory.map());
  std::fill(shown.writable().begin(), shown.writable().end(), std::byte{0xA5});
}

/// False, and said so, without the right.
bool enter_small_room(const std::string& place) {
  if (::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      ::mount("tmpfs", place.c_str(), "tmpfs", 0, "size=1m,mode=0755") == 0) {
    role::say("inside");
    return true;
  }
  role::say("no right");
  return false;
}

VIADUCT_ROLE(small_room, args) {
  const std::string& place = args.at(0);
  if (!enter_small_room(place)) return 0;
  must(shared_memory::create("first", 1)).close();  // makes the directory
  const std::size_t before = free_bytes(place);
  for (int count = 0; count < 10; ++count) {
    const auto refused = shared_memory::create("big", std::size_t{8} << 20);
    VIADUCT_INSIST(outcome(refused) == errc::no_space);
    const std::string hint(refused.error().hint());
    VIADUCT_INSIST(hint.find("8388608 bytes needed") != std::string::npos);
    VIADUCT_INSIST(hint.find("available") != std::string::npos);
    VIADUCT_INSIST(free_bytes(place) == before);
    VIADUCT_INSIST(files_in(place) == 0);
    fill(must(shared_memory::create("big", before - 65'536)));
    VIADUCT_INSIST(free_bytes(place) == before);
  }
  const auto file = std::filesystem::path(place) / "file";
  VIADUCT_INSIST(outcome(shared_memory::open_file(file, {.create_size = std::size_t{8} << 20})) == errc::no_space);
  VIADUCT_INSIST(files_in(place) == 0);
  VIADUCT_INSIST(free_bytes(place) == before);
  role::say("good");
  return 0;
}

VIADUCT_ROLE(room_writer, args) {
  generator random(std::stoul(args.at(0)));
  std::size_t made = 0;
  std::size_t refused = 0;
  for (int count = std::stoi(args.at(1)); count > 0; --count) {
    const auto memory = shared_memory::create("of-" + args.at(0), 1 + random.below(std::size_t{600} << 10));
    if (memory.has_value()) {
      fill(*memory);
      ++made;
    } else {
      VIADUCT_INSIST(outcome(memory) == errc::no_space);
      ++refused;
    }
  }
  role::say(std::to_string(made) + ' ' + std::to_string(refused));
  return 0;
}

VIADUCT_ROLE(crowded_room, args) {
  const std::string& place = args.at(0);
  if (!enter_small_room(place)) return 0;
  must(shared_memory::create("first", 1)).close();
  const std::size_t before = free_bytes(place);
  std::vector<peer> writers;
  for (int count = 0; count < 4; ++count)
    writers.emplace_back("room_writer", arguments{std::to_string(count), args.at(1)});
  bool some_made = false;
  bool some_refused = false;
  for (peer& one : writers) {
    const std::string told = one.hear(60s);
    some_made = some_made || told.front() != '0';
    some_refused = some_refused || told.back() != '0' || told[told.size() - 2] != ' ';
  }
  VIADUCT_INSIST(some_made && some_refused);
  for (peer& one : writers) VIADUCT_INSIST(one.wait() == 0);
  VIADUCT_INSIST(free_bytes(place) == before);
  VIADUCT_INSIST(files_in(place) == 0);
  role::say("good");
  return 0;
}

void play_in_small_room(const char* what, const arguments& more, std::string_view expected) {
  time_limit(90s);
  VIADUCT_NEEDS(capabilities().shared_memory.reserved, "shared_memory.reserved");
  const scratch_directory place;
  arguments args{place.path().string()};
  args.insert(args.end(), more.begin(), more.end());
  peer inside(what, args, {{"VIADUCT_RUNTIME_DIR", place.path().string()}});
  if (inside.hear() != "inside") VIADUCT_SKIP("needs the right to mount");
  const std::string said = inside.hear(80s);
  CAPTURE(said);
  CHECK(said.substr(0, expected.size()) == expected);
  CHECK(inside.wait() == 0);
}

TEST_CASE("a region larger than its file system is no_space at once, and the space comes back") {
  play_in_small_room("small_room", {}, "good");
}

TEST_CASE("writers that fill the file system get no_space or memory, never a signal") {
  play_in_small_room("crowded_room", {std::to_string(rounds(100, 1'000))}, "good");
}

#else

TEST_CASE("a region larger than its file system") { VIADUCT_SKIP("needs mount namespaces"); }

#endif

}  // namespace
}  // namespace viaduct::test
