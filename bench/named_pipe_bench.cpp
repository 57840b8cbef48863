// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a named pipe costs above a raw blocking socket, and what framing costs above bytes.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "support/contest.hpp"
#include "support/options.hpp"
#include "support/raw.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct::bench {
namespace {

/// A connection for bytes, every call with the same deadline.
class bytes_line {
 public:
  bytes_line(named_pipe& connection, deadline until) noexcept : connection_(&connection), until_(until) {}
  void send(bytes from) const { must(connection_->write_all(from, until_)); }
  void receive(buffer into) const { must(connection_->read_exactly(into, until_)); }

 private:
  named_pipe* connection_;
  deadline until_;
};

/// A connection for messages.
class messages_line {
 public:
  messages_line(named_pipe& connection, deadline until) noexcept : connection_(&connection), until_(until) {}
  void send(bytes from) const { must(connection_->send(from, until_)); }
  void receive(buffer into) const {
    if (must(connection_->receive(into, until_)) != into.size()) fail("a message of another size arrived");
  }

 private:
  named_pipe* connection_;
  deadline until_;
};

/// The leader listens, the follower connects: as a program would, by name.
named_pipe join(bool leading, const std::string& name, framing how) {
  constexpr auto patience = std::chrono::seconds(10);
  if (!leading) return must(named_pipe::connect(name, patience));
  return must(must(named_pipe_listener::create(name, how)).accept(patience));
}

enum way : std::size_t { raw, raw_timed, plain, timed, message, timed_message };

std::array<int, 2> make_raw_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail_errno("socketpair");
  return ends;
}

void body(const options& chosen, report& findings) {
  const std::array<int, 2> ends = make_raw_pair();
  const std::array<int, 2> timed_ends = make_raw_pair();
  const std::string name = "bench-" + std::to_string(::getpid());
  std::optional<named_pipe> for_bytes;
  std::optional<named_pipe> for_messages;
  const line_maker make = [&](bool leading) {
    (void)::close(ends[leading ? 1 : 0]);
    (void)::close(timed_ends[leading ? 1 : 0]);
    for_bytes.emplace(join(leading, name + "-b", framing::bytes));
    for_messages.emplace(join(leading, name + "-m", framing::messages));
    constexpr deadline never = deadline::never();
    constexpr std::chrono::seconds long_span(10);
    lines made;
    made.push_back(make_line(raw_socket(ends[leading ? 0 : 1])));
    made.push_back(make_line(raw_socket(timed_ends[leading ? 0 : 1], long_span)));
    made.push_back(make_line(bytes_line(*for_bytes, never)));
    made.push_back(make_line(bytes_line(*for_bytes, long_span)));
    made.push_back(make_line(messages_line(*for_messages, never)));
    made.push_back(make_line(messages_line(*for_messages, long_span)));
    return made;
  };
  run_contest(chosen, findings, make,
              {{"bytes, never() / raw socket", raw, plain, 1.05},
               {"bytes, 10 s / raw, SO_RCVTIMEO", raw_timed, timed, 1.05},
               {"messages / bytes, never()", plain, message, 1.10},
               {"messages / bytes, 10 s", timed, timed_message, 1.10}});
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) {
  using namespace viaduct::bench;
  int exit_code = 0;
  const auto chosen =
      parse_options(argc, argv, "Named pipes against raw blocking sockets, messages against bytes.", exit_code);
  return chosen ? run_reporting(*chosen, "named_pipe", body) : exit_code;
}
