// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A second process that does one operation on an entry at a time and can be stopped, or killed, before any of the system
// calls the operation makes. With it a test forces every order of two operations with one switch between them.
#pragma once

#include <poll.h>
#include <signal.h>
#include <unistd.h>
#if __has_include(<sys/syscall.h>)
#include <sys/syscall.h>
#endif

#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "backend/entry.hpp"
#include "backend/seam.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/plain_object.hpp"
#include "viaduct/errc.hpp"

namespace viaduct::test {

/// A second process as programs make it that know nothing of pthread_atfork: 0 in it, -1 where there is no such call.
#if defined(SYS_clone)
inline constexpr bool has_bare_clone = true;
inline long bare_clone() noexcept { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }
#else
inline constexpr bool has_bare_clone = false;
inline long bare_clone() noexcept { return -1; }
#endif

inline lifetime life_from(const std::string& text) {
  if (text == "owner" || text == "public") return lifetime::owner;
  return text == "users" ? lifetime::users : lifetime::persistent;
}

/// Stops the process before the n-th system call of an operation, until it is told to go on or is killed.
class stopper {
 public:
  void arm(int call, bool kill) noexcept {
    left_ = call;
    kill_ = kill;
  }
  static int before(void* context, const char* call) {
    auto& self = *static_cast<stopper*>(context);
    if (self.left_ == 0 || --self.left_ > 0) return 0;
    if (self.kill_) std::_Exit(peer::killed);
    role::say(std::string("at ") + call);
    std::istringstream order(role::hear());  // "go", or "go 3" to be stopped again before the third call from here
    std::string go;
    order >> go;
    if (!(order >> self.left_)) self.left_ = 0;
    return 0;
  }

 private:
  int left_ = 0;
  bool kill_ = false;
};

class actor_part {
 public:
  explicit actor_part(std::string content) : content_(std::move(content)) {}

  /// "<operation> <name> <lifetime> <stop before this call, 0: never> <stop|kill>"; answers "ok <content>" or the error.
  std::string perform(const std::string& command) {
    std::istringstream words(command);
    std::string operation, called, life, how;
    int call = 0;
    words >> operation >> called >> life >> call >> how;
    stop_.arm(call, how == "kill");
    backend::seam::set_hook(stopper::before, &stop_);
    backend::entry_request request = plain_request(called, life_from(life));
    if (life == "public") request.who = permission::everyone();
    std::string answer = act(operation, request);
    backend::seam::set_hook(nullptr, nullptr);
    return answer;
  }

 private:
  std::string act(const std::string& operation, const backend::entry_request& request) {
    std::string content = content_;
    if (operation == "close") {
      held_.reset();
      return "ok";
    }
    if (operation == "clone") {
      const long process = bare_clone();  // with all our locks
      if (process < 0) return "no clone";
      if (process == 0) {
        pollfd end{STDIN_FILENO, 0, 0};  // until the test lets go of us
        (void)::poll(&end, 1, 20'000);
        ::_exit(0);
      }
      return "ok " + content;
    }
    if (operation == "remove") return answer(backend::entry::remove(request.kind, request.what), content);
    if (operation == "create") return keep(backend::entry::create(request, plain_builder(content)), content);
    if (operation == "open") return keep(backend::entry::open(request, plain_opener(content)), content);
    detail::timer wait(std::chrono::seconds(5));
    return keep(backend::entry::open_or_create(request, plain_builder(content), plain_opener(content), wait), content);
  }

  std::string keep(result<backend::entry> got, const std::string& content) {
    if (got) held_.emplace(std::move(*got));
    return answer(got, content);
  }

  template <class T>
  static std::string answer(const result<T>& got, const std::string& content) {
    if (got.has_value()) return "ok " + content;
    return got.error().message();
  }

  std::string content_;
  std::optional<backend::entry> held_;
  stopper stop_;
};

/// The test's end of it.
class actor : public peer {
 public:
  /// What it makes has this content.
  explicit actor(const std::string& content = "actor") : peer("entry_actor", {content}) {}

  /// Does it to the end.
  std::string perform(const std::string& operation, const std::string& called, const std::string& life) {
    say(operation + ' ' + called + ' ' + life + " 0 stop");
    return hear();
  }
  /// True: it is stopped before that call, whose name is in `where`; false: it was done before, see `where` for the answer.
  bool perform_until(const std::string& operation, const std::string& called, const std::string& life, int call) {
    say(operation + ' ' + called + ' ' + life + ' ' + std::to_string(call) + " stop");
    where = hear();
    return where.starts_with("at ");
  }
  /// On, and stopped again after that many calls.
  bool go_on_for(int calls) {
    say("go " + std::to_string(calls));
    where = hear();
    return where.starts_with("at ");
  }
  std::string finish() {
    say("go");
    return hear();
  }
  /// The process dies before that call. True: it did; false: the operation made fewer calls.
  bool perform_and_die(const std::string& operation, const std::string& called, const std::string& life, int call) {
    say(operation + ' ' + called + ' ' + life + ' ' + std::to_string(call) + " kill");
    try {
      where = hear();
      return false;
    } catch (const std::runtime_error&) {
      if (wait() != killed) throw;
      return true;
    }
  }

  std::string where;
};

// --- what the tests with actors do themselves
[[nodiscard]] inline result<backend::entry> create_entry(const std::string& called, const std::string& life,
                                                         const std::string& content) {
  return backend::entry::create(plain_request(called, life_from(life)), plain_builder(content));
}

[[nodiscard]] inline result<backend::entry> open_entry(const std::string& called, std::string& content) {
  return backend::entry::open(plain_request(called, lifetime::users), plain_opener(content));
}

/// An entry whose creator was killed.
inline void leave_dead(const std::string& called, const std::string& life) {
  actor dead;
  REQUIRE(dead.perform("create", called, life) == "ok actor");
  dead.kill();
  REQUIRE(dead.wait() == peer::killed);
}

}  // namespace viaduct::test

VIADUCT_ROLE(entry_actor, args) {
  viaduct::test::actor_part part(args.at(0));
  for (std::string line; viaduct::test::role::hear(line);) viaduct::test::role::say(part.perform(line));
  return 0;
}
