// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "sender.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

#include "control.hpp"
#include "options.hpp"

namespace tour {

namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

/// A receiver, ended when this goes away: whatever it has open is closed by then.
struct hired {
  viaduct::child_process process;

  explicit hired(viaduct::child_process started) : process(std::move(started)) {}
  hired(hired&&) = default;
  ~hired() {
    if (process.kill().has_value()) (void)process.wait(patience).has_value();
  }
};

/// Everything that belongs to one receiver.
struct company {
  meeting arranged;  // goes last: it cleans up behind the receiver
  hired receiver;
  control line;
  road_ptr road;
};

company set_out(const mechanism& what, const trip& how) {
  auto line = viaduct::make_named_pipe_pair(viaduct::framing::messages).value();
  meeting ready = what.prepare();
  ready.endpoints.emplace_back("control", line.second.endpoint());
  const viaduct::child_options options{
      .endpoints = ready.endpoints, .standard_input = viaduct::stdio::null, .standard_output = viaduct::stdio::null};
  const std::vector<std::string> args{"--receive", what.key, ready.name, how.receiver_dies ? "dies" : "lives"};
  hired receiver(viaduct::child_process::spawn(how.program, args, options).value());
  road_ptr road = ready.complete();
  return {std::move(ready), std::move(receiver), control(std::move(line.first)), std::move(road)};
}

// From the first piece until the receiver says that all of it has arrived.
double send_round(company& with, viaduct::bytes round, progress& bar) {
  with.line.say({"round", round.size()});
  with.line.expect("ready", patience);
  const clock::time_point start = clock::now();
  for (viaduct::bytes rest = round; !rest.empty(); rest = rest.after(piece_size)) {
    const viaduct::bytes piece = rest.first(piece_size);
    with.road->send(piece);
    bar.add(piece.size());
  }
  with.line.expect("arrived", patience);
  return seconds_since(start);
}

double send_file(company& with, source_file& file, progress& bar) {
  std::vector<std::byte> memory(std::min<std::uint64_t>(round_size, file.size()));
  double seconds = 0;
  file.rewind();
  while (const std::size_t got = file.read(memory)) seconds += send_round(with, viaduct::bytes(memory).first(got), bar);
  return static_cast<double>(file.size()) / 1e6 / seconds;
}

double median_round_trip(company& with) {
  std::array<std::byte, ping_size> message{};
  std::vector<double> seconds(ping_count);
  with.line.say({"pings", ping_count});
  with.line.expect("ready", patience);
  for (double& one : seconds) {
    const clock::time_point start = clock::now();
    with.road->send(message);
    with.road->receive(message);
    one = seconds_since(start);
  }
  const auto middle = seconds.begin() + ping_count / 2;
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle * 1e6;
}

// The receiver computed the sum in its own memory; it must be that of the file.
void check_total(company& with, source_file& file) {
  with.line.say({"end"});
  const order total = with.line.expect("total", patience);
  const bool differs = total.first != file.size() || total.second != file.crc();
  if (differs && !file.is_unchanged()) {
    throw user_error(text_of(file.path()) + ": changed while it was sent; name a file that nobody writes to");
  }
  if (total.first != file.size()) throw std::runtime_error(std::to_string(total.first) + " bytes arrived");
  if (total.second != file.crc()) throw std::runtime_error("the CRC-32 of what arrived differs");
  const viaduct::exit_status ended = with.receiver.process.wait(patience).value();
  if (!ended.success()) throw std::runtime_error("the receiver ended with code " + std::to_string(ended.code));
}

}  // namespace

measurement travel(const mechanism& what, source_file& file, const trip& how) {
  measurement made;
  made.what = &what;
  if (!what.missing.empty()) {
    made.ended = outcome::missing;
    made.remark = what.missing;
    return made;
  }
  progress bar(what.title, file.size(), how.show_progress);
  try {
    company with = set_out(what, how);
    made.megabytes_per_second = send_file(with, file, bar);
    made.round_trip_microseconds = median_round_trip(with);
    check_total(with, file);
    made.ended = outcome::intact;
  } catch (const user_error&) {
    throw;
  } catch (const std::exception& failure) {
    made.remark = failure.what();
  }
  return made;
}

}  // namespace tour
