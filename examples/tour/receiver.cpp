// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "receiver.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "control.hpp"
#include "road.hpp"
#include "sender.hpp"
#include "source_file.hpp"

namespace tour {

namespace {

class receiver {
 public:
  explicit receiver(const receiver_task& task)
      : dies_(task.dies),
        control_(viaduct::inherited<viaduct::named_pipe>("control").value()),
        road_(find_mechanism(task.mechanism).join(task.name)) {}

  /// One order; false after the last.
  bool follow(const order& heard) {
    if (heard.word == "round") {
      take_round(heard.first);
    } else if (heard.word == "pings") {
      answer(heard.first);
    } else if (heard.word == "end") {
      control_.say({"total", total_, sum_.checksum()});
      return false;
    } else {
      throw std::runtime_error("unknown order " + heard.word);
    }
    return true;
  }

  // Reading the file may take the sender a while; its death is noticed at once all the same.
  order next() { return control_.hear(6 * patience); }

 private:
  // Memory first, clock (of the sender) second, sum last: what is timed is the road alone.
  void take_round(std::uint64_t size) {
    if (size > round_size) throw std::runtime_error("a round that is too large");
    memory_.resize(size);
    control_.say({"ready"});
    viaduct::buffer rest = memory_;
    while (!rest.empty()) {
      if (dies_ && rest.size() <= size / 2) std::_Exit(9);
      road_->receive(rest.first(piece_size));
      rest = rest.after(piece_size);
    }
    if (dies_) std::_Exit(9);
    control_.say({"arrived"});
    sum_.process_bytes(memory_.data(), memory_.size());
    total_ += size;
  }

  void answer(std::uint64_t count) {
    std::byte message[ping_size];
    control_.say({"ready"});
    for (std::uint64_t done = 0; done < count; ++done) {
      road_->receive(message);
      road_->send(message);
    }
  }

  bool dies_;
  control control_;
  road_ptr road_;
  std::vector<std::byte> memory_;
  checksum sum_;
  std::uint64_t total_ = 0;
};

}  // namespace

void receive(const receiver_task& task) {
  receiver self(task);
  while (self.follow(self.next())) {
  }
}

}  // namespace tour
