// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Second processes. A test writes the other process's part next to itself as a role, and starts it as a peer: the test
// program executes itself again and plays the role. They talk line by line through the role's standard input and output.
// Nothing here uses the library, so that a broken library is seen.
//
//   VIADUCT_ROLE(echo, args) {
//     auto connection = must(named_pipe::connect(args.at(0), 5s));
//     role::say("ready");
//     role::expect("go");
//     return 0;
//   }
//   TEST_CASE("...") {
//     peer echo("echo", {name});
//     echo.expect("ready");
//     echo.say("go");
//     CHECK(echo.wait() == 0);
//   }
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::test {

using arguments = std::vector<std::string>;

class peer {
 public:
  /// What wait() returns after kill(), on every system.
  static constexpr int killed = 137;
  static constexpr std::chrono::milliseconds patience = std::chrono::seconds(8);

  /// Starts the role, with these variables added to our environment.
  explicit peer(const std::string& role, const arguments& args = {},
                const std::map<std::string, std::string>& environment = {});
  peer(peer&&) noexcept;
  peer& operator=(peer&&) noexcept;
  /// Kills it if it still runs.
  ~peer();

  /// One line to it. Nothing happens if it has gone: wait() will tell.
  void say(std::string_view line);
  /// Its next line; an exception (so the test fails) at the end of its output or after `bound`.
  [[nodiscard]] std::string hear(std::chrono::milliseconds bound = patience);
  /// Hears a line and insists on it.
  void expect(std::string_view line, std::chrono::milliseconds bound = patience);
  /// No more lines from us: role::hear() ends.
  void hang_up();

  /// SIGKILL or TerminateProcess; it is not reaped before wait().
  void kill();
  /// Its exit code, 128 + signal if one ended it; may be asked again. Bounded by the watchdog.
  int wait();
  [[nodiscard]] std::uint64_t id() const noexcept;

  struct impl;  // complete in tests/<system>/peer.cpp

 private:
  std::string role_;
  std::string unread_;
  std::unique_ptr<impl> impl_;
};

/// The command line, without the program, that makes the test program play a role.
[[nodiscard]] arguments role_command(const std::string& role, const arguments& args = {});

/// For roles: their end of the conversation.
namespace role {
void say(std::string_view line);
/// The next line; an exception, which ends the role with 1, when the test hung up.
[[nodiscard]] std::string hear();
/// False when the test hung up.
[[nodiscard]] bool hear(std::string& line);
void expect(std::string_view line);
}  // namespace role

/// Plays the role if the command line asks for one: its exit code, else -1.
[[nodiscard]] int play_role(int argc, char** argv);

struct role_registration {
  using function = int (*)(const arguments& args);
  role_registration(const char* name, function play);
};

/// Insists, in a role: an exception ends it with 1 and the text on standard error.
void insist(bool condition, const char* text, int line);

}  // namespace viaduct::test

#define VIADUCT_ROLE(name, args)                                                                         \
  static int viaduct_role_##name(const ::viaduct::test::arguments& args);                                \
  static const ::viaduct::test::role_registration viaduct_registered_##name(#name, viaduct_role_##name); \
  static int viaduct_role_##name([[maybe_unused]] const ::viaduct::test::arguments& args)

#define VIADUCT_INSIST(condition) ::viaduct::test::insist(static_cast<bool>(condition), #condition, __LINE__)
