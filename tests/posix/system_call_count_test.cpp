// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What an operation costs, counted: system calls that pass the seam, and allocations.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posix/call_count.hpp"
#include "posix/system.hpp"
#include "support/catch.hpp"
#include "support/memory.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/pipe.hpp"
#include "viaduct/shared_memory.hpp"

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;
namespace posix_system = viaduct::posix::system;

#if VIADUCT_FAULT_INJECTION
namespace {

/// Calls of `action`, while another thread does `then` once this one is asleep in its first call.
template <class Action, class Then>
int calls_while_waiting(Action&& action, Then&& then) {
  return cost_of_wait(action, then).waiting;
}

const std::vector<std::size_t> sizes{1, 64, 2048, 4096, std::size_t{64} << 10};

}  // namespace

TEST_CASE("a pipe read or write is one system call and no allocation") {
  VIADUCT_NEEDS(posix_system::signal_free_pipe_writes(), "pipe writes without a signal");
  pipe_pair made = must(make_pipe());
  for (const std::size_t size : sizes) {
    std::vector<std::byte> out(size);
    std::vector<std::byte> in(size);
    for (const deadline until : some_deadlines) {
      INFO(size << " bytes");
      std::uint64_t allocated = 0;
      for (int round = 0; round < 2; ++round) {
        CHECK(calls_during(
                  [&] { allocated += allocations_during([&] { must(made.writer.write_all(out, until)); }); }) == 1);
        CHECK(calls_during(
                  [&] { allocated += allocations_during([&] { must(made.reader.read_exactly(in, until)); }); }) == 1);
      }
      CHECK(allocated == 0);
    }
  }
}

TEST_CASE("a pipe that must wait makes three system calls") {
  VIADUCT_NEEDS(!this_thread().empty(), "a view of the process's threads");
  pipe_pair made = must(make_pipe());
  std::vector<std::byte> data(64);
  for (const deadline until : some_deadlines) {
    CHECK(calls_while_waiting([&] { must(made.reader.read_exactly(data, until)); },
                              [&] { must(made.writer.write_all(data, 8s)); }) == 3);
  }
}

TEST_CASE("named pipe bytes are one system call and no allocation") {
  named_pipe_pair made = must(make_named_pipe_pair(framing::bytes));
  for (const std::size_t size : sizes) {
    std::vector<std::byte> out(size);
    std::vector<std::byte> in(size);
    for (const deadline until : some_deadlines) {
      INFO(size << " bytes");
      must(made.first.write_all(out, until));  // once, so that the time-out is set
      must(made.second.read_exactly(in, until));
      std::uint64_t allocated = 0;
      CHECK(calls_during([&] { allocated += allocations_during([&] { must(made.first.write_all(out, until)); }); }) ==
            1);
      CHECK(calls_during(
                [&] { allocated += allocations_during([&] { must(made.second.read_exactly(in, until)); }); }) == 1);
      CHECK(allocated == 0);
    }
  }
}

TEST_CASE("an instant in the past looks once for a name, as now does") {
  const deadline past = std::chrono::steady_clock::now() - 1s;
  const std::string called = unique_name();
  const auto connect = [&](deadline until) { CHECK(outcome(named_pipe::connect(called, until)) == errc::not_found); };
  const auto open = [&](deadline until) { CHECK(outcome(pipe_writer::open(called, until)) == errc::not_found); };
  connect(deadline::now());  // once, for what is kept from then on
  CHECK(calls_during([&] { connect(past); }) == calls_during([&] { connect(deadline::now()); }));
  CHECK(calls_during([&] { open(past); }) == calls_during([&] { open(deadline::now()); }));
}

TEST_CASE("a message is one system call and no allocation") {
  named_pipe_pair made = must(make_named_pipe_pair(framing::messages));
  for (const std::size_t size : sizes) {
    std::vector<std::byte> out(size);
    std::vector<std::byte> in(size);
    for (const deadline until : some_deadlines) {
      INFO(size << " bytes");
      for (int round = 0; round < 2; ++round) {  // so that the time-out is set and the length is expected
        must(made.first.send(out, until));
        CHECK(must(made.second.receive(in, until)) == size);
      }
      std::uint64_t allocated = 0;
      CHECK(calls_during([&] { allocated += allocations_during([&] { must(made.first.send(out, until)); }); }) == 1);
      CHECK(calls_during(
                [&] { allocated += allocations_during([&] { (void)must(made.second.receive(in, until)); }); }) == 1);
      CHECK(allocated == 0);
    }
  }
}

TEST_CASE("small messages that came together need one system call for all") {
  named_pipe_pair made = must(make_named_pipe_pair(framing::messages));
  const std::vector<std::byte> out(64);
  std::vector<std::byte> in(64);
  for (int index = 0; index < 8; ++index) must(made.first.send(out, 8s));
  const int counted = calls_during([&] {
    for (int index = 0; index < 8; ++index) (void)must(made.second.receive(in, deadline::never()));
  });
  CHECK(counted == 1);
  CHECK(made.second.buffered() == 0);
}

TEST_CASE("a named pipe that must wait makes one system call") {
  VIADUCT_NEEDS(posix_system::sockets_block(), "waiting inside the call");
  VIADUCT_NEEDS(!this_thread().empty(), "a view of the process's threads");
  named_pipe_pair plain = must(make_named_pipe_pair(framing::bytes));
  named_pipe_pair framed = must(make_named_pipe_pair(framing::messages));
  const std::vector<std::byte> data(64);
  std::vector<std::byte> in(64);
  for (const deadline until : some_deadlines) {
    const auto read = [&] { must(plain.second.read_exactly(in, until)); };
    const auto receive = [&] { CHECK(must(framed.second.receive(in, until)) == in.size()); };
    must(plain.first.write_all(data, 8s));  // once, so that the time-out is set
    must(framed.first.send(data, 8s));
    read();
    receive();
    CHECK(calls_while_waiting(read, [&] { must(plain.first.write_all(data, 8s)); }) == 1);
    CHECK(calls_while_waiting(receive, [&] { must(framed.first.send(data, 8s)); }) == 1);
  }
}

TEST_CASE("memory is reached without a system call or an allocation, and mapped with one call") {
  const shared_memory memory = must(shared_memory::create_anonymous(100'000));
  std::optional<mapping> shown;
  CHECK(calls_during([&] { shown.emplace(must(memory.map())); }) == 1);
  std::uint64_t allocated = 1;
  std::byte seen{};
  const int counted = calls_during([&] {
    allocated = allocations_during([&] {
      shown->writable().data()[99'999] = std::byte{1};
      seen = shown->readable().data()[99'999];
    });
  });
  CHECK(seen == std::byte{1});
  CHECK(counted == 0);
  CHECK(allocated == 0);
}

#endif
