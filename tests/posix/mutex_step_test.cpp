// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A process is killed at every single instruction of: lock, change two counters, unlock. Whatever the instruction, the next
// one gets the lock, and finds the counters equal or has been told of the death.
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include "common/lock_word.hpp"
#include "common/shared_object.hpp"
#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/pair_of_counters.hpp"
#include "support/watchdog.hpp"
#include "viaduct/mutex.hpp"

#if defined(__x86_64__) && __has_include(<linux/ptrace.h>) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define VIADUCT_CAN_STEP 1
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#else
#define VIADUCT_CAN_STEP 0
#endif

using namespace viaduct;
using namespace viaduct::test;
using namespace std::chrono_literals;

#if VIADUCT_CAN_STEP

namespace {

/// A forked child that stops itself where its part says so, and then goes on instruction by instruction.
class stepped {
 public:
  template <class Part>
  explicit stepped(Part&& part) : child_(::fork()) {
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) {
      try {
        part();
      } catch (const std::exception& failure) {
        std::cerr << failure.what() << std::endl;
      }
      ::_exit(1);
    }
    await();
  }
  stepped(const stepped&) = delete;
  stepped& operator=(const stepped&) = delete;
  ~stepped() { kill(); }

  /// For the child: everything up to here runs at full speed; and the end.
  static void stop_here() { (void)::raise(SIGSTOP); }
  static void be_traced() {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
    stop_here();
  }

  [[nodiscard]] bool is_stopped() const { return WIFSTOPPED(status_); }
  /// On to where the child stops itself next.
  void go_on() {
    resume(PTRACE_CONT);
    await();
  }
  /// So many instructions. False: before that the child stopped itself.
  [[nodiscard]] bool step(int instructions) {
    for (; instructions > 0; --instructions) {
      resume(PTRACE_SINGLESTEP);
      await();
      if (!is_stopped()) throw std::runtime_error("the stepped child ended");
      if (WSTOPSIG(status_) == SIGSTOP) return false;
    }
    return true;
  }
  /// On to the beginning or the end of the next system call. False: the child stopped itself.
  [[nodiscard]] bool go_to_system_call() {
    resume(PTRACE_SYSCALL);
    await();
    if (!is_stopped()) throw std::runtime_error("the stepped child ended");
    return WSTOPSIG(status_) != SIGSTOP;
  }
  [[nodiscard]] user_regs_struct registers() const {
    user_regs_struct now{};
    if (::ptrace(PTRACE_GETREGS, child_, nullptr, &now) != 0) throw std::runtime_error("ptrace");
    return now;
  }
  /// Is its next instruction the system call that sleeps?
  [[nodiscard]] bool is_about_to_sleep() const {
    const user_regs_struct now = registers();
    const long code = ::ptrace(PTRACE_PEEKTEXT, child_, reinterpret_cast<void*>(now.rip), nullptr);
    return (code & 0xFFFF) == 0x050F && now.rax == SYS_futex;
  }
  /// At the end of a system call: did it sleep until its time was up?
  [[nodiscard]] bool has_overslept() const {
    const user_regs_struct now = registers();
    return now.orig_rax == SYS_futex && static_cast<long>(now.rax) == -ETIMEDOUT;
  }
  void kill() {
    if (child_ < 0) return;
    (void)::kill(child_, SIGKILL);
    while (!WIFEXITED(status_) && !WIFSIGNALED(status_)) await();
    child_ = -1;
  }

 private:
  void resume(decltype(PTRACE_CONT) how) const {
    if (::ptrace(how, child_, nullptr, nullptr) != 0) throw std::runtime_error("ptrace");
  }
  void await() {
    while (::waitpid(child_, &status_, 0) < 0) {
    }
  }

  pid_t child_;
  int status_ = 0;
};

/// The lock's word, to see what its waiters see.
class view_of_word {
 public:
  explicit view_of_word(const std::string& called) {
    const name what(called);
    detail::timer wait(8s);
    const auto request =
        detail::request_for<detail::shared_object<detail::lock_words>>(backend::object_kind::mutex, what);
    object_.emplace(detail::make_label(called), must(detail::open_object(request, wait)));
  }
  [[nodiscard]] std::uint64_t read() const { return object_->words().word.load(); }

 private:
  std::optional<detail::shared_object<detail::lock_words>> object_;
};

std::filesystem::path this_thread_file() {
  return "/proc" / std::filesystem::read_symlink("/proc/thread-self") / "stat";
}

bool is_asleep(const std::filesystem::path& thread) {
  std::ifstream file(thread);
  std::string line;
  std::getline(file, line);
  const std::size_t after_name = line.rfind(") ");
  return after_name != std::string::npos && line.size() > after_name + 2 && line[after_name + 2] == 'S';
}

/// The child's part, up to its first stop. The first turn binds all symbols.
struct actor_part {
  explicit actor_part(const std::string& called) : lockable(must(mutex::open(called, 8s))), counters(called) {
    {
      const auto lock = must(lockable.lock(8s));
    }
    counters->first = counters->first + 0;
    stepped::be_traced();
  }
  void change() {
    counters->first = counters->first + 1;
    counters->second = counters->second + 1;
  }
  mutex lockable;
  shared_counters counters;
};

