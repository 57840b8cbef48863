// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Children of programs that treat their own descriptors, signals and limits unusually.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

VIADUCT_ROLE(reads_frames, args) {
  auto frames = must(inherited<pipe_reader>("frames"));
  return read_all(frames) == "frame" ? 0 : 1;
}

VIADUCT_ROLE(ends_at_once, args) { return 0; }

/// This process without one of its standard streams, as a daemon may be, until the end of the scope.
class missing_stream {
 public:
  explicit missing_stream(int number) : number_(number), kept_(::fcntl(number, F_DUPFD_CLOEXEC, 100)) {
    REQUIRE(kept_ >= 100);
    ::close(number);
  }
  ~missing_stream() {
    ::dup2(kept_, number_);
    ::close(kept_);
  }
  missing_stream(const missing_stream&) = delete;
  missing_stream& operator=(const missing_stream&) = delete;

 private:
  int number_;
  int kept_;
};

TEST_CASE("child_process: an endpoint that has the number of a standard stream arrives beside null streams") {
  time_limit(30s);
  const missing_stream none(STDIN_FILENO);
  auto pipe = must(make_pipe());
  REQUIRE(pipe.reader.native().value() == STDIN_FILENO);
  child_options options;
  options.endpoints = {{"frames", pipe.reader.endpoint()}};
  options.standard_input = stdio::null;
  auto child = spawn_role("reads_frames", {}, options);
  must(pipe.writer.write_all("frame", 8s));
  pipe.writer.close();
  CHECK(must(child.wait(8s)).success());
}

void spawn_without_status(int count) {
  for (int number = 0; number < count; ++number) {
    auto child = child_process::spawn("/bin/true", {});
    REQUIRE(outcome(child) == success);
    CHECK(outcome(child->wait(8s)) == errc::not_found);
    CHECK(outcome(child->wait(8s)) == errc::not_found);
    CHECK(outcome(child->kill()) == success);
    CHECK(outcome(child->request_stop()) == success);
  }
}

TEST_CASE("child_process: where SIGCHLD is ignored children start, and how they ended is not_found") {
  time_limit(30s);
  const leak_audit audit;
  struct sigaction before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGCHLD, &ignore, &before);
  spawn_without_status(100);
  ::sigaction(SIGCHLD, &before, nullptr);
  CHECK(audit.leaked_handles() == 0);
}

TEST_CASE("child_process: endpoints whose numbers are at the limit are limit_reached, and stay as they were") {
  auto low = must(make_pipe());
  auto high = must(pipe_reader::adopt(
      native_handle(native_handle::value_type{::fcntl(static_cast<int>(low.reader.native().value()), F_DUPFD, 200)})));
  const auto number = static_cast<rlim_t>(high.native().value());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = number + 1;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  child_options options;
  options.endpoints = {{"high", high.endpoint()}, {"low", low.reader.endpoint()}};
  const outcome refused(try_spawn("ends_at_once", {}, options));
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(refused == errc::limit_reached);
  CHECK(high.is_open());
  CHECK(low.reader.is_open());
}

}  // namespace
}  // namespace viaduct::test
