// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Peers that cheat with memory: descriptors of the wrong kind, memory that can be shrunk, and attempts by the same user to
// write to what was given for reading.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

int descriptor_of(native_view view) { return static_cast<int>(view.value()); }

/// Sends the descriptor with a message, as a peer would, and adopts what arrives. The descriptor is closed.
result<shared_memory> send_and_adopt(connected& line, int descriptor) {
  REQUIRE(descriptor >= 0);
  const std::array handles{native_view(std::intptr_t{descriptor})};
  must(line.client.send("take", handles, 8s));
  ::close(descriptor);
  std::string into(10, '\0');
  auto got = must(line.server.receive_with_handles(into, 8s));
  REQUIRE(got.handles.size() == 1);
  // A sender keeps what it sent where the system wants that, until it hears from the receiver.
  must(line.server.send("taken", 8s));
  CHECK(receive_text(line.client) == "taken");
  return shared_memory::adopt(std::move(got.handles[0]));
}

struct offer {
  const char* what;
  int (*make)(const std::filesystem::path& place);
  std::vector<errc> refusals;
};

int open_fifo(const std::filesystem::path& place) {
  const std::string path = (place / "fifo").string();
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) return -1;
  return ::open(path.c_str(), O_RDWR | O_CLOEXEC);
}

int open_regular(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return ::ftruncate(file, 8192) == 0 ? file : -1;
}

int half_a_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return -1;
  ::close(ends[1]);
  return ends[0];
}

int half_a_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return -1;
  ::close(ends[1]);
  return ends[0];
}

const std::vector<offer> other_kinds{
    {"a pipe", [](const auto&) { return half_a_pipe(); }, {errc::invalid_argument}},
    {"a FIFO", open_fifo, {errc::invalid_argument}},
    {"a directory",
     [](const auto& place) { return ::open(place.c_str(), O_RDONLY | O_CLOEXEC); },
     {errc::invalid_argument}},
    {"/dev/zero", [](const auto&) { return ::open("/dev/zero", O_RDWR | O_CLOEXEC); }, {errc::invalid_argument}},
    {"/dev/null", [](const auto&) { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }, {errc::invalid_argument}},
    {"a socket", [](const auto&) { return half_a_socket_pair(); }, {errc::invalid_argument}},
    // Where files lie in memory they differ from memory only in what can still be done to them.
    {"a regular file",
     [](const auto& place) { return open_regular(place / "file"); },
     {errc::invalid_argument, errc::access_denied}},
};

void refuse_all(const std::vector<offer>& offers, int times) {
  time_limit(60s);
  const scratch_directory place;
  connected line(framing::messages, {.accept_handles = true}, {.accept_handles = true});
  const auto offer_all = [&] {
    for (const offer& one : offers) {
      CAPTURE(one.what);
      const outcome refused(send_and_adopt(line, one.make(place.path())));
      bool expected = false;
      for (const errc code : one.refusals) expected = expected || refused == code;
      CAPTURE(refused);
      REQUIRE(expected);
    }
  };
  CHECK_FALSE(leaves_something(offer_all, times));
}

