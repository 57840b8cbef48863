// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/contest.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>

#include "support/statistics.hpp"

namespace viaduct::bench {

namespace {

constexpr std::size_t largest = std::size_t{64} << 10;
constexpr std::array<std::size_t, 2> sizes{64, largest};

}  // namespace

/// What the leader tells the follower; fixed size, over a socket of their own.
struct contest::order {
  std::int32_t processor = -1;  // not negative: move there, and nothing else
  std::uint32_t which = 0;
  exchange what = exchange::round_trip;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

contest::contest(const line_maker& make) : out_(largest), in_(largest) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) fail_errno("socketpair");
  std::fflush(nullptr);
  follower_ = ::fork();
  if (follower_ < 0) fail_errno("fork");
  control_ = ends[follower_ == 0 ? 1 : 0];
  (void)::close(ends[follower_ == 0 ? 0 : 1]);
  if (follower_ == 0) obey(make);
  lines_ = make(true);
  await_reply();
}

contest::~contest() {
  lines_.clear();
  (void)::close(control_);
  (void)::waitpid(follower_, nullptr, 0);
}

void contest::tell(const order& what) {
  if (::send(control_, &what, sizeof what, MSG_NOSIGNAL) != sizeof what) fail_errno("the following process has gone");
}

void contest::await_reply() const {
  char reply = 0;
  if (::recv(control_, &reply, 1, 0) != 1) fail("the following process has gone");
}

/// The following process: it ends with the leader, or when its lines break because the leader has gone.
void contest::obey(const line_maker& make) {
  const auto reply = [this] { return ::send(control_, "r", 1, MSG_NOSIGNAL) == 1; };
  try {
    lines_ = make(false);
    bool connected = reply();
    for (order wanted; connected && ::recv(control_, &wanted, sizeof wanted, 0) == sizeof wanted;) {
      if (wanted.processor >= 0) {
        pin(wanted.processor);
        connected = reply();
        continue;
      }
      connected = reply();
      lines_.at(wanted.which)->follow(wanted.what, {out_.data(), wanted.size}, {in_.data(), wanted.size}, wanted.count);
      connected = connected && reply();
    }
    lines_.clear();
    std::_Exit(0);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "following process: %s\n", failure.what());
    std::_Exit(2);
  }
}

void contest::place(int leader, int follower) {
  order move;
  move.processor = follower;
  tell(move);
  await_reply();
  pin(leader);
}

double contest::batch(std::size_t which, exchange what, std::size_t size, std::uint64_t count) {
  order wanted;
  wanted.which = static_cast<std::uint32_t>(which);
  wanted.what = what;
  wanted.size = size;
  wanted.count = count;
  tell(wanted);
  await_reply();
  const clock::time_point begin = clock::now();
  lines_.at(which)->lead(what, {out_.data(), size}, {in_.data(), size}, count);
  await_reply();
  const nanoseconds took = clock::now() - begin;
  return static_cast<double>(took.count()) / static_cast<double>(count);
}

std::uint64_t contest::calibrate(std::size_t which, exchange what, std::size_t size, nanoseconds length) {
  const double wanted = static_cast<double>(length.count());
  std::uint64_t count = 8;
  for (;;) {
    const double each = batch(which, what, size, count);
    if (each * static_cast<double>(count) > wanted / 4) return static_cast<std::uint64_t>(wanted / each) + 1;
    count *= 2;
  }
}

