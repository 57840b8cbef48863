// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Takeover storms: many processes create, open, open_or_create, close and get killed between any two system calls, under
// three names. A referee of kernel file locks, which knows nothing of entries, says whether two ever owned a name at once
// or two groups ever had members under one name. docs/names.md describes the protocol that must hold.
#include <atomic>
#include <boost/interprocess/sync/file_lock.hpp>
#include <boost/interprocess/sync/scoped_lock.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "backend/entry.hpp"
#include "backend/seam.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/plain_object.hpp"
#include "support/system.hpp"
#include "support/watchdog.hpp"

#if VIADUCT_FAULT_INJECTION

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;
using backend::entry;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr int name_count = 3;

struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What is true of one name, in locks that die with their process. Opened before any entry: a dying process must let go of
/// these no later than of its entries.
class referee {
 public:
  explicit referee(const std::filesystem::path& base)
      : gate_(lock_file(base, ".gate")),
        members_(lock_file(base, ".members")),
        owner_(lock_file(base, ".owner")),
        stamp_(base.string() + ".stamp") {
    std::ofstream(stamp_, std::ios::app).flush();
  }

  void own() {
    if (!owner_.try_lock()) throw violation("two processes own one name");
  }
  void disown() { owner_.unlock(); }

  /// All who are members at the same time must be members of the same object.
  void join(std::string object) {
    object.resize(stamp_size, ' ');
    const boost::interprocess::scoped_lock<boost::interprocess::file_lock> gate(gate_);
    std::string current;
    std::getline(std::ifstream(stamp_), current);
    if (current != object) {
      if (!members_.try_lock()) throw violation("members of \"" + object + "\" and of \"" + current + "\" at once");
      // In place: truncating makes some file systems write to the disk, and everybody waits for this.
      std::fstream(stamp_, std::ios::in | std::ios::out) << object << std::flush;
      members_.unlock();
    }
    members_.lock_sharable();
  }
  void leave() { members_.unlock_sharable(); }

 private:
  static constexpr std::size_t stamp_size = 20;

  static boost::interprocess::file_lock lock_file(const std::filesystem::path& base, const char* suffix) {
    const std::string path = base.string() + suffix;
    std::ofstream(path, std::ios::app).flush();
    return boost::interprocess::file_lock(path.c_str());
  }
  boost::interprocess::file_lock gate_;
  boost::interprocess::file_lock members_;
  boost::interprocess::file_lock owner_;
  std::string stamp_;
};

struct counts {
  std::uint64_t calls = 0;
  std::uint64_t created = 0;
  std::uint64_t joined = 0;
  std::uint64_t slowest_us = 0;
};

/// One process of the storm.
class worker {
 public:
  explicit worker(const arguments& args)
      : directory_(args.at(0)),
        prefix_(args.at(1)),
        life_(args.at(2) == "owner" ? lifetime::owner : lifetime::users),
        random_(std::stoull(args.at(3))),
        end_(clock_type::now() + std::chrono::milliseconds(std::stoll(args.at(4)))) {
    for (int index = 0; index < name_count; ++index) {
      referees_.push_back(std::make_unique<referee>(directory_ / std::to_string(index)));
    }
  }

  int run() {
    backend::seam::set_hook(disturb, this);
    try {
      while (clock_type::now() < end_) step(random_.below(name_count));
    } catch (const std::exception& failure) {
      report();
      role::say(std::string("violation: ") + failure.what());
      return 1;
    }
    report();
    return 0;
  }

 private:
  /// Before each system call: mostly nothing, sometimes a delay, and now and then the end of this process.
  static int disturb(void* context, const char* /*call*/) {
    auto& self = *static_cast<worker*>(context);
    const std::size_t dice = self.random_.below(1500);
    if (dice < 1) {
      self.report();
      std::_Exit(peer::killed);
    }
    if (dice < 30) std::this_thread::sleep_for(std::chrono::microseconds(self.random_.below(400)));
    if (dice < 100) std::this_thread::yield();
    return 0;
  }

  /// Through a pipe and never into a file: it may be called with the name in our hands, and a disk can take seconds.
  void report() const {
    std::ostringstream line;
    line << counted_.calls << ' ' << counted_.created << ' ' << counted_.joined << ' ' << counted_.slowest_us;
    role::say(line.str());
  }

  void hold() {
    if (random_.below(4) == 0) std::this_thread::sleep_for(std::chrono::microseconds(random_.below(500)));
  }

  /// Only outcomes that the situation explains.
  template <class T>
  bool acceptable(const char* what, const result<T>& got, errc expected) {
    ++counted_.calls;
    if (got.has_value()) return true;
    if (got.error() == expected) return false;
    throw violation(std::string(what) + ": " + got.error().message());
  }

  void step(std::size_t which) {
    const std::string called = prefix_ + std::to_string(which);
    if (life_ == lifetime::owner) {
      random_.below(3) == 0 ? find(called) : own(called, *referees_[which]);
    } else {
      use(called, *referees_[which]);
    }
  }

  void find(const std::string& called) {
    const auto found = entry::find(backend::object_kind::test, called);
    if (!acceptable("find", found, errc::not_found)) return;
    (void)acceptable("read", read_plain_object(*found), errc::not_found);  // its owner may have gone since
  }

  void own(const std::string& called, referee& judge) {
    const std::string stamp = new_stamp();
    auto mine = entry::create(plain_request(called, life_), plain_builder(stamp));
    if (!acceptable("create", mine, errc::already_exists)) return;
    ++counted_.created;
    judge.own();
    hold();
    check_object(*mine, stamp);
    judge.disown();
    mine->close();
  }

