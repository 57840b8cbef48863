// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Connections to test with.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/named_pipe.hpp"

namespace viaduct::test {

/// A listener, and a client and a server that found each other by its name.
struct connected {
  explicit connected(framing how, const named_pipe_options& listener_options = {},
                     const connect_options& client_options = {})
      : called(unique_name()),
        listener(must(named_pipe_listener::create(called, how, listener_options))),
        client(must(named_pipe::connect(called, std::chrono::seconds(8), client_options))),
        server(must(listener.accept(std::chrono::seconds(8)))) {}

  std::string called;
  named_pipe_listener listener;
  named_pipe client;
  named_pipe server;
};

/// The next message, as text.
[[nodiscard]] inline std::string receive_text(named_pipe& from) {
  std::string into(4096, '\0');
  into.resize(must(from.receive(into, std::chrono::seconds(8))));
  return into;
}

/// Messages that fill the connection until the next would have to wait; how many went.
[[nodiscard]] inline std::size_t fill_with_messages(named_pipe& to, bytes message) {
  std::size_t count = 0;
  for (;;) {
    const auto sent = to.send(message, deadline::now());
    if (sent.has_value()) {
      ++count;
      continue;
    }
    if (!(outcome(sent) == errc::timed_out)) throw std::runtime_error("unexpected: " + sent.error().message());
    return count;
  }
}

/// Bytes until nothing more fits; how many went.
[[nodiscard]] inline std::size_t fill_with_bytes(named_pipe& to) {
  const std::vector<std::byte> chunk(4096);
  std::size_t total = 0;
  for (;;) {
    const auto went = to.write_some(chunk, deadline::now());
    if (went.has_value()) {
      total += *went;
      continue;
    }
    if (!(outcome(went) == errc::timed_out)) throw std::runtime_error("unexpected: " + went.error().message());
    return total;
  }
}

}  // namespace viaduct::test
