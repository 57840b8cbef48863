// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Roads of one-way pipes: one there, one back. Anonymous, by name, and handed over with a message.
#include <stdexcept>

#include "road.hpp"

namespace tour {

namespace {

class pipe_road : public road {
 public:
  pipe_road(viaduct::pipe_reader reader, viaduct::pipe_writer writer)
      : reader_(std::move(reader)), writer_(std::move(writer)) {}

  void send(viaduct::bytes piece) override { writer_.write_all(piece, patience).value(); }
  void receive(viaduct::buffer piece) override { reader_.read_exactly(piece, patience).value(); }

 private:
  viaduct::pipe_reader reader_;
  viaduct::pipe_writer writer_;
};

struct two_pipes {
  viaduct::pipe_pair there = viaduct::make_pipe().value();
  viaduct::pipe_pair back = viaduct::make_pipe().value();
};

// The receiver owns the name of the pipe there. Should it have died, whoever creates the name next takes it over; nobody
// else will, so that is us: created and at once closed, the name is free.
struct fifo_name {
  explicit fifo_name(std::string chosen) : text(std::move(chosen)) {}
  fifo_name(const fifo_name&) = delete;
  fifo_name& operator=(const fifo_name&) = delete;
  ~fifo_name() { (void)viaduct::pipe_reader::create(text + " there").has_value(); }

  std::string text;
};

// The receiver's ends travel with one message; our copies close when this returns.
road_ptr hand_over(viaduct::named_pipe_listener& listener) {
  viaduct::named_pipe line = listener.accept(patience).value();
  two_pipes pipes;
  const viaduct::native_handle ends[] = {pipes.there.reader.release().value(), pipes.back.writer.release().value()};
  const viaduct::native_view views[] = {ends[0].view(), ends[1].view()};
  line.send("a reader and a writer", views, patience).value();
  line.shutdown_write(patience).value();
  return make_pipe_road(std::move(pipes.back.reader), std::move(pipes.there.writer));
}

}  // namespace

road_ptr make_pipe_road(viaduct::pipe_reader reader, viaduct::pipe_writer writer) {
  return std::make_unique<pipe_road>(std::move(reader), std::move(writer));
}

meeting prepare_pipe() {
  const auto pipes = std::make_shared<two_pipes>();
  return {
      .name = "-",
      .endpoints = {{"there", pipes->there.reader.endpoint()}, {"back", pipes->back.writer.endpoint()}},
      .complete = [pipes] { return make_pipe_road(std::move(pipes->back.reader), std::move(pipes->there.writer)); }};
}

road_ptr join_pipe(const std::string& /*name*/) {
  auto reader = viaduct::inherited<viaduct::pipe_reader>("there").value();
  return make_pipe_road(std::move(reader), viaduct::inherited<viaduct::pipe_writer>("back").value());
}

meeting prepare_fifo() {
  const auto name = std::make_shared<fifo_name>(viaduct::name::unique().text());
  const auto back = std::make_shared<viaduct::pipe_reader>(viaduct::pipe_reader::create(name->text + " back").value());
  return {.name = name->text, .complete = [name, back] {
            return make_pipe_road(std::move(*back),
                                  viaduct::pipe_writer::open(name->text + " there", patience).value());
          }};
}

road_ptr join_fifo(const std::string& name) {
  auto reader = viaduct::pipe_reader::create(name + " there").value();
  return make_pipe_road(std::move(reader), viaduct::pipe_writer::open(name + " back", patience).value());
}

meeting prepare_handover() {
  const viaduct::name name = viaduct::name::unique();
  const auto listener = std::make_shared<viaduct::named_pipe_listener>(
      viaduct::named_pipe_listener::create(name, viaduct::framing::messages, {.accept_handles = true}).value());
  return {.name = name.text(), .complete = [listener] { return hand_over(*listener); }};
}

road_ptr join_handover(const std::string& name) {
  auto line = viaduct::named_pipe::connect(name, patience, {.accept_handles = true}).value();
  char text[64];
  viaduct::received_handles got = line.receive_with_handles(text, patience).value();
  if (got.handles.size() != 2) throw std::runtime_error("two handles were expected");
  (void)line.receive(text, patience).has_value();  // the sender's goodbye: it must not find the line closed before
  auto reader = viaduct::pipe_reader::adopt(std::move(got.handles[0])).value();
  return make_pipe_road(std::move(reader), viaduct::pipe_writer::adopt(std::move(got.handles[1])).value());
}

}  // namespace tour
