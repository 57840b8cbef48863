// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// How soon the others know: from killing a process until a blocked call returns, from cancel() until it returns, and until
// a dead process's name is taken over. Judged: the 99th percentile, less that of a bare thread sleeping in read() which is
// woken in the same run, is at most 100 ms.
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/machine.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/statistics.hpp"
#include "support/watched_thread.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

constexpr double bar_ms = 100;
constexpr auto patience = 10s;

double ms_since(clock::time_point begin, clock::time_point end = clock::now()) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

/// From `act` until `wait`, in another thread, returns; `act` comes when that one sleeps for the n-th time.
double time_to_return(const std::function<void()>& wait, const std::function<void()>& act, long times = 1) {
  clock::time_point end;
  std::exception_ptr failure;
  watched_thread watched;
  std::thread waiter([&] {
    try {
      watched.begin();
      wait();
      end = clock::now();
    } catch (...) {
      failure = std::current_exception();
    }
    watched.end();
  });
  const bool sleeps = watched.await_sleep(times);
  const clock::time_point begin = clock::now();
  if (sleeps) act();
  waiter.join();
  if (failure) std::rethrow_exception(failure);
  if (!sleeps) fail("a call that was to wait returned at once");
  return ms_since(begin, end);
}

/// A thread that sleeps in read(), and somebody who wakes it.
double bare_wakeup() {
  const int bell = ::eventfd(0, EFD_CLOEXEC);
  if (bell < 0) fail_errno("eventfd");
  std::uint64_t word = 1;
  std::uint64_t taken = 0;
  const double took = time_to_return(
      [&] {
        if (::read(bell, &taken, sizeof taken) != sizeof taken) fail_errno("read");
      },
      [&] {
        if (::write(bell, &word, sizeof word) != sizeof word) fail_errno("write");
      });
  (void)::close(bell);
  return took;
}

template <class T>
void expect(const result<T>& outcome, errc wanted) {
  if (!outcome.has_error()) fail("a call succeeded where " + std::string(to_string(wanted)) + " was due");
  if (!(outcome.error() == wanted)) fail("not " + std::string(to_string(wanted)) + ": " + outcome.error().message());
}