/// A waiter in this process; told: what it learned of a death.
struct sleeping_waiter {
  sleeping_waiter(mutex& lockable, shared_counters& counters, const view_of_word& word)
      : thread([&] {
          file = this_thread_file();
          begun = true;
          auto lock = must(lockable.lock(8s));
          if (counters.inspect(lock.owner_died())) must(lock.repaired());
        }) {
    while (!begun) std::this_thread::yield();
    while ((word.read() & detail::lock_word::contended) == 0 || !is_asleep(file)) std::this_thread::yield();
  }
  std::filesystem::path file;
  std::atomic<bool> begun{false};
  companion thread;
};

struct tally {
  int points = 0;
  std::uint64_t deaths = 0;
};

void inspect_after(mutex& lockable, shared_counters& counters) {
  auto lock = must(lockable.lock(8s));
  if (counters.inspect(lock.owner_died())) must(lock.repaired());
}

}  // namespace

TEST_CASE("mutex step: killed at every instruction of lock, two changes, unlock") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  int points = 0;
  for (bool more = true; more; ++points) {
    stepped child([&] {
      actor_part actor(called);
      auto lock = must(actor.lockable.lock(deadline::never()));
      actor.change();
      (void)lock.unlock();
      stepped::stop_here();
    });
    more = child.step(points);
    child.kill();
    inspect_after(lockable, counters);
  }
  std::cout << points << " points, " << counters->deaths << " times a holder died, " << counters->first << " changes\n";
  CHECK(counters->unspoken == 0);
  CHECK(points > 40);
  CHECK(counters->deaths > 0);
  CHECK(counters->deaths < static_cast<std::uint64_t>(points));
}

TEST_CASE("mutex step: killed at every instruction of the rest, while somebody sleeps behind it") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  const view_of_word word(called);
  int points = 0;
  for (bool more = true; more; ++points) {
    stepped child([&] {
      actor_part actor(called);
      auto lock = must(actor.lockable.lock(deadline::never()));
      stepped::stop_here();
      actor.change();
      (void)lock.unlock();
      stepped::stop_here();
    });
    child.go_on();
    REQUIRE(child.is_stopped());
    sleeping_waiter waiter(lockable, counters, word);
    more = child.step(points);
    child.kill();
    waiter.thread.join();
    inspect_after(lockable, counters);
  }
  std::cout << points << " points, " << counters->deaths << " times a holder died, " << counters->first << " changes\n";
  CHECK(counters->unspoken == 0);
  CHECK(points > 40);
  CHECK(counters->deaths > 0);
}

TEST_CASE("mutex step: killed at every instruction of taking over from the dead") {
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  shared_counters counters(called);
  const int stride = rounds(23, 1);
  int points = 0;
  for (bool more = true; more; points += stride) {
    {
      stepped dying([&] {
        actor_part actor(called);
        auto lock = must(actor.lockable.lock(deadline::never()));
        actor.counters->first = actor.counters->first + 1;
        stepped::stop_here();
      });
      dying.go_on();
      REQUIRE(dying.is_stopped());
    }
    stepped heir([&] {
      auto mine = must(mutex::open(called, 8s));
      stepped::be_traced();
      auto lock = must(mine.lock(deadline::now()));
      stepped::stop_here();
    });
    more = heir.step(points);
    heir.kill();
    const std::uint64_t deaths = counters->deaths;
    inspect_after(lockable, counters);
    REQUIRE(counters->deaths == deaths + 1);  // repaired() was not called: told again
  }
  std::cout << points / stride << " points up to instruction " << points << "\n";
  CHECK(counters->unspoken == 0);
}

// A waiter looks for itself after a while, so that a wake-up it lost does not show otherwise.
TEST_CASE("mutex step: unlocked at every instruction between two sleeps of a waiter, it does not sleep on") {
  VIADUCT_NEEDS(backend::has_address_waits(), "address waits");
  time_limit(100s);
  const std::string called = unique_name();
  auto lockable = must(mutex::create(called));
  int points = 0;
  int lost = 0;
  for (bool more = true; more; ++points) {
    auto held = must(lockable.lock(deadline::never()));
    stepped waiter([&] {
      auto mine = must(mutex::open(called, 8s));
      stepped::be_traced();
      auto lock = must(mine.lock(deadline::never()));
      stepped::stop_here();
    });
    do {
      REQUIRE(waiter.go_to_system_call());
    } while (!waiter.has_overslept());
    for (int left = points; left > 0 && more; --left) {
      REQUIRE(waiter.step(1));
      more = !waiter.is_about_to_sleep();
    }
    must(held.unlock());
    while (waiter.go_to_system_call()) lost += waiter.has_overslept() ? 1 : 0;
    waiter.kill();
    must(must(lockable.lock(8s)).repaired());
  }
  std::cout << points << " points\n";
  CHECK(points > 40);
  CHECK(lost == 0);
}

#else

TEST_CASE("mutex step: killed at every instruction") { VIADUCT_SKIP("needs single steps of an x86-64 Linux process"); }

#endif
