// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Another user of the machine: squats every name we will use, opens every artefact, exchanges directories under our hands,
// and answers in our place. Needs root, to be two other users; with fs.protected_* off and on where they can be set.
#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/interrupt.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr uid_t attacker = 4001;
constexpr uid_t victim = 4002;
constexpr uid_t guest = 4003;

#define VIADUCT_NEEDS_ROOT()                                                     \
  do {                                                                           \
    if (::geteuid() != 0) VIADUCT_SKIP("needs root, to act as two other users"); \
  } while (false)

void become(uid_t who) {
  VIADUCT_INSIST(::setgroups(0, nullptr) == 0);
  VIADUCT_INSIST(::setregid(who, who) == 0);  // the saved ids too
  VIADUCT_INSIST(::setreuid(who, who) == 0);
}

std::string told(const outcome& what) {
  std::ostringstream text;
  text << what;
  return text.str();
}

/// One command, one answer: what a user of the library does.
class actions {
 public:
  std::string perform(const std::string& line) {
    std::istringstream words(line);
    std::string verb, first, second;
    words >> verb >> first >> second;
    if (verb == "create") return keep(named_pipe_listener::create(first, framing::messages, options_of(second)));
    if (verb == "fifo") return keep_fifo(pipe_reader::create(first));
    if (verb == "close") listeners_.clear(), fifos_.clear();
    if (verb == "connect") return connect(name::of(user::from_id(second), first), {});
    if (verb == "connect-native") return connect(name::native(first), {.framing = framing::bytes});
    if (verb == "accept") return told(outcome(listeners_.back().accept(deadline::now())));
    if (verb == "touch-all") return touch_all(first);
    return "done";
  }

 private:
  static named_pipe_options options_of(const std::string& who) {
    if (who == "everyone") return {.who = permission::everyone()};
    if (who == "guest") return {.who = permission::users({user::from_id(std::to_string(guest))})};
    if (who == "group") return {.who = permission::group(std::to_string(guest))};
    return {};
  }
  std::string keep(result<named_pipe_listener> made) {
    const std::string text = told(outcome(made));
    if (made.has_value()) listeners_.push_back(std::move(*made));
    return text;
  }
  std::string keep_fifo(result<pipe_reader> made) {
    const std::string text = told(outcome(made));
    if (made.has_value()) fifos_.push_back(std::move(*made));
    return text;
  }
  static std::string connect(const name& what, const connect_options& options) {
    auto made = named_pipe::connect(what, 300ms, options);
    if (made.has_error()) return told(outcome(made));
    if (made->framing() == framing::messages) return told(outcome(made->send("payload", 1s)));
    return told(outcome(made->write_all("payload", 1s)));
  }
  /// Everything an attacker can try on every file below a directory: how much of it worked.
  static std::string touch_all(const std::string& root) {
    int worked = 0;
    std::error_code failed;
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, failed), end;
         at != end; at.increment(failed)) {
      if (failed) break;
      const std::string path = at->path().string();
      if (at->is_directory(failed)) continue;
      worked += ::unlink((path + ".no").c_str()) == 0;
      const int writable = ::open(path.c_str(), O_RDWR | O_NONBLOCK);
      worked += writable >= 0;
      const int readable = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
      // A public copy may be read, and whoever may read a file may lock it: that must keep nobody alive.
      if (readable >= 0) (void)::flock(readable, LOCK_EX | LOCK_NB);
      struct flock whole{};
      whole.l_type = F_RDLCK;
      if (readable >= 0) (void)::fcntl(readable, F_OFD_SETLK, &whole);
      worked += ::unlink(path.c_str()) == 0;
      worked += ::rename(path.c_str(), (path + ".moved").c_str()) == 0;
    }
    return std::to_string(worked);
  }

  std::vector<named_pipe_listener> listeners_;
  std::vector<pipe_reader> fifos_;
};

VIADUCT_ROLE(acting_user, args) {
  become(static_cast<uid_t>(std::stoul(args.at(0))));
  if (args.size() > 1) ::umask(static_cast<mode_t>(std::stoul(args.at(1), nullptr, 8)));
  actions mine;
  for (std::string line; role::hear(line);) role::say(mine.perform(line));
  return 0;
}

/// A parent of runtime directories of its own, like /dev/shm: everybody may write, nobody removes another's.
struct stage {
  scratch_directory scratch;
  fs::path parent = scratch.path() / "shm";

  stage() {
    ::chmod(scratch.path().c_str(), 0755);
    fs::create_directory(parent);
    ::chmod(parent.c_str(), 01777);
  }
  [[nodiscard]] fs::path of(uid_t who) const { return parent / ("viaduct-" + std::to_string(who)); }
  [[nodiscard]] peer act(uid_t who, const std::string& mask = "022") const {
    return peer("acting_user", {std::to_string(who), mask}, {{"VIADUCT_RUNTIME_DIR", parent.string()}});
  }
};

