// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a pipe costs above the raw calls: try, then ppoll. Judged against raw calls that keep the same two promises, no
// SIGPIPE and an end to waits from another thread; reported against those that drop one or both.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "support/contest.hpp"
#include "support/options.hpp"
#include "support/raw.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::bench {
namespace {

/// A pipe in each direction, every call with the same deadline.
class pipe_line {
 public:
  pipe_line(pipe_reader& in, pipe_writer& out, deadline until) noexcept : in_(&in), out_(&out), until_(until) {}
  void send(bytes from) const { must(out_->write_all(from, until_)); }
  void receive(buffer into) const { must(in_->read_exactly(into, until_)); }

 private:
  pipe_reader* in_;
  pipe_writer* out_;
  deadline until_;
};

struct raw_pair {
  int read = -1;
  int write = -1;
};

raw_pair make_raw_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail_errno("pipe2");
  return {ends[0], ends[1]};
}

/// A pipe of ours, given up before the fork: the child may not use its parent's objects.
raw_pair make_released_pipe() {
  pipe_pair made = must(make_pipe());
  return {static_cast<int>(must(made.reader.release()).release()),
          static_cast<int>(must(made.writer.release()).release())};
}

/// Of two pipes, what this process reads and what it writes; the other ends are closed.
raw_pair my_ends(const raw_pair& forth, const raw_pair& back, bool leading) {
  const raw_pair& in = leading ? back : forth;
  const raw_pair& out = leading ? forth : back;
  (void)::close(in.write);
  (void)::close(out.read);
  return {in.read, out.write};
}

constexpr std::chrono::seconds for_ever{0};
constexpr std::chrono::seconds long_span{10};

enum way : std::size_t { raw, raw_timed, raw_quiet, raw_plain, endless, timed };

void body(const options& chosen, report& findings) {
  // For plain write() alone: ours needs no such thing.
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) fail_errno("signal");
  const raw_pair raw_forth = make_raw_pipe();
  const raw_pair raw_back = make_raw_pipe();
  const raw_pair forth = make_released_pipe();
  const raw_pair back = make_released_pipe();
  std::optional<pipe_reader> in;
  std::optional<pipe_writer> out;
  const line_maker make = [&](bool leading) {
    const raw_pair theirs = my_ends(raw_forth, raw_back, leading);
    const raw_pair ours = my_ends(forth, back, leading);
    in.emplace(must(pipe_reader::adopt(native_handle(native_view::value_type{ours.read}))));
    out.emplace(must(pipe_writer::adopt(native_handle(native_view::value_type{ours.write}))));
    lines made;
    made.push_back(make_line(raw_pipe<pipe_calls::cancellable>(theirs.read, theirs.write, for_ever)));
    made.push_back(make_line(raw_pipe<pipe_calls::cancellable>(theirs.read, theirs.write, long_span)));
    made.push_back(make_line(raw_pipe<pipe_calls::quiet>(theirs.read, theirs.write, for_ever)));
    made.push_back(make_line(raw_pipe<pipe_calls::plain>(theirs.read, theirs.write, for_ever)));
    made.push_back(make_line(pipe_line(*in, *out, deadline::never())));
    made.push_back(make_line(pipe_line(*in, *out, long_span)));
    return made;
  };
  run_contest(chosen, findings, make,
              {{"never() / raw, same promises", raw, endless, 1.05},
               {"10 s / raw, same promises", raw_timed, timed, 1.05},
               {"never() / raw, no cancel", raw_quiet, endless, 0},
               {"never() / raw, no cancel, SIGPIPE", raw_plain, endless, 0}});
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen = parse_options(argc, argv, "Pipes against the raw calls: try, then ppoll.", exit_code);
  return chosen ? run_reporting(*chosen, "pipe", body) : exit_code;
}