  void use(const std::string& called, referee& judge) {
    std::string content;
    auto mine = acquire(called, content);
    if (!mine) return;
    if (mine->is_creator()) {
      ++counted_.created;
    } else {
      ++counted_.joined;
    }
    judge.join(content);
    hold();
    check_object(*mine, content);
    if (random_.below(4) == 0) {
      std::string again;
      const auto second = entry::open(plain_request(called, life_), plain_opener(again));
      if (!second) throw violation("a member cannot open its own object: " + second.error().message());
      if (again != content) throw violation("a member opened another object under the same name");
    }
    judge.leave();
    mine->close();
  }

  std::optional<entry> acquire(const std::string& called, std::string& content) {
    const std::string stamp = new_stamp();
    const auto request = plain_request(called, life_);
    switch (random_.below(3)) {
      case 0: {
        auto made = entry::create(request, plain_builder(stamp));
        if (!acceptable("create", made, errc::already_exists)) return {};
        content = stamp;
        return std::move(*made);
      }
      case 1: {
        auto opened = entry::open(request, plain_opener(content));
        if (!acceptable("open", opened, errc::not_found)) return {};
        return std::move(*opened);
      }
      default: {
        const auto begun = clock_type::now();
        detail::timer wait(20s);
        auto either = entry::open_or_create(request, plain_builder(stamp), plain_opener(content), wait);
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - begun);
        counted_.slowest_us = std::max(counted_.slowest_us, static_cast<std::uint64_t>(took.count()));
        if (!acceptable("open_or_create", either, errc{})) return {};
        if (either->is_creator()) content = stamp;
        return std::move(*either);
      }
    }
  }

  static void check_object(const entry& held, const std::string& content) {
    const auto read = read_plain_object(held.description());
    if (!read) throw violation("the object of a member is gone: " + read.error().message());
    if (*read != content) throw violation("the object of a member has changed");
  }

  std::string new_stamp() { return std::to_string(random_.next()); }

  std::filesystem::path directory_;
  std::string prefix_;
  lifetime life_;
  generator random_;
  clock_type::time_point end_;
  std::vector<std::unique_ptr<referee>> referees_;
  counts counted_;
};

/// What the workers said, added up.
class tally {
 public:
  void listen(peer& one, std::chrono::milliseconds bound) {
    // A worker says one line of counts at its end, and before it is killed; another if it found something wrong.
    const std::string line = one.hear(bound);
    std::string complaint;
    const int code = one.wait();
    if (code == 1) complaint = one.hear();
    const std::lock_guard lock(mutex_);
    add(line);
    if (code == peer::killed) ++kills;
    if (code != 0 && code != peer::killed)
      complaints.push_back(complaint + " (exit code " + std::to_string(code) + ')');
  }
  void complain(const std::string& what) {
    const std::lock_guard lock(mutex_);
    complaints.push_back(what);
  }

  counts total;
  int kills = 0;
  std::vector<std::string> complaints;

 private:
  void add(const std::string& line) {
    counts one;
    std::istringstream(line) >> one.calls >> one.created >> one.joined >> one.slowest_us;
    total.calls += one.calls;
    total.created += one.created;
    total.joined += one.joined;
    total.slowest_us = std::max(total.slowest_us, one.slowest_us);
  }
  std::mutex mutex_;
};

void storm(const std::string& life, int processes, std::chrono::milliseconds span) {
  time_limit(span + 60s);
  const scratch_directory directory;
  const std::string prefix = unique_name();
  const auto end = clock_type::now() + span;
  std::atomic<std::uint64_t> seed{std::hash<std::string>()(prefix)};
  tally heard;
  std::vector<std::thread> places;
  for (int index = 0; index < processes; ++index) {
    places.emplace_back([&] {
      while (clock_type::now() < end) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock_type::now());
        try {
          peer one("storm_worker", {directory.path().string(), prefix, life, std::to_string(seed.fetch_add(1)),
                                    std::to_string(left.count())});
          heard.listen(one, span + 60s);
        } catch (const std::exception& failure) {
          heard.complain(failure.what());
        }
      }
    });
  }
  for (std::thread& place : places) place.join();
  for (const std::string& complaint : heard.complaints) FAIL_CHECK(complaint);

  const counts& total = heard.total;
  std::cout << life << ", " << processes << " processes: " << total.calls << " calls, " << total.created << " created, "
            << total.joined << " joined, " << heard.kills << " killed, slowest open_or_create " << total.slowest_us
            << " us\n";
  CHECK(total.created > 0);
  for (int index = 0; index < name_count; ++index) {
    const auto again = entry::create(
        plain_request(prefix + std::to_string(index), life == "owner" ? lifetime::owner : lifetime::users),
        plain_builder("after"));
    CHECK(outcome(again) == success);
  }
  CHECK(runtime_files(prefix).empty());
}

}  // namespace

VIADUCT_ROLE(storm_worker, args) { return worker(args).run(); }

TEST_CASE("entry storm: owners, 16 processes", "[serial]") { storm("owner", 16, 2s); }
TEST_CASE("entry storm: users, 16 processes", "[serial]") { storm("users", 16, 2s); }
TEST_CASE("entry storm: owners, 16 processes, a minute", "[serial][full]") { storm("owner", 16, 60s); }
TEST_CASE("entry storm: users, 16 processes, a minute", "[serial][full]") { storm("users", 16, 60s); }
TEST_CASE("entry storm: owners, 200 processes, a minute", "[serial][full]") { storm("owner", 200, 60s); }
TEST_CASE("entry storm: users, 200 processes, a minute", "[serial][full]") { storm("users", 200, 60s); }

#else

TEST_CASE("entry storm: needs fault injection") { VIADUCT_SKIP("needs a build with VIADUCT_FAULT_INJECTION"); }

#endif
