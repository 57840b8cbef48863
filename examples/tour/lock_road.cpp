// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A road through named shared memory: a mutex protects what lies there, a notification tells that it has changed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "road.hpp"

namespace tour {

namespace {

/// One direction, in the memory; zero at first.
struct lane {
  static constexpr std::size_t places = 8;
  std::uint64_t sent;
  std::uint64_t received;
  std::array<std::array<std::byte, piece_size>, places> pieces;
};
struct lanes {
  std::array<lane, 2> all;
};

class lock_road : public road {
 public:
  lock_road(const std::string& name, std::size_t out)
      : memory_(viaduct::shared_memory::open_or_create(name, sizeof(lanes), patience).value()),
        shown_(memory_.map().value()),
        mutex_(viaduct::mutex::open_or_create(name, patience).value()),
        changed_(viaduct::notification::open_or_create(name, patience).value()),
        watcher_(changed_.watch().value()),
        out_(out) {}

  void send(viaduct::bytes piece) override {
    if (piece.size() > piece_size) throw std::runtime_error("the piece is too large");
    when(
        out_, [](const lane& at) { return at.sent - at.received < lane::places; },
        [&](lane& at) { std::copy(piece.begin(), piece.end(), at.pieces[at.sent++ % lane::places].begin()); });
  }

  void receive(viaduct::buffer piece) override {
    when(
        1 - out_, [](const lane& at) { return at.sent != at.received; },
        [&](lane& at) { std::copy_n(at.pieces[at.received++ % lane::places].begin(), piece.size(), piece.begin()); });
  }

 private:
  /// Changes a lane under the lock as soon as that is possible, and tells.
  template <class Possible, class Change>
  void when(std::size_t which, Possible&& possible, Change&& change) {
    for (;;) {
      {
        const auto lock = mutex_.lock(patience).value();
        lane& at = reinterpret_cast<lanes*>(shown_.writable().data())->all[which];
        if (possible(at)) {
          change(at);
          break;
        }
      }
      (void)watcher_.wait(patience).value();
    }
    changed_.post().value();
  }

  viaduct::shared_memory memory_;
  viaduct::mapping shown_;
  viaduct::mutex mutex_;
  viaduct::notification changed_;
  viaduct::notification_watcher watcher_;
  std::size_t out_;
};

}  // namespace

meeting prepare_lock() {
  const std::string name = viaduct::name::unique().text();
  const auto made = std::make_shared<std::unique_ptr<lock_road>>(std::make_unique<lock_road>(name, 0));
  return {.name = name, .endpoints = {}, .complete = [made] { return std::move(*made); }};
}

road_ptr join_lock(const std::string& name) { return std::make_unique<lock_road>(name, 1); }

}  // namespace tour
