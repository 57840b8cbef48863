// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Starting peers with posix_spawn and talking to them through pipes.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/peer_system.hpp"

extern char** environ;

namespace viaduct::test {
namespace {

[[noreturn]] void fail(const char* what, int code) {
  throw std::runtime_error(std::string("test peer: ") + what + ": " + std::strerror(code));
}

class owned {
 public:
  explicit owned(int value = -1) noexcept : value_(value) {}
  owned(owned&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  owned& operator=(owned&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~owned() { close(); }
  void close() noexcept {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

// Above the standard streams, so that putting them in place in the child never overwrites one.
owned above_standard(int low) {
  const owned first(low);
  const int high = ::fcntl(low, F_DUPFD_CLOEXEC, 3);
  if (high < 0) fail("fcntl", errno);
  return owned(high);
}

std::pair<owned, owned> make_pipe() {
  int ends[2];
  if (::pipe(ends) != 0) fail("pipe", errno);
  owned reading = above_standard(ends[0]);
  return {std::move(reading), above_standard(ends[1])};
}

// The program under test must not get our signal mask or a test's ignored SIGPIPE.
class attributes {
 public:
  attributes() {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGTERM);
    ::posix_spawnattr_init(&value_);
    ::posix_spawnattr_setsigmask(&value_, &none);
    ::posix_spawnattr_setsigdefault(&value_, &defaults);
    ::posix_spawnattr_setflags(&value_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  attributes(const attributes&) = delete;
  attributes& operator=(const attributes&) = delete;
  ~attributes() { ::posix_spawnattr_destroy(&value_); }
  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &value_; }

 private:
  posix_spawnattr_t value_;
};

class actions {
 public:
  actions(int input, int output) {
    ::posix_spawn_file_actions_init(&value_);
    ::posix_spawn_file_actions_adddup2(&value_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&value_, output, STDOUT_FILENO);
  }
  actions(const actions&) = delete;
  actions& operator=(const actions&) = delete;
  ~actions() { ::posix_spawn_file_actions_destroy(&value_); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &value_; }

 private:
  posix_spawn_file_actions_t value_;
};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string line = *at;
    if (added.count(line.substr(0, line.find('='))) == 0) lines.push_back(line);
  }
  for (const auto& [key, value] : added) lines.push_back(key + '=' + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& lines) {
  std::vector<char*> made;
  for (std::string& line : lines) made.push_back(line.data());
  made.push_back(nullptr);
  return made;
}

// A peer that has gone must not end us: SIGPIPE is blocked around the write, and taken if it came from us.
class without_sigpipe {
 public:
  without_sigpipe() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() {
    sigset_t pending;
    ::sigpending(&pending);
    int taken = 0;
    if (sigismember(&pending, SIGPIPE) == 1 && sigismember(&before_, SIGPIPE) == 0) ::sigwait(&signal_, &taken);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signal_;
  sigset_t before_;
};

struct process final : peer::impl {
  process(pid_t id, owned input, owned output) : id_(id), input_(std::move(input)), output_(std::move(output)) {}

  void write(std::string_view text) override {
    const without_sigpipe guard;
    while (!text.empty()) {
      const ssize_t went = ::write(input_.get(), text.data(), text.size());
      if (went >= 0) {
        text.remove_prefix(static_cast<std::size_t>(went));
      } else if (errno == EPIPE) {
        return;
      } else if (errno != EINTR) {
        fail("write", errno);
      }
    }
  }

  void close_input() override { input_.close(); }

  std::optional<std::size_t> read(char* into, std::size_t size, std::chrono::milliseconds bound) override {
    const auto end = std::chrono::steady_clock::now() + bound;
    pollfd ready{output_.get(), POLLIN, 0};
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      const int count = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (count == 0) return std::nullopt;
      if (count < 0 && errno != EINTR) fail("poll", errno);
      if (count < 0) continue;
      const ssize_t got = ::read(output_.get(), into, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail("read", errno);
    }
  }

  void kill() override {
    if (!status_) ::kill(id_, SIGKILL);
  }

  int wait() override {
    if (status_) return *status_;
    int raw = 0;
    while (::waitpid(id_, &raw, 0) < 0) {
      if (errno != EINTR) fail("waitpid", errno);
    }
    status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    return *status_;
  }

  [[nodiscard]] std::uint64_t id() const override { return static_cast<std::uint64_t>(id_); }

 private:
  pid_t id_;
  owned input_;
  owned output_;
  std::optional<int> status_;
};

}  // namespace

std::unique_ptr<peer::impl> start_process(const std::filesystem::path& program, const arguments& args,
                                          const std::map<std::string, std::string>& environment) {
  auto [child_input, our_output] = make_pipe();
  auto [our_input, child_output] = make_pipe();
  std::vector<std::string> command{program.string()};
  command.insert(command.end(), args.begin(), args.end());
  std::vector<std::string> variables = environment_with(environment);
  const actions files(child_input.get(), child_output.get());
  const attributes how;
  pid_t id = 0;
  const int code =
      ::posix_spawn(&id, program.c_str(), files.get(), how.get(), pointers(command).data(), pointers(variables).data());
  if (code != 0) fail("posix_spawn", code);
  return std::make_unique<process>(id, std::move(our_output), std::move(our_input));
}

}  // namespace viaduct::test
