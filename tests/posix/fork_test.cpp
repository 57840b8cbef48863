// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// fork(): the child gets errc::forked from every object of its parent and keeps nothing of it alive; descriptors do not
// leak into programs that other threads start.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/interrupt.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/shared_heap.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

/// What `part` returns in a forked child, as its exit code; the child runs no destructor of the test framework.
int in_forked_child(const std::function<int()>& part) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(part());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Counts, from 0, the first check that failed; 0 if all are as they should be.
class checklist {
 public:
  checklist& expect(bool good) {
    ++count_;
    if (!good && failed_ == 0) failed_ = count_;
    return *this;
  }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  int count_ = 0;
  int failed_ = 0;
};

TEST_CASE("fork: every call in the child is forked, and the parent's objects go on") {
  connected pair(framing::messages);
  auto ends = must(make_pipe());
  auto named = must(pipe_reader::create(unique_name()));
  for (int count = 0; count < rounds(20, 1'000); ++count) {
    const int failed = in_forked_child([&] {
      std::string into(10, '\0');
      checklist all;
      all.expect(outcome(pair.client.send("x", 1s)) == errc::forked)
          .expect(outcome(pair.server.receive(into, 1s)) == errc::forked)
          .expect(outcome(pair.client.shutdown_write(1s)) == errc::forked)
          .expect(outcome(pair.listener.accept(1s)) == errc::forked)
          .expect(outcome(pair.client.release()) == errc::forked)
          .expect(outcome(ends.reader.read_some(into, 1s)) == errc::forked)
          .expect(outcome(ends.writer.write_all("x", 1s)) == errc::forked)
          .expect(outcome(named.read_some(into, 1s)) == errc::forked)
          .expect(!pair.client.is_open());
      pair.client.cancel();
      pair.client.close();
      pair.listener.close();
      ends.writer.close();
      named.close();
      return all.failed();
    });
    REQUIRE(failed == 0);
    must(pair.client.send("still here", 1s));
    REQUIRE(receive_text(pair.server) == "still here");
    must(ends.writer.write_all("bytes", 1s));
    std::string into(5, '\0');
    must(ends.reader.read_exactly(into, 1s));
  }
  CHECK(outcome(named_pipe::connect(pair.called, 1s)) == success);
}

TEST_CASE("fork: memory is the parent's, and its mappings show nothing in the child") {
  const std::string called = unique_name();
  auto named = must(shared_memory::create(called, 5'000));
  auto anonymous = must(shared_memory::create_anonymous(5'000, writers::creator));
  auto shown = must(named.map());
  for (int count = 0; count < rounds(20, 1'000); ++count) {
    const int failed = in_forked_child([&] {
      checklist all;
      all.expect(outcome(named.map()) == errc::forked)
          .expect(outcome(anonymous.map()) == errc::forked)
          .expect(outcome(anonymous.read_only()) == errc::forked)
          .expect(outcome(named.release()) == errc::forked)
          .expect(outcome(shown.flush()) == errc::forked)
          .expect(shown.readable().empty())
          .expect(shown.writable().empty())
          .expect(named.size() == 0)
          .expect(!named.native().is_valid())
          .expect(!shown.is_open())
          .expect(outcome(shared_memory::open(called, 1s)) == success);  // of its own, and gone with it
      shown.close();
      named.close();
      anonymous.close();
      return all.failed();
    });
    REQUIRE(failed == 0);
    shown.writable().data()[4'999] = std::byte{1};
    REQUIRE(outcome(shared_memory::create(called, 5'000)) == errc::already_exists);
  }
  CHECK(outcome(anonymous.map()) == success);
  shown.close();
  named.close();
  CHECK(outcome(shared_memory::open(called, deadline::now())) == errc::not_found);
}

TEST_CASE("fork: a heap of the parent is forked, also for a child that is born inside a change") {
  auto memory = must(shared_memory::create(unique_name(), 1 << 16));
  auto heap = must(shared_heap::create(memory));
  must(heap.construct<int>("one", 1));
  auto other = must(shared_heap::open(memory, 1s));
  must(heap.update([&] {
    const int failed = in_forked_child([&] {
      checklist all;
      all.expect(outcome(heap.find<int>("one")) == errc::forked)
          .expect(outcome(heap.construct<int>("two", 2)) == errc::forked)
          .expect(outcome(heap.update([] {})) == errc::forked)
          .expect(outcome(heap.reset()) == errc::forked)
          .expect(outcome(shared_heap::open(memory, 1s)) == errc::forked)
          .expect(heap.free_space() == 0)
          .expect(!heap.is_open());
      heap.close();
      return all.failed();
    });
    CHECK(failed == 0);
    CHECK(outcome(other.find<int>("one")) == errc::owner_died);  // the mark is the parent's, and still there
  }));
  CHECK(*must(other.find<int>("one")) == 1);
}

TEST_CASE("fork: a child may make objects of its own") {
  const std::string called = unique_name();
  auto parents = must(named_pipe_listener::create(called + "-p", framing::messages));
  const int failed = in_forked_child([&] {
    checklist all;
    auto listener = named_pipe_listener::create(called, framing::messages);
    all.expect(listener.has_value());
    auto client = named_pipe::connect(called, 1s);
    all.expect(client.has_value());
    all.expect(outcome(named_pipe_listener::create(called + "-p", framing::messages)) == errc::already_exists);
    all.expect(outcome(named_pipe::connect(called + "-p", 1s)) == success);
    return all.failed();
  });
  CHECK(failed == 0);
  CHECK(outcome(named_pipe_listener::create(called, framing::messages)) == success);
}

// Owns a name and a connection, and forks a helper that outlives it.
VIADUCT_ROLE(owner_with_helper, args) {
  auto listener = must(named_pipe_listener::create(args.at(0), framing::messages));
  auto fifo = must(pipe_reader::create(args.at(0)));
  auto client = must(named_pipe::connect(args.at(1), 8s));
  const pid_t helper = ::fork();
  if (helper == 0) {
    // Lives on, with everything it inherited, until the test takes its input away.
    std::string line;
    while (role::hear(line)) {
    }
    ::_exit(0);
  }
  role::say("ready");
  for (;;) ::pause();
}

TEST_CASE("fork: a dead owner's helper keeps neither its names nor its connections alive") {
  for (int count = 0; count < rounds(5, 100); ++count) {
    const std::string called = unique_name();
    const std::string mine = unique_name();
    auto listener = must(named_pipe_listener::create(mine, framing::messages));
    peer owner("owner_with_helper", {called, mine});
    auto server = must(listener.accept(8s));
    owner.expect("ready");
    owner.kill();
    CHECK(owner.wait() == peer::killed);
    std::string into(10, '\0');
    CHECK(outcome(server.receive(into, 8s)) == errc::peer_died);
    CHECK(outcome(named_pipe_listener::create(called, framing::messages)) == success);
    CHECK(outcome(pipe_reader::create(called)) == success);
  }
}

/// Descriptors above 2 that a program started by plain fork and exec finds open.
int inherited_descriptors() {
  const pid_t child = ::fork();
  if (child == 0) {
    int count = 0;
    // As after exec: what is not close-on-exec would still be there.
    for (int number = 3; number < 512; ++number) {
      const int flags = ::fcntl(number, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
    }
    ::_exit(count > 100 ? 100 : count);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WEXITSTATUS(status);
}

TEST_CASE("fork: descriptors never leak into a program that another thread starts") {
  time_limit(60s);
  const int baseline = inherited_descriptors();
  std::atomic<bool> stop{false};
  companion opener([&] {
    while (!stop) {
      connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
      auto ends = make_pipe();
      auto named = pipe_reader::create(unique_name());
      auto two = make_named_pipe_pair(framing::bytes);
      const auto memory = shared_memory::create_anonymous(4'096, writers::creator);
      if (memory.has_value()) must(must(memory->read_only()).map({.mode = access::read_only})).close();
      if (ends.has_value() && named.has_value() && two.has_value()) {
        const std::array handles{ends->reader.native()};
        std::string into(10, '\0');
        must(pair.client.send("x", handles, 1s));
        must(pair.server.receive_with_handles(into, 1s));
      }
    }
  });
  int leaked = 0;
  for (int count = 0; count < rounds(300, 2'000); ++count) leaked += inherited_descriptors() - baseline;
  stop = true;
  opener.join();
  CHECK(leaked == 0);
}

}  // namespace
}  // namespace viaduct::test
