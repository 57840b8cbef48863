// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A road through shared memory: a few places for pieces in each direction. A message says that a place was filled, another
// that it is free again.
#include <algorithm>
#include <stdexcept>

#include "road.hpp"

namespace tour {

namespace {

constexpr std::size_t place_count = 8;
constexpr std::size_t one_direction = place_count * piece_size;

constexpr char filled = 'f';
constexpr char emptied = 'e';

class memory_road : public road {
 public:
  /// Sends through the half of the memory that begins at `out`, receives through the other.
  memory_road(viaduct::mapping memory, viaduct::named_pipe signals, std::size_t out)
      : memory_(std::move(memory)), signals_(std::move(signals)), out_(out), in_(one_direction - out) {}

  void send(viaduct::bytes piece) override {
    if (piece.size() > piece_size) throw std::runtime_error("the piece is too large");
    while (free_ == 0) listen();
    --free_;
    std::copy(piece.begin(), piece.end(), place(out_, sent_++));
    say(filled);
  }

  void receive(viaduct::buffer piece) override {
    while (arrived_ == 0) listen();
    --arrived_;
    std::copy_n(place(in_, received_++), piece.size(), piece.begin());
    say(emptied);
  }

 private:
  [[nodiscard]] std::byte* place(std::size_t half, std::size_t number) {
    return memory_.writable().data() + half + number % place_count * piece_size;
  }
  void say(char what) { signals_.send({&what, 1}, patience).value(); }
  void listen() {
    char what = 0;
    if (signals_.receive({&what, 1}, patience).value() != 1) throw std::runtime_error("an empty signal");
    ++(what == filled ? arrived_ : free_);
  }

  viaduct::mapping memory_;
  viaduct::named_pipe signals_;
  std::size_t out_;
  std::size_t in_;
  std::size_t free_ = place_count;
  std::size_t arrived_ = 0;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
};

struct memory_and_signals {
  viaduct::shared_memory memory = viaduct::shared_memory::create_anonymous(2 * one_direction).value();
  viaduct::mapping shown = memory.map().value();
  viaduct::named_pipe_pair line = viaduct::make_named_pipe_pair(viaduct::framing::messages).value();
};

}  // namespace

meeting prepare_memory() {
  const auto made = std::make_shared<memory_and_signals>();
  return {.name = "-",
          .endpoints = {{"memory", made->memory.endpoint()}, {"signals", made->line.second.endpoint()}},
          .complete = [made] {
            return std::make_unique<memory_road>(std::move(made->shown), std::move(made->line.first), 0);
          }};
}

road_ptr join_memory(const std::string& /*name*/) {
  const auto memory = viaduct::inherited<viaduct::shared_memory>("memory").value();
  auto shown = memory.map({.length = 2 * one_direction}).value();
  return std::make_unique<memory_road>(std::move(shown), viaduct::inherited<viaduct::named_pipe>("signals").value(),
                                       one_direction);
}

}  // namespace tour
