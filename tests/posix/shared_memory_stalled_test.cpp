// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// A descriptor whose file system never answers: what a hostile peer can serve by FUSE. Needs the right to mount.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "viaduct/shared_memory.hpp"

#if __has_include(<linux/fuse.h>)
#include <linux/fuse.h>
#endif

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

#if defined(FUSE_KERNEL_VERSION) && defined(CLONE_NEWNS)

/// A file system with one file, of which it tells that it is there and can be opened, and nothing else, ever.
class stalled_file_system {
 public:
  explicit stalled_file_system(int device) : device_(device) {}

  void serve() {
    for (;;) {
      const ssize_t size = ::read(device_, request_.data(), request_.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return;
      std::memcpy(&asked_, request_.data(), sizeof asked_);
      answer_one();
    }
  }

 private:
  static fuse_attr attributes(std::uint64_t node) {
    fuse_attr made{};
    made.ino = node;
    made.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
    made.nlink = 1;
    made.size = 8192;
    return made;
  }

  template <class Body>
  void reply(const Body& body) {
    fuse_out_header header{};
    header.len = sizeof header + sizeof body;
    header.unique = asked_.unique;
    std::array<std::byte, sizeof header + sizeof body> whole;
    std::memcpy(whole.data(), &header, sizeof header);
    std::memcpy(whole.data() + sizeof header, &body, sizeof body);
    VIADUCT_INSIST(::write(device_, whole.data(), whole.size()) > 0);
  }
  void reply_nothing(int error) {
    const fuse_out_header header{sizeof header, error, asked_.unique};
    VIADUCT_INSIST(::write(device_, &header, sizeof header) > 0);
  }

  void answer_one() {
    switch (asked_.opcode) {
      case FUSE_INIT: {
        fuse_init_out made{};
        made.major = FUSE_KERNEL_VERSION;
        made.minor = 31;
        made.max_write = 4096;
        return reply(made);
      }
      case FUSE_LOOKUP: {
        fuse_entry_out found{};
        found.nodeid = 2;
        found.attr = attributes(2);
        return reply(found);
      }
      case FUSE_GETATTR: {
        if (asked_.nodeid != FUSE_ROOT_ID) return;
        fuse_attr_out found{};
        found.attr = attributes(FUSE_ROOT_ID);
        return reply(found);
      }
      case FUSE_OPEN:
        return reply(fuse_open_out{});
      case FUSE_FLUSH:  // closing would wait for it, whoever closes
        return reply_nothing(-ENOSYS);
      default:
        return;
    }
  }

  int device_;
  std::array<std::byte, 128 * 1024> request_{};
  fuse_in_header asked_{};
};

VIADUCT_ROLE(stalled, args) {
  const std::string& place = args.at(0);
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  const std::string how = "fd=" + std::to_string(device) + ",rootmode=40000,user_id=0,group_id=0";
  if (device < 0 || ::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("stalled", place.c_str(), "fuse", MS_NOSUID | MS_NODEV, how.c_str()) != 0) {
    role::say("no right");
    return 0;
  }
  // In a process of its own that is the only one to have the device: when it ends, so does every wait for its answers. A
  // library that waits fails the test then, and leaves nothing behind that cannot be killed.
  if (const pid_t server = ::fork(); server == 0) {
    ::alarm(6);
    stalled_file_system(device).serve();
    ::_exit(0);
  }
  ::close(device);
  const int file = ::open((place + "/data").c_str(), O_RDWR | O_CLOEXEC);
  VIADUCT_INSIST(file >= 0);
  role::say("open");
  VIADUCT_INSIST(outcome(shared_memory::adopt(native_handle(std::intptr_t{file}))) == errc::invalid_argument);
  role::say("refused");
  ::_exit(0);
}

TEST_CASE("adopting a descriptor of a file system that never answers does not wait for it") {
  const scratch_directory place;
  peer victim("stalled", {place.path().string()});
  if (victim.hear() != "open") VIADUCT_SKIP("needs the right to mount, and FUSE");
  victim.expect("refused", 4s);
  CHECK(victim.wait() == 0);
}

#else

TEST_CASE("adopting a descriptor of a file system that never answers") { VIADUCT_SKIP("needs FUSE"); }

#endif

}  // namespace
}  // namespace viaduct::test