TEST_CASE("hostile memory: descriptors of other kinds are refused, and none stays open") {
  refuse_all(other_kinds, rounds(100, 1'000));
}

TEST_CASE("hostile memory: mprotect cannot make a mapping for reading writable") {
  const auto protect = [](const mapping& shown) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto at = reinterpret_cast<std::uintptr_t>(shown.readable().data()) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a whole page, which the mapping's address need not begin
    return ::mprotect(reinterpret_cast<void*>(at), page, PROT_READ | PROT_WRITE);
  };
  const map_options for_reading{.offset = 5'000, .mode = access::read_only};
  const scratch_directory place;
  std::vector<shared_memory> all;
  all.push_back(must(shared_memory::create(unique_name(), 20'000)));
  all.push_back(must(shared_memory::create_anonymous(20'000)));
  all.push_back(must(shared_memory::create_anonymous(20'000, writers::creator)));
  all.push_back(must(all.back().read_only()));
  all.push_back(must(shared_memory::open_file(place.path() / "data", {.create_size = 20'000})));
  for (const shared_memory& memory : all) {
    const mapping shown = must(memory.map(for_reading));
    CHECK(protect(shown) == -1);
    CHECK(errno == EACCES);
  }
}

// What the same user can try with a descriptor for reading: the number of the first attempt that worked, 0 if none did.
int try_to_write(int given) {
  const std::array<char, 4> junk{'j', 'u', 'n', 'k'};
  const auto can_map = [](int descriptor) {
    void* const at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (at == MAP_FAILED) return false;
    ::munmap(at, 4096);
    return true;
  };
  if (can_map(given)) return 1;
  if (::write(given, junk.data(), junk.size()) > 0) return 2;
  if (::ftruncate(given, 1) == 0 || ::ftruncate(given, 1 << 20) == 0) return 3;
  const std::string path = "/proc/self/fd/" + std::to_string(given);
  ::chmod(path.c_str(), 0666);
  const int again = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (again < 0) return 0;
  int worked = 0;
  if (can_map(again)) worked = 4;
  if (worked == 0 && ::pwrite(again, junk.data(), junk.size(), 0) > 0) worked = 5;
  if (worked == 0 && (::ftruncate(again, 1) == 0 || ::ftruncate(again, 1 << 20) == 0)) worked = 6;
#if defined(FALLOC_FL_PUNCH_HOLE)
  if (worked == 0 && ::fallocate(again, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0) worked = 7;
#endif
#if defined(F_ADD_SEALS)
  if (worked == 0 && ::fcntl(again, F_ADD_SEALS, F_SEAL_WRITE) == 0) worked = 8;
#endif
  ::close(again);
  return worked;
}

VIADUCT_ROLE(memory_burglar, args) {
  auto connection = must(named_pipe::connect(args.at(0), 8s, {.accept_handles = true}));
  std::string into(10, '\0');
  auto got = must(connection.receive_with_handles(into, 8s));
  int worked = 0;
  for (const native_handle& one : got.handles) worked = worked != 0 ? worked : try_to_write(descriptor_of(one.view()));
  must(connection.send(std::to_string(worked), 8s));
  return 0;
}

TEST_CASE("hostile memory: what is given for reading nobody can write, also by opening it again") {
  VIADUCT_NEEDS(capabilities().shared_memory.sealed, "shared_memory.sealed");
  VIADUCT_NEEDS(capabilities().shared_memory.read_only_handles, "shared_memory.read_only_handles");
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages, {.accept_handles = true}));
  const auto memory = must(shared_memory::create_anonymous(20'000, writers::creator));
  const auto given = must(memory.read_only());
  CHECK(try_to_write(descriptor_of(given.native())) == 0);   // before the creator maps it
  CHECK(try_to_write(descriptor_of(memory.native())) == 0);  // nor has the creator itself a way to leak one
  auto mine = must(memory.map());
  mine.writable().data()[0] = std::byte{'m'};
  peer burglar("memory_burglar", {called});
  auto server = must(listener.accept(8s));
  const std::array handles{given.native(), memory.native()};
  must(server.send("take", handles, 8s));
  CHECK(receive_text(server) == "0");
  CHECK(mine.readable().data()[0] == std::byte{'m'});
}

#if defined(MFD_ALLOW_SEALING)

int make_memfd(unsigned seals, std::size_t size = 8192, unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING) {
  const int made = ::memfd_create("hostile", flags);
  if (::ftruncate(made, static_cast<off_t>(size)) != 0) return -1;
  if (seals != 0 && ::fcntl(made, F_ADD_SEALS, seals) != 0) return -1;
  return made;
}

int opened_again(int descriptor, int flags) {
  const int again = ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), flags | O_CLOEXEC);
  ::close(descriptor);
  return again;
}

constexpr unsigned sealed = F_SEAL_SHRINK | F_SEAL_GROW;

const std::vector<offer> unsealed_memory{
    {"unsealed", [](const auto&) { return make_memfd(0); }, {errc::access_denied}},
    {"may shrink", [](const auto&) { return make_memfd(F_SEAL_GROW); }, {errc::access_denied}},
    {"may grow", [](const auto&) { return make_memfd(F_SEAL_SHRINK); }, {errc::access_denied}},
    {"sealed against sealing alone", [](const auto&) { return make_memfd(F_SEAL_SEAL); }, {errc::access_denied}},
    {"cannot be sealed", [](const auto&) { return make_memfd(0, 8192, MFD_CLOEXEC); }, {errc::access_denied}},
    {"no bytes", [](const auto&) { return make_memfd(sealed, 0); }, {errc::invalid_argument}},
    {"only for writing", [](const auto&) { return opened_again(make_memfd(sealed), O_WRONLY); }, {errc::access_denied}},
    {"only a path", [](const auto&) { return opened_again(make_memfd(sealed), O_PATH); }, {errc::invalid_argument}},
    {"a file beside other programs' objects",
     [](const auto&) {
       const std::string path = "/dev/shm/" + unique_name();
       const int file = open_regular(path);
       ::unlink(path.c_str());
       return file;
     },
     {errc::access_denied, errc::invalid_argument}},
};

TEST_CASE("hostile memory: what can still be resized is refused, and none stays open") {
  VIADUCT_NEEDS(capabilities().shared_memory.sealed, "shared_memory.sealed");
  refuse_all(unsealed_memory, rounds(100, 1'000));
}

TEST_CASE("hostile memory: huge pages, which can be taken back, are refused") {
  const int huge = ::memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
  if (huge < 0) VIADUCT_SKIP("needs huge pages");
  REQUIRE(::ftruncate(huge, 2 << 20) == 0);
  REQUIRE(::fcntl(huge, F_ADD_SEALS, sealed) == 0);
  CHECK(outcome(shared_memory::adopt(native_handle(std::intptr_t{huge}))) == errc::invalid_argument);
}

TEST_CASE("hostile memory: a sender cannot shrink what was adopted, and a hole it punches reads as zero") {
  connected line(framing::messages, {.accept_handles = true}, {.accept_handles = true});
  const auto put = content(100'000, 1);
  for (int count = 0; count < rounds(20, 1'000); ++count) {
    const int kept = make_memfd(sealed, put.size());
    REQUIRE(::pwrite(kept, put.data(), put.size(), 0) == static_cast<ssize_t>(put.size()));
    const auto adopted = must(send_and_adopt(line, ::dup(kept)));
    REQUIRE(adopted.size() == put.size());
    const mapping shown = must(adopted.map({.mode = access::read_only}));
    REQUIRE(checksum(shown.readable()) == checksum(put));
    CHECK(::ftruncate(kept, 0) == -1);
    CHECK(errno == EPERM);
    CHECK(::ftruncate(kept, 1 << 20) == -1);
    REQUIRE(::fallocate(kept, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 65'536) == 0);
    CHECK(shown.readable().data()[0] == std::byte{});
    CHECK(checksum(shown.readable()) != checksum(put));
    ::close(kept);
  }
}

TEST_CASE("hostile memory: sealed against writing is read-only, through whatever descriptor it came") {
  for (const unsigned seal : {unsigned{F_SEAL_WRITE}, unsigned{F_SEAL_FUTURE_WRITE}}) {
    const auto adopted = must(shared_memory::adopt(native_handle(std::intptr_t{make_memfd(sealed | seal)})));
    CHECK(outcome(adopted.map()) == errc::access_denied);
    CHECK(outcome(adopted.map({.mode = access::read_only})) == success);
  }
}

TEST_CASE("hostile memory: ours is sealed for good, of mode 0600, and closed in new programs") {
  VIADUCT_NEEDS(capabilities().shared_memory.sealed, "shared_memory.sealed");
  const auto memory = must(shared_memory::create_anonymous(8192));
  const int descriptor = descriptor_of(memory.native());
  CHECK((::fcntl(descriptor, F_GET_SEALS) & 0xF) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW));
  struct stat found{};
  REQUIRE(::fstat(descriptor, &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
  CHECK(found.st_blocks * 512 >= 8192);  // its space is there already
  CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
}

#endif

TEST_CASE("hostile memory: files that are no files are refused at once") {
  const scratch_directory place;
  const std::filesystem::path fifo = place.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const std::filesystem::path link = place.path() / "link";
  std::filesystem::create_symlink("/etc/passwd", link);
  const std::filesystem::path nowhere = place.path() / "nowhere";
  std::filesystem::create_symlink(place.path() / "made", nowhere);
  for (const access mode : {access::read_only, access::read_write}) {
    CHECK(outcome(shared_memory::open_file(fifo, {.mode = mode})) == errc::invalid_argument);
    CHECK(outcome(shared_memory::open_file("/dev/zero", {.mode = mode})) == errc::invalid_argument);
    CHECK(outcome(shared_memory::open_file(link, {.mode = mode})) == errc::invalid_argument);
  }
  CHECK(outcome(shared_memory::open_file(nowhere, {.create_size = 10})) == errc::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(place.path() / "made"));
}

TEST_CASE("memory of other programs is opened by its native name") {
  const std::string called = "/" + unique_name();
  const int object = ::shm_open(called.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  REQUIRE(object >= 0);
  const name native = name::native(called);
  CHECK(outcome(shared_memory::open(native, 20ms)) == errc::timed_out);  // not sized yet
  REQUIRE(::ftruncate(object, 10'000) == 0);
  {
    const auto memory = must(shared_memory::open(native, 1s));
    CHECK(memory.size() >= 10'000);
    CHECK_FALSE(memory.is_creator());
    auto shown = must(memory.map());
    shown.writable().data()[9'999] = std::byte{7};
    void* const theirs = ::mmap(nullptr, 10'000, PROT_READ, MAP_SHARED, object, 0);
    CHECK(static_cast<std::byte*>(theirs)[9'999] == std::byte{7});
    ::munmap(theirs, 10'000);
  }
  ::shm_unlink(called.c_str());
  ::close(object);
  CHECK(outcome(shared_memory::open(native, deadline::now())) == errc::not_found);
  for (const char* bad : {"/", "/a/b", "..", "/..", "a/../b"}) {
    CAPTURE(bad);
    CHECK_FALSE(shared_memory::open(name::native(bad), deadline::now()).has_value());
  }
}

}  // namespace
}  // namespace viaduct::test