std::string ask(peer& who, const std::string& command) {
  who.say(command);
  return who.hear();
}

bool says(const std::string& answer, errc code) {
  return answer.find(std::string("[") + std::string(to_string(code))) != std::string::npos;
}

/// Runs the body with fs.protected_* at 0 and at 1, and puts them back.
class protections {
 public:
  explicit protections(const char* value) {
    for (const char* which : {"regular", "fifos", "symlinks", "hardlinks"}) {
      const std::string path = std::string("/proc/sys/fs/protected_") + which;
      std::ifstream in(path);
      std::getline(in, before_[path]);
      std::ofstream(path) << value;
    }
  }
  ~protections() {
    for (const auto& [path, value] : before_) std::ofstream(path) << value;
  }
  protections(const protections&) = delete;
  protections& operator=(const protections&) = delete;

 private:
  std::map<std::string, std::string> before_;
};

template <class Body>
void with_protections(Body&& body) {
  for (const char* value : {"0", "1"}) {
    CAPTURE(value);
    const protections set(value);
    body();
  }
}

void squat(const stage& here, const std::string& how, const fs::path& target) {
  const fs::path place = here.of(victim);
  if (how == "directory") fs::create_directory(place);
  if (how == "open directory") fs::create_directory(place), ::chmod(place.c_str(), 0777);
  if (how == "file") std::ofstream(place) << "mine";
  if (how == "fifo") ::mkfifo(place.c_str(), 0666);
  if (how == "link") fs::create_directory_symlink(target, place);
  (void)::lchown(place.c_str(), attacker, attacker);
}

TEST_CASE("hostile user: whatever squats the victim's directory is refused and left alone", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  time_limit(60s);
  with_protections([] {
    for (const std::string how : {"directory", "open directory", "file", "fifo", "link"}) {
      CAPTURE(how);
      const stage here;
      const fs::path target = here.scratch.path() / "target";
      fs::create_directory(target);
      ::chown(target.c_str(), attacker, attacker);
      ::chmod(target.c_str(), 0777);
      squat(here, how, target);
      peer me = here.act(victim);
      CHECK(says(ask(me, "create sensor"), errc::name_hijacked));
      CHECK(says(ask(me, "fifo sensor"), errc::name_hijacked));
      CHECK(says(ask(me, "connect sensor " + std::to_string(victim)), errc::name_hijacked));
      CHECK(fs::is_empty(target));
      if (how.ends_with("directory")) CHECK(fs::is_empty(here.of(victim)));
    }
  });
}