namespace {

struct measured {
  std::vector<double> ratios;
  std::vector<double> base;
  std::vector<double> other;
};

/// What is exchanged, and where.
struct setting {
  exchange what;
  std::size_t size;
  bool one;
};

measured measure(contest& between, const comparison& which, const setting& where, const options& chosen) {
  const nanoseconds length = chosen.quick ? std::chrono::milliseconds(1) : std::chrono::milliseconds(6);
  const int pairs = chosen.pairs != 0 ? chosen.pairs : chosen.quick ? 5 : 41;
  const std::uint64_t count = between.calibrate(which.base, where.what, where.size, length);
  (void)between.batch(which.other, where.what, where.size, count);
  measured found;
  for (int pair = 0; pair < pairs; ++pair) {
    const double first = between.batch(which.base, where.what, where.size, count);
    const double second = between.batch(which.other, where.what, where.size, count);
    const double third = between.batch(which.other, where.what, where.size, count);
    const double fourth = between.batch(which.base, where.what, where.size, count);
    found.ratios.push_back((second + third) / (first + fourth));
    found.base.insert(found.base.end(), {first, fourth});
    found.other.insert(found.other.end(), {second, third});
  }
  return found;
}

std::string speed(exchange what, std::size_t size, double nanoseconds_each) {
  if (what == exchange::round_trip || size < 4096) return show_time(nanoseconds_each);
  char shown[32];
  std::snprintf(shown, sizeof shown, "%.0f MB/s", static_cast<double>(size) * 1e3 / nanoseconds_each);
  return shown;
}

void judge(report& findings, const comparison& which, const setting& where, const measured& found) {
  const auto [what, size, one] = where;
  const double lower = quantile(found.ratios, 0.25);
  const double middle = quantile(found.ratios, 0.5);
  const double upper = quantile(found.ratios, 0.75);
  const double base = quantile(found.base, 0.5);
  const double other = quantile(found.other, 0.5);
  const char* exchange_name = what == exchange::round_trip ? "round trip" : "stream";
  char text[240];
  std::snprintf(text, sizeof text, "  %-10s %6zu B  %-34s %5.3f  %5.3f  %5.3f   %10s  %10s", exchange_name, size,
                which.text.c_str(), lower, middle, upper, speed(what, size, base).c_str(),
                speed(what, size, other).c_str());
  json_object figures;
  figures.text("processors", one ? "one" : "two")
      .text("exchange", exchange_name)
      .number("size", static_cast<double>(size));
  figures.text("comparison", which.text).number("p25", lower).number("median", middle).number("p75", upper);
  figures.number("pairs", static_cast<double>(found.ratios.size())).number("base_ns", base).number("other_ns", other);
  std::optional<bool> holds;
  std::string line = text;
  if (one && which.bar > 0) {
    figures.number("bar", which.bar);
    char bar[32];
    std::snprintf(bar, sizeof bar, "   <= %.2f", which.bar);
    line += bar;
    holds = lower <= which.bar;
  }
  findings.row(line, figures, holds);
}

}  // namespace

void run_contest(const options& chosen, report& findings, const line_maker& make,
                 const std::vector<comparison>& comparisons) {
  const std::vector<int> usable = processors();
  contest between(make);
  for (const bool one : {true, false}) {
    if (!one && usable.size() < 2) {
      findings.heading("two processors: not measured, this process may use only one");
      continue;
    }
    between.place(usable.front(), one ? usable.front() : usable.at(1));
    findings.heading(
        std::string(one ? "both processes on one processor" : "each process on its own processor (reported)") +
        "; ratio of times: p25, median, p75; then the times themselves");
    for (const exchange what : {exchange::round_trip, exchange::stream}) {
      for (const std::size_t size : sizes) {
        for (const comparison& which : comparisons) {
          const setting where = {what, size, one};
          judge(findings, which, where, measure(between, which, where, chosen));
        }
      }
    }
  }
}

void run_wakeups(const options& chosen, report& findings, const line_maker& make,
                 const std::vector<comparison>& comparisons) {
  const std::vector<int> usable = processors();
  contest between(make);
  for (const bool one : {true, false}) {
    if (!one && usable.size() < 2) return;
    between.place(usable.front(), one ? usable.front() : usable.at(1));
    findings.heading(std::string(one ? "wake-ups, both processes on one processor"
                                     : "wake-ups, each on its own processor (reported)") +
                     "; ratio of times: p25, median, p75; then the times themselves");
    const setting where = {exchange::round_trip, 1, one};
    for (const comparison& which : comparisons) judge(findings, which, where, measure(between, which, where, chosen));
  }
}

}  // namespace viaduct::bench
