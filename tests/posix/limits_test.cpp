// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Running out, and peers that go too far: no descriptors left, hundreds of descriptors in a message, silence.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/faults.hpp"
#include "support/interrupt.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

/// Leaves this process `spare` descriptors beside those it has, until the end of the scope.
class few_descriptors {
 public:
  explicit few_descriptors(int spare) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The limit is on the number, not on the count: the gaps below the highest one are filled.
    int highest = 0;
    for (int number = 0; number < 4096; ++number) {
      if (::fcntl(number, F_GETFD) >= 0) highest = number;
    }
    int filler = ::dup(0);
    for (; filler >= 0 && filler < highest; filler = ::dup(0)) fillers_.push_back(filler);
    ::close(filler);
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(highest) + 1 + static_cast<rlim_t>(spare);
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~few_descriptors() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
    for (const int filler : fillers_) ::close(filler);
  }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

std::chrono::nanoseconds cpu_time() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

TEST_CASE("limits: without descriptors accept says so, costs no CPU, and serves again afterwards", "[serial]") {
  time_limit(30s);
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  auto client = must(named_pipe::connect(called, 1s));
  {
    const few_descriptors tight(0);
    const auto spent = cpu_time();
    const auto begin = std::chrono::steady_clock::now();
    int tries = 0;
    while (std::chrono::steady_clock::now() - begin < 1s) {
      const outcome refused(listener.accept(5s));
      CHECK(refused == errc::limit_reached);
      ++tries;
    }
    CHECK(tries >= 2);
    CHECK(cpu_time() - spent < 200ms);  // an eager loop would spend the whole second
  }
  CHECK(outcome(listener.accept(5s)) == success);
}

TEST_CASE("limits: without descriptors every maker says limit_reached and works afterwards") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  const leak_audit audit;
  {
    const few_descriptors tight(1);
    CHECK(outcome(make_pipe()) == errc::limit_reached);
    CHECK(outcome(make_named_pipe_pair(framing::bytes)) == errc::limit_reached);
    CHECK(outcome(pipe_reader::create(called)) == errc::limit_reached);
    CHECK(outcome(mutex::create(called)) == errc::limit_reached);
    CHECK(outcome(notification::create(called)) == errc::limit_reached);
  }
  CHECK(outcome(mutex::remove(called)) == errc::not_found);  // not even a dead entry is left
  CHECK(outcome(notification::remove(called)) == errc::not_found);
  CHECK(audit.leaked_handles() == 0);
  CHECK(outcome(make_pipe()) == success);
  CHECK(outcome(pipe_reader::create(called)) == success);
  CHECK(outcome(mutex::create(called)) == success);
}

TEST_CASE("limits: handles that there are no descriptors for are limit_reached, and end receiving") {
  for (const int spare : {0, 1, 15}) {
    connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
    const std::vector<native_view> handles(16, native_view(native_view::value_type{0}));
    must(pair.client.send("handles", handles, 1s));
    const leak_audit audit;
    std::string into(64, '\0');
    {
      const few_descriptors tight(spare);
      CHECK(outcome(pair.server.receive_with_handles(into, 1s)) == errc::limit_reached);
    }
    CHECK(outcome(pair.server.receive_with_handles(into, 1s)) == errc::limit_reached);
    CHECK(audit.leaked_handles() == 0);
    must(pair.server.send("still", 1s));
    CHECK(receive_text(pair.client) == "still");
  }
}