TEST_CASE("hostile user: no mode is ever wider than 0600, whatever the umask", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  time_limit(full_form() ? 280s : 60s);
  for (const std::string mask : {"000", "022", "077", "777"}) {
    CAPTURE(mask);
    const stage here;
    peer me = here.act(victim, mask);
    CHECK(ask(me, "create first") == "success");
    std::atomic<bool> stop{false};
    std::atomic<int> wide{0};
    companion watcher([&] {
      while (!stop) {
        std::error_code failed;
        for (const auto& file : fs::directory_iterator(here.of(victim), failed)) {
          struct stat found{};
          if (::lstat(file.path().c_str(), &found) == 0 && !S_ISSOCK(found.st_mode) && (found.st_mode & 077) != 0)
            ++wide;
        }
      }
    });
    for (int count = 0; count < rounds(100, 1'000); ++count) {
      CHECK(ask(me, "create sensor") == "success");
      CHECK(ask(me, "fifo sensor") == "success");
      CHECK(ask(me, "close") == "done");
    }
    stop = true;
    watcher.join();
    CHECK(wide == 0);
    struct stat found{};
    REQUIRE(::stat(here.of(victim).c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0700);
    CHECK(found.st_uid == victim);
  }
}

TEST_CASE("hostile user: nothing of a live session can be opened, connected or removed", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  time_limit(60s);
  with_protections([] {
    const stage here;
    peer me = here.act(victim);
    CHECK(ask(me, "create private") == "success");
    CHECK(ask(me, "fifo private") == "success");
    CHECK(ask(me, "create shared guest") == "success");
    peer other = here.act(attacker);
    CHECK(ask(other, "touch-all " + here.parent.string()) == "0");
    CHECK(ask(other, "touch-all " + here.of(victim).string() + ".public") == "0");
    CHECK(says(ask(other, "connect private " + std::to_string(victim)), errc::not_found));
    CHECK(says(ask(me, "accept"), errc::timed_out));
    // The attacker holds every lock it could get: a dead owner is still taken over at once.
    me.kill();
    CHECK(me.wait() == peer::killed);
    peer again = here.act(victim);
    CHECK(ask(again, "create private") == "success");
    CHECK(ask(again, "create shared guest") == "success");
  });
}

TEST_CASE("hostile user: connecting all the time, nobody gets in before or after the permissions are set", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  time_limit(full_form() ? 280s : 60s);
  const stage here;
  peer me = here.act(victim);
  CHECK(ask(me, "create first") == "success");
  peer other = here.act(attacker);
  for (int count = 0; count < rounds(20, 400); ++count) {
    other.say("connect sensor " + std::to_string(victim));
    CHECK(ask(me, "create sensor") == "success");
    CHECK(says(ask(me, "accept"), errc::timed_out));
    CHECK(ask(me, "close") == "done");
    if (count % 10 != 0) {  // most of the time without waiting for its answer
      const std::string answer = other.hear();
      const bool refused = says(answer, errc::not_found) || says(answer, errc::access_denied);
      CAPTURE(answer);
      CHECK(refused);
      continue;
    }
    CHECK_FALSE(other.hear() == "success");
  }
}

/// Answers on a socket as any program may; how many bytes it was sent.
class plain_server {
 public:
  explicit plain_server(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::chmod(path.c_str(), 0777) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
  }
  ~plain_server() { ::close(socket_); }
  plain_server(const plain_server&) = delete;
  plain_server& operator=(const plain_server&) = delete;

  /// Accepts who has connected and reads all it sent.
  [[nodiscard]] std::size_t bytes_received() const {
    const int accepted = ::accept(socket_, nullptr, nullptr);
    std::array<char, 1000> into{};
    std::size_t total = 0;
    for (ssize_t count = 0; (count = ::read(accepted, into.data(), into.size())) > 0;)
      total += static_cast<std::size_t>(count);
    ::close(accepted);
    return total;
  }

 private:
  int socket_;
};

TEST_CASE("hostile user: a server of another user than expected gets no byte", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  const stage here;
  const plain_server roots(here.parent / "service");  // runs as root: not who the client expects
  peer me = here.act(victim);
  CHECK(says(ask(me, "connect-native " + (here.parent / "service").string()), errc::wrong_peer));
  CHECK(roots.bytes_received() == 0);
}

TEST_CASE("hostile user: a public directory that is not its user's own is not believed", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  const stage here;
  const fs::path fake = here.of(victim).string() + ".public";
  peer other = here.act(attacker);
  CHECK(ask(other, "create sensor everyone") == "success");
  // The attacker's own public directory, with a live listener in it, under the victim's name.
  fs::rename(here.of(attacker).string() + ".public", fake);
  peer client = here.act(guest);
  CHECK(says(ask(client, "connect sensor " + std::to_string(victim)), errc::name_hijacked));
  CHECK(says(ask(other, "accept"), errc::timed_out));
}

TEST_CASE("hostile user: exchanging the directory under our hands leads nowhere", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  time_limit(full_form() ? 280s : 60s);
  const stage here;
  const fs::path trap = here.scratch.path() / "trap";
  fs::create_directory(trap);
  ::chmod(trap.c_str(), 0777);
  peer me = here.act(victim);
  CHECK(ask(me, "create first") == "success");
  const fs::path place = here.of(victim);
  const fs::path aside = here.parent / "aside";
  std::atomic<bool> stop{false};
  companion exchanger([&] {  // as root: stronger than any other user in a sticky directory
    while (!stop) {
      ::rename(place.c_str(), aside.c_str());
      (void)::symlink(trap.c_str(), place.c_str());
      ::unlink(place.c_str());
      ::rename(aside.c_str(), place.c_str());
    }
  });
  // A connect that finds nothing waits for its whole deadline, 0.3 s.
  for (int count = 0; count < rounds(300, 600); ++count) {
    (void)ask(me, count % 2 == 0 ? "create sensor" : "fifo sensor");
    (void)ask(me, "connect sensor " + std::to_string(victim));
    (void)ask(me, "close");
    REQUIRE(fs::is_empty(trap));
  }
  stop = true;
  exchanger.join();
  CHECK(ask(me, "create afterwards") == "success");
}

TEST_CASE("hostile user: who is allowed gets in, and nobody else", "[serial]") {
  VIADUCT_NEEDS_ROOT();
  const stage here;
  peer me = here.act(victim);
  peer invited = here.act(guest);
  peer other = here.act(attacker);
  const std::string owner = ' ' + std::to_string(victim);
  CHECK(ask(me, "create private") == "success");
  CHECK(says(ask(invited, "connect private" + owner), errc::not_found));
  CHECK(ask(me, "create open everyone") == "success");
  CHECK(ask(invited, "connect open" + owner) == "success");
  CHECK(ask(me, "accept") == "success");
  CHECK(ask(other, "connect open" + owner) == "success");
  CHECK(ask(me, "accept") == "success");
  CHECK(ask(me, "create chosen guest") == "success");
  CHECK(ask(invited, "connect chosen" + owner) == "success");
  CHECK(ask(me, "accept") == "success");
  (void)ask(other, "connect chosen" + owner);  // the connection is made, and turned away at accept
  CHECK(says(ask(me, "accept"), errc::timed_out));
  // A group that the owner is not in cannot be given.
  CHECK(says(ask(me, "create group group"), errc::access_denied));
}

}  // namespace
}  // namespace viaduct::test
