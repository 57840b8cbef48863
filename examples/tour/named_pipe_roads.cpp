// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Roads over named pipes, as a stream of bytes and as whole messages.
#include <stdexcept>

#include "road.hpp"

namespace tour {

namespace {

class bytes_road : public road {
 public:
  explicit bytes_road(viaduct::named_pipe line) : line_(std::move(line)) {}

  void send(viaduct::bytes piece) override { line_.write_all(piece, patience).value(); }
  void receive(viaduct::buffer piece) override { line_.read_exactly(piece, patience).value(); }

 private:
  viaduct::named_pipe line_;
};

class messages_road : public road {
 public:
  explicit messages_road(viaduct::named_pipe line) : line_(std::move(line)) {}

  void send(viaduct::bytes piece) override { line_.send(piece, patience).value(); }
  void receive(viaduct::buffer piece) override {
    if (line_.receive(piece, patience).value() != piece.size()) throw std::runtime_error("a message of the wrong size");
  }

 private:
  viaduct::named_pipe line_;
};

template <class Road>
meeting listen(viaduct::framing how) {
  const viaduct::name name = viaduct::name::unique();
  const auto listener =
      std::make_shared<viaduct::named_pipe_listener>(viaduct::named_pipe_listener::create(name, how).value());
  return {.name = name.text(),
          .complete = [listener] { return std::make_unique<Road>(listener->accept(patience).value()); }};
}

}  // namespace

meeting prepare_bytes() { return listen<bytes_road>(viaduct::framing::bytes); }

road_ptr join_bytes(const std::string& name) {
  return std::make_unique<bytes_road>(viaduct::named_pipe::connect(name, patience).value());
}

meeting prepare_messages() { return listen<messages_road>(viaduct::framing::messages); }

road_ptr join_messages(const std::string& name) {
  return std::make_unique<messages_road>(viaduct::named_pipe::connect(name, patience).value());
}

}  // namespace tour
