// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a program would write without a library: blocking calls on a socket; on a pipe, try and then ppoll.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "support/machine.hpp"
#include "viaduct/bytes.hpp"

namespace viaduct::bench {

/// A blocking AF_UNIX stream socket. Its descriptor lives as long as the process.
class raw_socket {
 public:
  explicit raw_socket(int descriptor) noexcept : descriptor_(descriptor) {}
  /// Calls give up after so long.
  raw_socket(int descriptor, std::chrono::seconds time_out) : descriptor_(descriptor) {
    const timeval value{time_out.count(), 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
      if (::setsockopt(descriptor, SOL_SOCKET, option, &value, sizeof value) != 0) fail_errno("setsockopt");
    }
  }

  void send(bytes from) const {
    while (!from.empty()) {
      const ssize_t count = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL);
      if (count > 0) {
        from = from.after(static_cast<std::size_t>(count));
      } else if (errno != EINTR) {
        fail_errno("send");
      }
    }
  }
  void receive(buffer into) const {
    while (!into.empty()) {
      const ssize_t count = ::recv(descriptor_, into.data(), into.size(), 0);
      if (count > 0) {
        into = into.after(static_cast<std::size_t>(count));
      } else if (count == 0) {
        fail("the other end has gone");
      } else if (errno != EINTR) {
        fail_errno("recv");
      }
    }
  }

 private:
  int descriptor_;
};

/// Which calls move bytes through a pipe.
///   plain        write(), which needs SIGPIPE ignored in the whole process; ppoll() on the pipe alone
///   quiet        pwritev2() with RWF_NOSIGNAL, the one call that raises no signal and leaves the process alone
///   cancellable  the same; ppoll() on the pipe and an eventfd through which another thread can end the wait
enum class pipe_calls : std::uint8_t { plain, quiet, cancellable };

/// Two non-blocking pipes.
template <pipe_calls Calls>
class raw_pipe {
 public:
  /// `time_out` of 0: for ever.
  raw_pipe(int in, int out, std::chrono::seconds time_out) : in_(in), out_(out), time_out_{time_out.count(), 0} {
    bell_ = ::eventfd(0, EFD_CLOEXEC);
    if (bell_ < 0) fail_errno("eventfd");
  }

  void send(bytes from) const {
    while (!from.empty()) {
      const ssize_t count = write(from);
      if (count > 0) {
        from = from.after(static_cast<std::size_t>(count));
      } else {
        wait(out_, POLLOUT);
      }
    }
  }
  void receive(buffer into) const {
    while (!into.empty()) {
      const ssize_t count = ::read(in_, into.data(), into.size());
      if (count > 0) {
        into = into.after(static_cast<std::size_t>(count));
      } else if (count == 0) {
        fail("the other end has gone");
      } else {
        wait(in_, POLLIN);
      }
    }
  }

 private:
  [[nodiscard]] ssize_t write(bytes from) const noexcept {
    if constexpr (Calls == pipe_calls::plain) return ::write(out_, from.data(), from.size());
    constexpr int no_signal = 0x100;  // RWF_NOSIGNAL, newer than many headers
    const iovec piece{const_cast<std::byte*>(from.data()), from.size()};
    return ::pwritev2(out_, &piece, 1, -1, no_signal);
  }
  void wait(int descriptor, short events) const {
    if (errno == EINTR) return;
    if (errno != EAGAIN) fail_errno("pipe");
    std::array<pollfd, 2> watched{pollfd{descriptor, events, 0}, pollfd{bell_, POLLIN, 0}};
    const timespec* bound = time_out_.tv_sec != 0 ? &time_out_ : nullptr;
    const nfds_t count = Calls == pipe_calls::cancellable ? 2 : 1;
    if (::ppoll(watched.data(), count, bound, nullptr) < 0 && errno != EINTR) fail_errno("ppoll");
  }

  int in_;
  int out_;
  timespec time_out_;
  int bell_ = -1;
};

}  // namespace viaduct::bench