std::string fresh_name() {
  static int count = 0;
  return "latency-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

const std::vector<std::byte> chunk(4096);

/// Until the next write has to wait.
void fill(const std::function<result<std::size_t>()>& write) {
  for (;;) {
    const result<std::size_t> went = write();
    if (went.has_error()) return expect(went, errc::timed_out);
  }
}
void fill(named_pipe& to) {
  if (to.framing() == framing::bytes) return fill([&] { return to.write_some(chunk, deadline::now()); });
  fill([&]() -> result<std::size_t> {
    if (result<void> sent = to.send(chunk, deadline::now()); !sent) return sent.error();
    return chunk.size();
  });
}
void fill(pipe_writer& to) {
  fill([&] { return to.write_some(chunk, deadline::now()); });
}

// --- the process that is killed

/// A helper that outlives it, with everything a fork inherits.
void fork_helper(bool wanted) {
  if (!wanted) return;
  const pid_t helper = ::fork();
  if (helper < 0) fail_errno("fork");
  if (helper != 0) return;
  (void)::alarm(2);
  for (;;) (void)::pause();
}

/// To the parent: from now on we may be killed.
void say_ready() {
  if (::write(STDOUT_FILENO, "r", 1) != 1) fail_errno("write");
}

[[noreturn]] void sleep_until_killed() {
  for (;;) (void)::pause();
}

[[noreturn]] void play_victim(const std::string& kind, const std::string& name, bool helper) {
  if (kind == "connection") {
    named_pipe line = must(named_pipe::connect(name, patience));
    fork_helper(helper);
    if (line.framing() == framing::bytes) {
      must(line.write_all("r", patience));
    } else {
      must(line.send("r", patience));
    }
    sleep_until_killed();
  }
  if (kind == "writer") {
    pipe_writer out = must(pipe_writer::open(name, patience));
    fork_helper(helper);
    must(out.write_all("r", patience));
    sleep_until_killed();
  }
  if (kind == "reader") {
    const pipe_reader in = must(pipe_reader::create(name));
    fork_helper(helper);
    say_ready();
    sleep_until_killed();
  }
  if (kind == "holder") {
    mutex lockable = must(mutex::open(name, patience));
    const mutex_lock lock = must(lockable.lock(patience));
    fork_helper(helper);
    say_ready();
    sleep_until_killed();
  }
  if (kind != "owner") fail("unknown role " + kind);
  named_pipe_listener owner = must(named_pipe_listener::create(name, framing::bytes));
  named_pipe line = must(owner.accept(patience));
  fork_helper(helper);
  must(line.write_all("r", patience));
  sleep_until_killed();
}

child_process start_victim(const std::string& kind, const std::string& name, bool helper,
                           stdio standard_output = stdio::inherit) {
  return must(child_process::spawn("/proc/self/exe", {"--victim", kind, name, helper ? "helper" : "alone"},
                                   {.standard_output = standard_output}));
}
/// For those that have no other way to say that they are ready, helper and all.
child_process start_ready_victim(const std::string& kind, const std::string& name, bool helper) {
  child_process victim = start_victim(kind, name, helper, stdio::piped);
  std::vector<std::byte> ready(1);
  must(victim.standard_output().read_exactly(ready, patience));
  return victim;
}

// --- one sample of each kind

double death_of_connection(framing how, bool sending, bool helper) {
  const std::string name = fresh_name();
  named_pipe_listener listener = must(named_pipe_listener::create(name, how));
  child_process victim = start_victim("connection", name, helper);
  named_pipe line = must(listener.accept(patience));
  std::vector<std::byte> in(64);
  if (how == framing::bytes) {
    must(line.read_exactly(buffer(in).first(1), patience));
  } else {
    (void)must(line.receive(in, patience));
  }
  if (sending) fill(line);
  const auto wait = [&] {
    if (how == framing::bytes && sending) return expect(line.write_all(chunk, patience), errc::closed);
    if (how == framing::bytes) return expect(line.read_some(in, patience), errc::closed);
    if (sending) return expect(line.send(chunk, patience), errc::closed);
    expect(line.receive(in, patience), errc::peer_died);
  };
  return time_to_return(wait, [&] { must(victim.kill()); });
}

double death_of_writer(bool helper) {
  const std::string name = fresh_name();
  pipe_reader in = must(pipe_reader::create(name));
  child_process victim = start_victim("writer", name, helper);
  std::vector<std::byte> data(64);
  (void)must(in.read_some(data, patience));
  return time_to_return([&] { expect(in.read_some(data, patience), errc::closed); }, [&] { must(victim.kill()); });
}

double death_of_reader(bool helper) {
  const std::string name = fresh_name();
  child_process victim = start_ready_victim("reader", name, helper);
  pipe_writer out = must(pipe_writer::open(name, patience));
  fill(out);
  return time_to_return([&] { expect(out.write_all(chunk, patience), errc::closed); }, [&] { must(victim.kill()); });
}

/// The waiter has just looked at the holder for the first time, after 2 ms: the next look is the longest way off.
double death_of_holder(bool helper) {
  const std::string name = fresh_name();
  mutex lockable = must(mutex::create(name));
  child_process victim = start_ready_victim("holder", name, helper);
  return time_to_return(
      [&] {
        mutex_lock lock = must(lockable.lock(patience));
        if (!lock.owner_died()) fail("the death of a holder was not told");
        must(lock.repaired());
      },
      [&] { must(victim.kill()); }, 2);
}

/// From the kill until the name is ours.
double takeover(bool helper) {
  const std::string name = fresh_name();
  child_process victim = start_victim("owner", name, helper);
  named_pipe line = must(named_pipe::connect(name, patience));
  std::vector<std::byte> ready(1);
  must(line.read_exactly(ready, patience));
  const clock::time_point begin = clock::now();
  must(victim.kill());
  (void)must(victim.wait(patience));
  const named_pipe_listener next = must(named_pipe_listener::create(name, framing::bytes));
  return ms_since(begin);
}

template <class Object>
double cancel_of(Object& which, const std::function<void()>& wait) {
  return time_to_return(wait, [&] { which.cancel(); });
}

double cancel_connection(framing how, bool sending) {
  named_pipe_pair pair = must(make_named_pipe_pair(how));
  named_pipe& line = pair.first;
  std::vector<std::byte> in(64);
  if (sending) fill(line);
  return cancel_of(line, [&] {
    if (how == framing::bytes && sending) return expect(line.write_all(chunk, patience), errc::cancelled);
    if (how == framing::bytes) return expect(line.read_some(in, patience), errc::cancelled);
    if (sending) return expect(line.send(chunk, patience), errc::cancelled);
    expect(line.receive(in, patience), errc::cancelled);
  });
}

double cancel_reader() {
  pipe_pair pair = must(make_pipe());
  std::vector<std::byte> in(64);
  return cancel_of(pair.reader, [&] { expect(pair.reader.read_some(in, patience), errc::cancelled); });
}

double cancel_named_reader() {
  pipe_reader in = must(pipe_reader::create(fresh_name()));
  std::vector<std::byte> data(64);
  return cancel_of(in, [&] { expect(in.read_some(data, patience), errc::cancelled); });
}

double cancel_writer() {
  pipe_pair pair = must(make_pipe());
  fill(pair.writer);
  return cancel_of(pair.writer, [&] { expect(pair.writer.write_all(chunk, patience), errc::cancelled); });
}

double cancel_accept() {
  named_pipe_listener listener = must(named_pipe_listener::create(fresh_name(), framing::bytes));
  return cancel_of(listener, [&] { expect(listener.accept(patience), errc::cancelled); });
}

double cancel_watcher() {
  const notification news = must(notification::create(fresh_name()));
  notification_watcher watcher = must(news.watch());
  return cancel_of(watcher, [&] { expect(watcher.wait(patience), errc::cancelled); });
}

double cancel_wait() {
  child_process child = start_ready_victim("reader", fresh_name(), false);
  return cancel_of(child, [&] { expect(child.wait(patience), errc::cancelled); });
}

// --- the run

struct experiment {
  std::string text;
  std::function<double()> sample;
};

std::vector<experiment> deaths() {
  std::vector<experiment> all;
  for (const bool helper : {false, true}) {
    const std::string with = helper ? ", a forked helper lives on" : "";
    all.push_back(
        {"receive -> peer_died" + with, [=] { return death_of_connection(framing::messages, false, helper); }});
    all.push_back({"send -> closed" + with, [=] { return death_of_connection(framing::messages, true, helper); }});
    all.push_back({"read_some -> closed" + with, [=] { return death_of_connection(framing::bytes, false, helper); }});
    all.push_back({"write_all -> closed" + with, [=] { return death_of_connection(framing::bytes, true, helper); }});
    all.push_back({"pipe read_some -> closed" + with, [=] { return death_of_writer(helper); }});
    all.push_back({"pipe write_all -> closed" + with, [=] { return death_of_reader(helper); }});
    all.push_back({"mutex lock -> owner_died" + with, [=] { return death_of_holder(helper); }});
    all.push_back({"kill, wait, create" + with, [=] { return takeover(helper); }});
  }
  return all;
}

std::vector<experiment> cancels() {
  return {{"named_pipe::receive", [] { return cancel_connection(framing::messages, false); }},
          {"named_pipe::send", [] { return cancel_connection(framing::messages, true); }},
          {"named_pipe::read_some", [] { return cancel_connection(framing::bytes, false); }},
          {"named_pipe::write_all", [] { return cancel_connection(framing::bytes, true); }},
          {"named_pipe_listener::accept", cancel_accept},
          {"pipe_reader::read_some", cancel_reader},
          {"pipe_reader::read_some, by name", cancel_named_reader},
          {"pipe_writer::write_all", cancel_writer},
          {"notification_watcher::wait", cancel_watcher},
          {"child_process::wait", cancel_wait}};
}

void run(const std::vector<experiment>& all, int samples, const std::string& group, report& findings) {
  for (const experiment& one : all) {
    std::vector<double> times;
    std::vector<double> bare;
    for (int index = 0; index < samples; ++index) {
      times.push_back(one.sample());
      bare.push_back(bare_wakeup());
    }
    const double high = quantile(times, 0.99);
    const double bare_high = quantile(bare, 0.99);
    char line[200];
    std::snprintf(line, sizeof line, "  %-52s %8.3f  %8.3f  %8.3f   %8.3f  %9.3f   <= %.0f", one.text.c_str(),
                  quantile(times, 0.5), high, quantile(times, 1), bare_high, high - bare_high, bar_ms);
    json_object figures;
    figures.text("group", group).text("call", one.text).number("samples", samples);
    figures.number("p50_ms", quantile(times, 0.5)).number("p99_ms", high).number("max_ms", quantile(times, 1));
    figures.number("bare_p99_ms", bare_high).number("bar_ms", bar_ms);
    findings.row(line, figures, high - bare_high <= bar_ms);
  }
}

void body(const options& chosen, report& findings) {
  constexpr const char* columns = " (ms): p50, p99, max; p99 of a bare thread; p99 less that";
  const int samples = chosen.pairs != 0 ? chosen.pairs : chosen.quick ? 5 : 100;
  findings.heading(std::string("from SIGKILL of the peer until the call returns") + columns);
  run(deaths(), samples, "death", findings);
  findings.heading(std::string("from cancel() until the call returns") + columns);
  run(cancels(), samples * 2, "cancel", findings);
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  if (argc == 5 && std::strcmp(argv[1], "--victim") == 0) {
    try {
      play_victim(argv[2], argv[3], std::strcmp(argv[4], "helper") == 0);
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "victim: %s\n", failure.what());
      return 2;
    }
  }
  int exit_code = 0;
  const auto chosen = parse_options(
      argc, argv, "How soon death and cancel() are noticed, and a dead process's name is free.", exit_code);
  return chosen ? run_reporting(*chosen, "latency", body) : exit_code;
}