/// One byte to a socket with this many descriptors beside it: what a hostile peer may do. False: the kernel refused.
bool send_descriptors(int socket, std::size_t count, std::string_view text) {
  std::vector<int> values(count, 0);
  std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
  iovec part{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = static_cast<decltype(message.msg_controllen)>(control.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = static_cast<decltype(header->cmsg_len)>(CMSG_LEN(count * sizeof(int)));
  std::memcpy(CMSG_DATA(header), values.data(), count * sizeof(int));
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

constexpr std::string_view empty_message("\0\0\0\0", 4);

TEST_CASE("limits: descriptors that nobody asked for are never installed") {
  for (const framing how : {framing::bytes, framing::messages}) {
    connected pair(how);
    const leak_audit audit;
    for (int count = 0; count < rounds(500, 10'000); ++count) {
      if (!send_descriptors(static_cast<int>(pair.client.native().value()), 253, empty_message)) {
        ::send(static_cast<int>(pair.client.native().value()), empty_message.data(), empty_message.size(),
               MSG_NOSIGNAL);
      }
      std::string into(4, '\0');
      const outcome got =
          how == framing::bytes ? outcome(pair.server.read_exactly(into, 1s)) : outcome(pair.server.receive(into, 1s));
      REQUIRE(got == success);
      REQUIRE(audit.leaked_handles() == 0);
    }
  }
}

TEST_CASE("limits: more than 16 descriptors in a message, or unannounced ones, are closed and end receiving") {
  for (const std::size_t count : {std::size_t{17}, std::size_t{253}}) {
    connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
    const leak_audit audit;
    REQUIRE(send_descriptors(static_cast<int>(pair.client.native().value()), count, empty_message));
    std::string into(4, '\0');
    CHECK(outcome(pair.server.receive_with_handles(into, 1s)) == errc::peer_corrupt);
    CHECK(outcome(pair.server.receive_with_handles(into, 1s)) == errc::peer_corrupt);
    CHECK(audit.leaked_handles() == 0);
  }
}

TEST_CASE("limits: a peer that sends descriptors with every byte holds a bounded number of ours") {
  connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
  const leak_audit audit;
  outcome last{result<void>()};
  for (int count = 0; count < 200 && last == success; ++count) {
    REQUIRE(send_descriptors(static_cast<int>(pair.client.native().value()), 16, empty_message));
    std::string into(4, '\0');
    last = outcome(pair.server.receive(into, 1s));
    REQUIRE(audit.leaked_handles() <= 20 * 16);
  }
  CHECK(last == errc::peer_corrupt);
  CHECK(audit.leaked_handles() == 0);
}

TEST_CASE("limits: a handle frame whose descriptors differ from its count is corrupt") {
  connected pair(framing::messages, {.accept_handles = true}, {.accept_handles = true});
  const leak_audit audit;
  constexpr std::string_view three_announced("\xFE\xFF\xFF\xFF\x03\0\0\0\0\0\0\0", 12);
  REQUIRE(send_descriptors(static_cast<int>(pair.client.native().value()), 2, three_announced));
  std::string into(4, '\0');
  CHECK(outcome(pair.server.receive_with_handles(into, 1s)) == errc::peer_corrupt);
  CHECK(audit.leaked_handles() == 0);
}

TEST_CASE("limits: silent peers only cost their own connection") {
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages));
  auto silent = must(named_pipe::connect(called, 1s));
  auto silent_server = must(listener.accept(1s));
  constexpr std::string_view half_a_frame("\x64\0\0\0half", 8);
  REQUIRE(::send(static_cast<int>(silent.native().value()), half_a_frame.data(), half_a_frame.size(), 0) == 8);
  auto good = must(named_pipe::connect(called, 1s));
  auto good_server = must(listener.accept(1s));
  std::string into(200, '\0');
  for (int count = 0; count < 20; ++count) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(outcome(silent_server.receive(into, 20ms)) == errc::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    must(good.send("prompt", 1s));
    CHECK(receive_text(good_server) == "prompt");
  }
  const std::string rest(96, 'r');  // one byte at a time, the message still becomes whole
  for (const char& letter : rest) {
    REQUIRE(::send(static_cast<int>(silent.native().value()), &letter, 1, 0) == 1);
    if (&letter != &rest.back()) CHECK(outcome(silent_server.receive(into, deadline::now())) == errc::timed_out);
  }
  CHECK(receive_text(silent_server) == "half" + rest);
}

TEST_CASE("limits: a receiver that stops draining blocks its sender, and nothing grows") {
  connected pair(framing::messages);
  const std::string message(4096, 'm');
  const std::size_t fit = fill_with_messages(pair.client, message);
  for (int count = 0; count < 50; ++count)
    CHECK(outcome(pair.client.send(message, deadline::now())) == errc::timed_out);
  std::string into(4096, '\0');
  for (std::size_t count = 0; count < fit; ++count) REQUIRE(must(pair.server.receive(into, 1s)) == message.size());
  CHECK(outcome(pair.server.receive(into, deadline::now())) == errc::timed_out);
}

}  // namespace
}  // namespace viaduct::test
