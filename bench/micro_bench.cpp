// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Small costs, each alone in one process: what a result, a deadline, a frame and an uncontended name take.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/framing.hpp"
#include "viaduct/viaduct.hpp"

namespace {

using namespace viaduct;
using namespace std::chrono_literals;

template <class T>
T must(result<T>&& from) {
  if (from.has_error()) {
    std::fprintf(stderr, "%s\n", from.error().message().c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*from);
}

// --- vocabulary

[[gnu::noinline]] result<std::size_t> give_value(std::size_t value) { return value; }
[[gnu::noinline]] result<std::size_t> give_error() { return errc::timed_out; }

void result_of_a_value(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(give_value(64).has_value());
}
BENCHMARK(result_of_a_value);

void result_of_an_error(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(give_error().has_value());
}
BENCHMARK(result_of_an_error);

void error_message(benchmark::State& state) {
  const error failure = error(errc::closed, 32).during("pipe_writer::write_all").advise("the reader has gone");
  for (auto _ : state) benchmark::DoNotOptimize(failure.message());
}
BENCHMARK(error_message);

void deadline_from_a_span(benchmark::State& state) {
  std::chrono::milliseconds span = 500ms;
  for (auto _ : state) {
    benchmark::DoNotOptimize(span);
    benchmark::DoNotOptimize(deadline(span));
  }
}
BENCHMARK(deadline_from_a_span);

void deadline_after(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(deadline::after(500ms));
}
BENCHMARK(deadline_after);

void deadline_remaining(benchmark::State& state) {
  const deadline until = deadline::after(1h);
  for (auto _ : state) benchmark::DoNotOptimize(until.remaining());
}
BENCHMARK(deadline_remaining);

// --- framing, in memory

void frame_out(benchmark::State& state) {
  detail::outgoing_frame frame;
  const std::vector<std::byte> memory(static_cast<std::size_t>(state.range(0)));
  const bytes message(memory);
  for (auto _ : state) {
    frame.start_message({&message, 1}, message.size());
    benchmark::DoNotOptimize(frame.pieces().data());
    frame.wrote(message.size() + detail::frame::header_size);
    benchmark::DoNotOptimize(frame.next());
  }
}
BENCHMARK(frame_out)->Arg(64)->Arg(2048)->Arg(64 << 10);

/// Puts a frame where the step wants it, as a read would.
void deliver(detail::incoming_frames& frames, bytes wire) {
  std::size_t count = 0;
  for (const buffer& part : frames.wanted()) {
    const bytes piece = wire.after(count).first(part.size());
    if (!piece.empty()) std::copy(piece.begin(), piece.end(), part.begin());
    count += piece.size();
  }
  frames.got(count);
}

void frame_in(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> wire(size + detail::frame::header_size);
  for (unsigned index = 0; index < 4; ++index) wire[index] = static_cast<std::byte>(size >> (8 * index));
  std::vector<std::byte> into(size);
  detail::incoming_frames frames({.max_message = 1U << 20});
  for (auto _ : state) {
    std::size_t taken = 0;
    while (frames.next(into) == detail::step::want_read) {
      const bytes rest = bytes(wire).after(taken);
      std::size_t room = 0;
      for (const buffer& part : frames.wanted()) room += part.size();
      taken += std::min(room, rest.size());
      deliver(frames, rest);
    }
    benchmark::DoNotOptimize(frames.size());
  }
}
BENCHMARK(frame_in)->Arg(64)->Arg(2048)->Arg(64 << 10);

// --- one process: send and receive without ever waiting

void raw_socket_64(benchmark::State& state) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) std::abort();
  std::array<char, 64> data{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(::send(ends[0], data.data(), data.size(), MSG_NOSIGNAL));
    benchmark::DoNotOptimize(::recv(ends[1], data.data(), data.size(), 0));
  }
  (void)::close(ends[0]);
  (void)::close(ends[1]);
}
BENCHMARK(raw_socket_64);

void named_pipe_bytes_64(benchmark::State& state) {
  named_pipe_pair made = must(make_named_pipe_pair(framing::bytes));
  std::array<char, 64> data{};
  for (auto _ : state) {
    must(made.first.write_all(data, deadline::never()));
    must(made.second.read_exactly(data, deadline::never()));
  }
}
BENCHMARK(named_pipe_bytes_64);

void named_pipe_messages_64(benchmark::State& state) {
  named_pipe_pair made = must(make_named_pipe_pair(framing::messages));
  std::array<char, 64> data{};
  for (auto _ : state) {
    must(made.first.send(data, deadline::never()));
    (void)must(made.second.receive(data, deadline::never()));
  }
}
BENCHMARK(named_pipe_messages_64);

void pipe_64(benchmark::State& state) {
  pipe_pair made = must(make_pipe());
  std::array<char, 64> data{};
  for (auto _ : state) {
    must(made.writer.write_all(data, deadline::never()));
    must(made.reader.read_exactly(data, deadline::never()));
  }
}
BENCHMARK(pipe_64);

// --- names, with nobody in the way

void listener_create_and_close(benchmark::State& state) {
  const std::string name = "micro-" + std::to_string(::getpid());
  for (auto _ : state) must(named_pipe_listener::create(name, framing::bytes)).close();
}
BENCHMARK(listener_create_and_close);

void connect_accept_close(benchmark::State& state) {
  const std::string name = "micro-" + std::to_string(::getpid());
  named_pipe_listener listener = must(named_pipe_listener::create(name, framing::bytes));
  for (auto _ : state) {
    named_pipe client = must(named_pipe::connect(name, 5s));
    named_pipe server = must(listener.accept(5s));
  }
}
BENCHMARK(connect_accept_close);

void create_refused_already_exists(benchmark::State& state) {
  const std::string name = "micro-" + std::to_string(::getpid());
  named_pipe_listener listener = must(named_pipe_listener::create(name, framing::bytes));
  for (auto _ : state) benchmark::DoNotOptimize(named_pipe_listener::create(name, framing::bytes).has_value());
}
BENCHMARK(create_refused_already_exists);

void connect_refused_not_found(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(named_pipe::connect("micro-nobody", deadline::now()).has_value());
}
BENCHMARK(connect_refused_not_found);

void make_pipe_and_close(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(must(make_pipe()));
}
BENCHMARK(make_pipe_and_close);

void make_named_pipe_pair_and_close(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(must(make_named_pipe_pair(framing::bytes)));
}
BENCHMARK(make_named_pipe_pair_and_close);

/// Google Benchmark's main, with --json FILE as our other benchmarks have it.
int run(int argc, char** argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  for (std::size_t index = 1; index < arguments.size(); ++index) {
    if (arguments[index] != "--json" || index + 1 == arguments.size()) continue;
    arguments[index] = "--benchmark_out=" + arguments[index + 1];
    arguments[index + 1] = "--benchmark_out_format=json";
  }
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
