// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "support/peer.hpp"

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "support/peer_system.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

namespace viaduct::test {
namespace {

constexpr std::string_view role_switch = "--viaduct-role";

std::map<std::string, role_registration::function>& roles() {
  static std::map<std::string, role_registration::function> all;
  return all;
}

void strip(std::string& line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
}

int play(const std::string& name, const arguments& args) {
  const auto found = roles().find(name);
  if (found == roles().end()) throw std::runtime_error("there is no such role");
  return found->second(args);
}

}  // namespace

role_registration::role_registration(const char* name, function play) { roles().emplace(name, play); }

arguments role_command(const std::string& role, const arguments& args) {
  arguments made{std::string(role_switch), role, std::to_string(current_limit().count())};
  made.insert(made.end(), args.begin(), args.end());
  return made;
}

int play_role(int argc, char** argv) {
  if (argc < 4 || argv[1] != role_switch) return -1;
  const std::string name = argv[2];
  watch_begin("role " + name, std::chrono::milliseconds(std::strtoll(argv[3], nullptr, 10)));
  try {
    return play(name, arguments(argv + 4, argv + argc));
  } catch (const std::exception& failure) {
    std::cerr << "[role " << name << "] " << failure.what() << std::endl;
    return 1;
  }
}

void insist(bool condition, const char* text, int line) {
  if (!condition) throw std::runtime_error("line " + std::to_string(line) + ": not true: " + text);
}

peer::peer(const std::string& role, const arguments& args, const std::map<std::string, std::string>& environment)
    : role_(role), impl_(start_process(this_program(), role_command(role, args), environment)) {}
peer::peer(peer&&) noexcept = default;
peer& peer::operator=(peer&&) noexcept = default;
peer::~peer() {
  if (!impl_) return;
  try {
    kill();
    wait();
  } catch (const std::exception& failure) {
    std::cerr << "[peer " << role_ << "] " << failure.what() << std::endl;
  }
}

void peer::say(std::string_view line) { impl_->write(std::string(line) + '\n'); }

std::string peer::hear(std::chrono::milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  for (;;) {
    if (const std::size_t at = unread_.find('\n'); at != std::string::npos) {
      std::string line = unread_.substr(0, at);
      unread_.erase(0, at + 1);
      strip(line);
      return line;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    char chunk[512];
    const auto got = impl_->read(chunk, sizeof chunk, std::max(left, std::chrono::milliseconds::zero()));
    if (!got) throw std::runtime_error("role " + role_ + " said nothing in time; heard so far: \"" + unread_ + '"');
    if (*got == 0) throw std::runtime_error("role " + role_ + " has ended its output");
    unread_.append(chunk, *got);
  }
}

void peer::expect(std::string_view line, std::chrono::milliseconds bound) {
  const std::string said = hear(bound);
  if (said != line)
    throw std::runtime_error("role " + role_ + " said \"" + said + "\", not \"" + std::string(line) + '"');
}

void peer::hang_up() { impl_->close_input(); }
void peer::kill() { impl_->kill(); }
int peer::wait() { return impl_->wait(); }
std::uint64_t peer::id() const noexcept { return impl_->id(); }

namespace role {

void say(std::string_view line) { std::cout << line << std::endl; }

bool hear(std::string& line) {
  if (!std::getline(std::cin, line)) return false;
  strip(line);
  return true;
}

std::string hear() {
  std::string line;
  if (!hear(line)) throw std::runtime_error("the test hung up");
  return line;
}

void expect(std::string_view line) {
  const std::string said = hear();
  if (said != line) throw std::runtime_error("the test said \"" + said + "\", not \"" + std::string(line) + '"');
}

}  // namespace role
}  // namespace viaduct::test
