// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What may lie where the FIFO of a name belongs.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "posix/directory.hpp"
#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

VIADUCT_ROLE(fifo_owner, args) {
  const auto reader = must(pipe_reader::create(args.at(0)));
  role::say("created");
  role::expect("leave");
  return 0;
}

/// The FIFO of this name, wherever it lies.
fs::path fifo_of(const std::string& called) {
  for (const fs::directory_entry& one : fs::directory_iterator(must(posix::own_directory())->path)) {
    if (one.is_fifo() && one.path().filename().string().find(called) != std::string::npos) return one.path();
  }
  return {};
}

template <class T>
void check_hijacked(const result<T>& refused, const fs::path& where, const char* why) {
  REQUIRE(outcome(refused) == errc::name_hijacked);
  CHECK(std::string(refused.error().hint()).find(where.string()) != std::string::npos);
  CHECK(std::string(refused.error().hint()).find(why) != std::string::npos);
}

TEST_CASE("a directory in place of a dead reader's FIFO is name_hijacked, and stays") {
  const std::string called = unique_name();
  peer owner("fifo_owner", {called});
  owner.expect("created");
  const fs::path fifo = fifo_of(called);
  REQUIRE(!fifo.empty());
  owner.kill();
  CHECK(owner.wait() == peer::killed);
  fs::remove(fifo);
  fs::create_directory(fifo);
  check_hijacked(pipe_reader::create(called), fifo, "a directory");
  CHECK(fs::is_directory(fifo));
  fs::remove(fifo);
  CHECK(outcome(pipe_reader::create(called)) == success);
}

TEST_CASE("a writer refuses what is no FIFO in place of a reader's FIFO") {
  const std::string called = unique_name();
  auto reader = must(pipe_reader::create(called));
  const fs::path fifo = fifo_of(called);
  REQUIRE(!fifo.empty());
  fs::rename(fifo, fifo.string() + "-aside");
  for (const std::string what : {"directory", "link", "file"}) {
    INFO(what);
    if (what == "directory") fs::create_directory(fifo);
    if (what == "link") fs::create_symlink(fifo.string() + "-aside", fifo);
    if (what == "file") std::ofstream(fifo) << "rubbish";
    check_hijacked(pipe_writer::open(called, deadline::now()), fifo, "not a FIFO");
    fs::remove(fifo);
  }
  fs::rename(fifo.string() + "-aside", fifo);
  CHECK(outcome(pipe_writer::open(called, 8s)) == success);
}

}  // namespace
}  // namespace viaduct::test
