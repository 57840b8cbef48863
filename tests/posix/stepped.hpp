// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A process that is led instruction by instruction, and may be killed at each (x86-64 Linux, not in instrumented builds).
#pragma once

#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

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

#if VIADUCT_CAN_STEP

namespace viaduct::test {

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

[[nodiscard]] inline std::filesystem::path this_thread_file() {
  return "/proc" / std::filesystem::read_symlink("/proc/thread-self") / "stat";
}

[[nodiscard]] inline bool is_asleep(const std::filesystem::path& thread) {
  std::ifstream file(thread);
  std::string line;
  std::getline(file, line);
  const std::size_t after_name = line.rfind(") ");
  return after_name != std::string::npos && line.size() > after_name + 2 && line[after_name + 2] == 'S';
}

}  // namespace viaduct::test

#endif
