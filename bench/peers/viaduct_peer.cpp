// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Viaduct as one of the transports of a comparison harness that lives outside this repository (-DVIADUCT_PEERS_DIR). The
// harness makes two processes, pins them and times; here is only how to open, send and receive.
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "harness.hpp"
#include "viaduct/viaduct.hpp"

namespace pb {

constexpr auto patience = std::chrono::seconds(5);

template <class T>
T must(viaduct::result<T>&& from) {
  if (from.has_error()) die(from.error().message().c_str());
  if constexpr (!std::is_void_v<T>) return std::move(*from);
}

inline std::string bench_name(const Ctx& c) { return "peer-" + c.uid; }

/// A connection by name: A connects, B listens.
template <viaduct::framing How>
struct Connection {
  static constexpr const char* name =
      How == viaduct::framing::bytes ? "viaduct_named_pipe_bytes" : "viaduct_named_pipe";
  static constexpr const char* kind = "viaduct";
  static constexpr bool clean_exit = false;
  static bool supports(const std::string& test, size_t) { return test.rfind("mpsc", 0) != 0; }

  explicit Connection(Ctx& c) : called(bench_name(c)) {}
  void open(int role, int) {
    if (role == 0) {
      line.emplace(must(viaduct::named_pipe::connect(called, patience)));
      return;
    }
    listener.emplace(must(viaduct::named_pipe_listener::create(called, How)));
    line.emplace(must(listener->accept(patience)));
  }
  void send(const char* p, size_t n) {
    if constexpr (How == viaduct::framing::bytes) {
      must(line->write_all(viaduct::bytes(p, n), viaduct::deadline::never()));
    } else {
      must(line->send(viaduct::bytes(p, n), viaduct::deadline::never()));
    }
  }
  uint64_t recv(char* p, size_t n) {
    if constexpr (How == viaduct::framing::bytes) {
      must(line->read_exactly(viaduct::buffer(p, n), viaduct::deadline::never()));
    } else if (must(line->receive(viaduct::buffer(p, n), viaduct::deadline::never())) != n) {
      die("a message of another size");
    }
    return word0(p);
  }
  void close() { line.reset(); }

  std::string called;
  std::optional<viaduct::named_pipe_listener> listener;
  std::optional<viaduct::named_pipe> line;
};

/// Two anonymous pipes, given up before the harness forks and taken over by each side.
struct Pipes {
  static constexpr const char* name = "viaduct_pipe";
  static constexpr const char* kind = "viaduct";
  static constexpr bool clean_exit = false;
  static bool supports(const std::string& test, size_t) { return test.rfind("mpsc", 0) != 0; }

  explicit Pipes(Ctx&) {
    for (auto& way : ways) {
      viaduct::pipe_pair made = must(viaduct::make_pipe());
      way.read = must(made.reader.release()).release();
      way.write = must(made.writer.release()).release();
    }
  }
  ~Pipes() {
    for (const auto& way : ways) {
      ::close(static_cast<int>(way.read));
      ::close(static_cast<int>(way.write));
    }
  }
  void open(int role, int) {
    in.emplace(must(viaduct::pipe_reader::adopt(viaduct::native_handle(ways[role == 0 ? 1 : 0].read))));
    out.emplace(must(viaduct::pipe_writer::adopt(viaduct::native_handle(ways[role == 0 ? 0 : 1].write))));
  }
  void send(const char* p, size_t n) { must(out->write_all(viaduct::bytes(p, n), viaduct::deadline::never())); }
  uint64_t recv(char* p, size_t n) {
    must(in->read_exactly(viaduct::buffer(p, n), viaduct::deadline::never()));
    return word0(p);
  }
  void close() {}

  struct way_ends {
    viaduct::native_handle::value_type read, write;
  };
  way_ends ways[2]{};
  std::optional<viaduct::pipe_reader> in;
  std::optional<viaduct::pipe_writer> out;
};

}  // namespace pb

int main(int argc, char** argv) {
  using namespace pb;
  const Opt o = parse(argc, argv);
  run_all<Connection<viaduct::framing::bytes>>(o);
  run_all<Connection<viaduct::framing::messages>>(o);
  run_all<Pipes>(o);
}
