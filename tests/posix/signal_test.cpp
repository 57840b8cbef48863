// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Signals: writing to whoever has left raises none, a storm of them ends no wait early or late, and the host's own
// handlers and mask stay as they were.
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/connected.hpp"
#include "support/interrupt.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

/// The process's disposition and this thread's mask, before and after.
struct signal_state {
  struct sigaction pipe{};
  sigset_t mask{};

  signal_state() {
    ::sigaction(SIGPIPE, nullptr, &pipe);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  }
  [[nodiscard]] bool same_as(const signal_state& other) const {
    for (int number = 1; number < 32; ++number) {
      if (sigismember(&mask, number) != sigismember(&other.mask, number)) return false;
    }
    return pipe.sa_handler == other.pipe.sa_handler;
  }
};

void write_to_nobody(int count) {
  for (int round = 0; round < count; ++round) {
    auto ends = must(make_pipe());
    ends.reader.close();
    REQUIRE(outcome(ends.writer.write_all("x", 1s)) == errc::closed);
    auto pair = must(make_named_pipe_pair(round % 2 == 0 ? framing::bytes : framing::messages));
    pair.second.close();
    const outcome went = round % 2 == 0 ? outcome(pair.first.write_all("x", 1s)) : outcome(pair.first.send("x", 1s));
    REQUIRE(went == errc::closed);
  }
}

TEST_CASE("signals: writing to whoever has left raises no SIGPIPE") {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, nullptr);
  const signal_state before;
  write_to_nobody(rounds(200, 1'000));
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) threads.emplace_back(write_to_nobody, rounds(50, 250));
  for (std::thread& thread : threads) thread.join();
  CHECK(signal_state().same_as(before));
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("signals: a SIGPIPE of the host that was pending stays pending") {
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, &before);
  ::pthread_kill(::pthread_self(), SIGPIPE);
  write_to_nobody(2);
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 1);
  int taken = 0;
  ::sigwait(&pipe, &taken);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void do_nothing(int) {}

/// SIGALRM a thousand times a second, without SA_RESTART, to whichever thread does not block it.
class storm {
 public:
  storm() {
    struct sigaction action{};
    action.sa_handler = do_nothing;
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval often{{0, 1'000}, {0, 1'000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~storm() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  storm(const storm&) = delete;
  storm& operator=(const storm&) = delete;

 private:
  struct sigaction before_{};
};

/// Times out, not early, and not because of a signal. How late is for the benchmark.
void times_out(const char* what, std::chrono::milliseconds span, const std::function<outcome()>& call) {
  CAPTURE(what, span.count());
  const auto begin = std::chrono::steady_clock::now();
  const outcome got = call();
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(got == errc::timed_out);
  CHECK(took >= span);
  CHECK(took < span + 2s);  // an outcome: a wait that starts anew at each signal never ends
}

TEST_CASE("signals: a storm ends no wait early, late, or with an error", "[serial]") {
  time_limit(40s);
  const std::string called = unique_name();
  connected messages(framing::messages);
  connected stream(framing::bytes);
  auto ends = must(make_pipe());
  auto full = must(make_pipe());
  while (full.writer.write_some(std::string(4096, 'x'), deadline::now()).has_value()) {
  }
  (void)fill_with_messages(messages.client, std::string(4096, 'm'));
  (void)fill_with_bytes(stream.client);
  auto crowded = must(named_pipe_listener::create(called, framing::bytes, {.backlog = 1}));
  std::vector<named_pipe> waiting;
  for (auto one = named_pipe::connect(called, deadline::now()); one.has_value();
       one = named_pipe::connect(called, deadline::now())) {
    waiting.push_back(std::move(*one));
  }
  auto owner = must(pipe_reader::create(called));
  auto writer = must(pipe_writer::open(called, 1s));
  std::string into(100, '\0');
  const storm blowing;
  for (const auto span : {30ms, 150ms, 400ms}) {
    times_out("pipe read", span, [&] { return outcome(ends.reader.read_some(into, span)); });
    times_out("pipe write", span, [&] { return outcome(full.writer.write_some("x", span)); });
    times_out("receive", span, [&] { return outcome(messages.client.receive(into, span)); });
    times_out("send", span, [&] { return outcome(messages.client.send("x", span)); });
    times_out("read_some", span, [&] { return outcome(stream.client.read_some(into, span)); });
    times_out("write_all", span, [&] { return outcome(stream.client.write_all("x", span)); });
    times_out("accept", span, [&] { return outcome(messages.listener.accept(span)); });
    times_out("connect", span, [&] { return outcome(named_pipe::connect(called, span)); });
    times_out("writer", span, [&] { return outcome(pipe_writer::open(called, span)); });
    times_out("instant", span, [&] { return outcome(messages.client.receive(into, deadline::after(span))); });
  }
}

TEST_CASE("signals: a storm loses and doubles no byte", "[serial]") {
  time_limit(40s);
  connected pair(framing::messages);
  const storm blowing;
  companion sender([&] {
    for (std::uint64_t number = 0; number < 2'000; ++number)
      must(pair.client.send(content(number * 97 % 70'000, number), 8s));
    must(pair.client.shutdown_write(8s));
  });
  std::vector<std::byte> into(70'000);
  for (std::uint64_t number = 0; number < 2'000; ++number) {
    const std::size_t size = must(pair.server.receive(into, 8s));
    REQUIRE(size == number * 97 % 70'000);
    REQUIRE(checksum({into.data(), size}) == checksum(content(size, number)));
  }
  CHECK(outcome(pair.server.receive(into, 8s)) == errc::closed);
}

}  // namespace
}  // namespace viaduct::test
