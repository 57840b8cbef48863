// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Two ways of doing the same, measured against each other in one run: two processes, every way open between them, batches
// in the order A B B A. Such a group is a pair; its ratio is B's time by A's. What disturbs the machine disturbs both ways
// alike, or spoils single pairs, so a bar is judged by the lower quartile of the ratios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/machine.hpp"
#include "support/report.hpp"
#include "viaduct/bytes.hpp"

namespace viaduct::bench {

enum class exchange : std::uint8_t { round_trip, stream };

/// One way of sending messages of a known size, in one of the two processes.
class line {
 public:
  line() = default;
  line(const line&) = delete;
  line& operator=(const line&) = delete;
  virtual ~line() = default;
  /// The leading and the following part of `count` exchanges.
  virtual void lead(exchange what, bytes out, buffer in, std::uint64_t count) = 0;
  virtual void follow(exchange what, bytes out, buffer in, std::uint64_t count) = 0;
};

/// Transport has send(bytes) and receive(buffer), each for one whole message. The loops are inlined around them.
template <class Transport>
class line_of final : public line {
 public:
  explicit line_of(Transport made) : transport_(std::move(made)) {}
  void lead(exchange what, bytes out, buffer in, std::uint64_t count) override {
    if (what == exchange::stream) {
      while (count-- != 0) transport_.send(out);
      return;
    }
    for (; count != 0; --count) {
      transport_.send(out);
      transport_.receive(in);
    }
  }
  void follow(exchange what, bytes out, buffer in, std::uint64_t count) override {
    if (what == exchange::stream) {
      while (count-- != 0) transport_.receive(in);
      return;
    }
    for (; count != 0; --count) {
      transport_.receive(in);
      transport_.send(out);
    }
  }

 private:
  Transport transport_;
};
template <class Transport>
[[nodiscard]] std::unique_ptr<line> make_line(Transport made) {
  return std::make_unique<line_of<Transport>>(std::move(made));
}

/// The ways, the same in number and order in both processes. `leading` tells which process asks.
using lines = std::vector<std::unique_ptr<line>>;
using line_maker = std::function<lines(bool leading)>;

struct comparison {
  std::string text;      // "named pipe / raw socket"
  std::size_t base = 0;  // indices into lines
  std::size_t other = 0;
  double bar = 0;  // of other's time by base's; 0: reported, not judged
};

/// Both processes and what they do together.
class contest {
 public:
  /// Forks the following process, which first makes its lines, then obeys until this object goes.
  explicit contest(const line_maker& make);
  ~contest();
  contest(const contest&) = delete;
  contest& operator=(const contest&) = delete;

  /// Keeps the two processes on these processors.
  void place(int leader, int follower);
  /// Nanoseconds per exchange, of one batch.
  [[nodiscard]] double batch(std::size_t which, exchange what, std::size_t size, std::uint64_t count);
  /// How many exchanges take about this long.
  [[nodiscard]] std::uint64_t calibrate(std::size_t which, exchange what, std::size_t size, nanoseconds length);

 private:
  struct order;
  void tell(const order& what);
  void await_reply() const;
  [[noreturn]] void obey(const line_maker& make);

  int control_ = -1;
  int follower_ = -1;
  lines lines_;
  std::vector<std::byte> out_;
  std::vector<std::byte> in_;
};

/// Every comparison at 64 B and 64 KiB, round trips and streams, on one processor (judged) and on two (reported).
void run_contest(const options& chosen, report& findings, const line_maker& make,
                 const std::vector<comparison>& comparisons);

/// The same of round trips without contents alone: wake-ups.
void run_wakeups(const options& chosen, report& findings, const line_maker& make,
                 const std::vector<comparison>& comparisons);

}  // namespace viaduct::bench
