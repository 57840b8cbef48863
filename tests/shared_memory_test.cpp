// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Memory and what is mapped of it: without a name, handed over by message and to a child, from a file.
#include "viaduct/shared_memory.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/connected.hpp"
#include "support/data.hpp"
#include "support/memory.hpp"
#include "support/names.hpp"
#include "support/peer.hpp"
#include "viaduct/capabilities.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
constexpr std::size_t far_too_much = most / 2 - 4096;

const map_options for_reading{.mode = access::read_only};

void fill(mapping& shown, bytes with) { std::memcpy(shown.writable().data(), with.data(), with.size()); }

std::uint32_t checksum_of(const mapping& shown) { return checksum(shown.readable()); }

#define NEEDS_CREATOR() VIADUCT_NEEDS(capabilities().shared_memory.read_only_handles, "shared_memory.read_only_handles")
#define NEEDS_HANDLES() \
  VIADUCT_NEEDS(capabilities().named_pipe.handle_passing != handle_passing::absent, "named_pipe.handle_passing")

TEST_CASE("memory is zero at first, as long as was asked for, and one and the same in every mapping") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{1'000'003}}) {
    const auto memory = must(shared_memory::create_anonymous(size));
    CHECK(memory.size() == size);
    CHECK(memory.is_creator());
    CHECK(memory.native_name().empty());
    auto first = must(memory.map());
    const auto second = must(memory.map(for_reading));
    REQUIRE(first.size() == size);
    REQUIRE(second.size() == size);
    CHECK(std::all_of(second.readable().begin(), second.readable().end(),
                      [](std::byte one) { return one == std::byte{}; }));
    const auto put = content(size, size);
    fill(first, put);
    CHECK(checksum_of(second) == checksum(put));
  }
}

TEST_CASE("a mapping shows any part, also one that begins and ends inside a page") {
  constexpr std::size_t size = 300'000;
  const auto memory = must(shared_memory::create_anonymous(size));
  const auto put = content(size, 1);
  auto all = must(memory.map());
  fill(all, put);
  generator random(2);
  for (int count = 0; count < 300; ++count) {
    const std::size_t offset = random.below(size);
    const std::size_t length = 1 + random.below(size - offset);
    auto part = must(memory.map({.offset = offset, .length = length}));
    REQUIRE(part.size() == length);
    REQUIRE(
        std::equal(part.readable().begin(), part.readable().end(), put.begin() + static_cast<std::ptrdiff_t>(offset)));
    part.writable().data()[length - 1] ^= std::byte{0xFF};
    REQUIRE(all.readable().data()[offset + length - 1] == (put[offset + length - 1] ^ std::byte{0xFF}));
    part.writable().data()[length - 1] ^= std::byte{0xFF};
  }
  const auto tail = must(memory.map({.offset = 4097}));
  CHECK(tail.size() == size - 4097);
}

TEST_CASE("what lies outside is invalid_argument, whatever the sum overflows to") {
  const auto memory = must(shared_memory::create_anonymous(10'000));
  const std::vector<map_options> outside{{.offset = 10'000},
                                         {.offset = 10'001},
                                         {.offset = most},
                                         {.length = 10'001},
                                         {.offset = 1, .length = 10'000},
                                         {.offset = 9'999, .length = most},
                                         {.length = most},
                                         {.offset = most, .length = 2},
                                         {.offset = most - 4095, .length = 8192}};
  for (const map_options& options : outside) {
    CAPTURE(options.offset, options.length);
    CHECK(outcome(memory.map(options)) == errc::invalid_argument);
  }
  CHECK(outcome(memory.map({.offset = 9'999, .length = 1})) == success);
}

TEST_CASE("a mapping outlives the memory object, and what is mapped for reading has nothing to write to") {
  auto memory = must(shared_memory::create_anonymous(5'000));
  auto writer = must(memory.map());
  auto reader = must(memory.map(for_reading));
  memory.close();
  memory.close();
  CHECK_FALSE(memory.is_open());
  CHECK(memory.size() == 0);
  CHECK_FALSE(memory.native().is_valid());
  CHECK(outcome(memory.map()) == errc::closed);
  CHECK(outcome(memory.read_only()) == errc::closed);
  CHECK(outcome(memory.release()) == errc::closed);
  writer.writable().data()[4'999] = std::byte{7};
  CHECK(reader.readable().data()[4'999] == std::byte{7});
  CHECK(reader.writable().empty());
  writer.close();
  writer.close();
  CHECK_FALSE(writer.is_open());
  CHECK(writer.writable().empty());
  CHECK(writer.readable().empty());
  CHECK(outcome(writer.flush()) == errc::closed);
  mapping moved = std::move(reader);
  CHECK(moved.readable().data()[4'999] == std::byte{7});
  CHECK(outcome(moved.flush()) == success);
}

TEST_CASE("moved-from memory is closed") {
  auto memory = must(shared_memory::create_anonymous(10));
  shared_memory moved = std::move(memory);
  CHECK(outcome(memory.map()) == errc::closed);  // NOLINT(bugprone-use-after-move)
  CHECK(outcome(moved.map()) == success);
}

TEST_CASE("no memory is invalid_argument, more than there is no_space with the number needed") {
  CHECK(outcome(shared_memory::create_anonymous(0)) == errc::invalid_argument);
  CHECK(outcome(shared_memory::create_anonymous(most)) == errc::no_space);
  VIADUCT_NEEDS(capabilities().shared_memory.reserved, "shared_memory.reserved");
  for (const std::size_t size : {far_too_much, std::size_t{1} << 46}) {
    const auto refused = shared_memory::create_anonymous(size);
    REQUIRE(outcome(refused) == errc::no_space);
    CHECK(refused.error().operation() == "shared_memory::create_anonymous");
    CHECK(refused.error().object() == "(anonymous)");
  }
}

TEST_CASE("writers::creator: one mapping to write, and handles that only read") {
  NEEDS_CREATOR();
  const auto memory = must(shared_memory::create_anonymous(100'000, writers::creator));
  const auto given = must(memory.read_only());  // also before it was mapped
  CHECK(given.size() == 100'000);
  CHECK(outcome(given.map()) == errc::access_denied);
  auto mine = must(memory.map({.offset = 5'000, .length = 50'000}));
  REQUIRE(mine.writable().size() == 50'000);
  CHECK(outcome(memory.map()) == errc::access_denied);
  fill(mine, content(50'000, 3));
  const auto theirs = must(given.map({.offset = 5'000, .length = 50'000, .mode = access::read_only}));
  CHECK(checksum_of(theirs) == checksum(content(50'000, 3)));
  const auto again = must(must(memory.read_only()).map(for_reading));
  CHECK(checksum(again.readable().after(5'000).data() == nullptr
                     ? bytes()
                     : bytes(again.readable().after(5'000).first(50'000))) == checksum(content(50'000, 3)));
  mine.close();
  CHECK(outcome(memory.map()) == errc::access_denied);  // once means once
}

TEST_CASE("an argument that the range makes wrong does not use up the creator's mapping") {
  NEEDS_CREATOR();
  const auto memory = must(shared_memory::create_anonymous(100, writers::creator));
  CHECK(outcome(memory.map({.offset = 101})) == errc::invalid_argument);
  CHECK(outcome(memory.map()) == success);
}

TEST_CASE("nor does a lack of memory") {
  NEEDS_CREATOR();
  fail_each_allocation([](auto&& without_memory) {
    const auto memory = must(shared_memory::create_anonymous(100, writers::creator));
    bool is_mapped = false;
    without_memory([&] { is_mapped = memory.map().has_value(); });
    if (!is_mapped) CHECK(outcome(memory.map()) == success);
  });
}

TEST_CASE("read_only is for memory with writers::creator") {
  CHECK(outcome(must(shared_memory::create_anonymous(10)).read_only()) == errc::not_supported);
}

TEST_CASE("released and adopted memory is the same memory") {
  auto memory = must(shared_memory::create_anonymous(20'000));
  auto before = must(memory.map());
  auto adopted = must(shared_memory::adopt(must(memory.release())));
  CHECK_FALSE(memory.is_open());
  CHECK(adopted.size() >= 20'000);  // some systems know whole pages only
  CHECK_FALSE(adopted.is_creator());
  fill(before, content(20'000, 4));
  CHECK(checksum(must(adopted.map({.length = 20'000})).readable()) == checksum(content(20'000, 4)));
  CHECK(outcome(adopted.read_only()) == errc::not_supported);
}

TEST_CASE("a read-only handle that was adopted stays read-only") {
  NEEDS_CREATOR();
  const auto memory = must(shared_memory::create_anonymous(5'000, writers::creator));
  auto mine = must(memory.map());
  const auto adopted = must(shared_memory::adopt(must(must(memory.read_only()).release())));
  CHECK(outcome(adopted.map()) == errc::access_denied);
  fill(mine, content(5'000, 5));
  CHECK(checksum(must(adopted.map({.length = 5'000, .mode = access::read_only})).readable()) ==
        checksum(content(5'000, 5)));
}

TEST_CASE("adopt refuses what is no memory, and closes it") {
  CHECK(outcome(shared_memory::adopt(native_handle())) == errc::closed);
  const auto offer = [] {
    auto pipe = must(make_pipe());
    CHECK(outcome(shared_memory::adopt(must(pipe.reader.release()))) == errc::invalid_argument);
    CHECK(outcome(shared_memory::adopt(must(pipe.writer.release()))) == errc::invalid_argument);
    auto pair = must(make_named_pipe_pair(framing::bytes));
    CHECK(outcome(shared_memory::adopt(must(pair.first.release()))) == errc::invalid_argument);
  };
  CHECK_FALSE(leaves_something(offer, 10));
}

// Doubles every byte of the memory that comes with a message.
VIADUCT_ROLE(memory_user, args) {
  connect_options options;
  options.accept_handles = true;
  auto connection = must(named_pipe::connect(args.at(0), 8s, options));
  std::string into(10, '\0');
  auto got = must(connection.receive_with_handles(into, 8s));
  VIADUCT_INSIST(got.handles.size() == 1);
  const auto memory = must(shared_memory::adopt(std::move(got.handles[0])));
  const std::size_t size = std::stoul(args.at(1));
  VIADUCT_INSIST(memory.size() >= size);
  if (args.at(2) == "read") {
    VIADUCT_INSIST(outcome(memory.map()) == errc::access_denied);
    const auto shown = must(memory.map({.length = size, .mode = access::read_only}));
    must(connection.send(std::to_string(checksum_of(shown)), 8s));
    return 0;
  }
  auto shown = must(memory.map({.length = size}));
  for (std::byte& one : std::span(shown.writable().data(), size))
    one = static_cast<std::byte>(2 * static_cast<int>(one));
  must(connection.send("done", 8s));
  return 0;
}

TEST_CASE("memory goes to another process with a message") {
  NEEDS_HANDLES();
  constexpr std::size_t size = 2'000'000;
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages, {.accept_handles = true}));
  peer user("memory_user", {called, std::to_string(size), "write"});
  auto server = must(listener.accept(8s));
  const auto memory = must(shared_memory::create_anonymous(size));
  auto shown = must(memory.map());
  auto expected = content(size, 6);
  fill(shown, expected);
  const std::array handles{memory.native()};
  must(server.send("take", handles, 8s));
  CHECK(receive_text(server) == "done");
  for (std::byte& one : expected) one = static_cast<std::byte>(2 * static_cast<int>(one));
  CHECK(checksum_of(shown) == checksum(expected));
  CHECK(user.wait() == 0);
}

TEST_CASE("memory that only its creator writes goes to another process with a message") {
  NEEDS_HANDLES();
  NEEDS_CREATOR();
  const std::string called = unique_name();
  auto listener = must(named_pipe_listener::create(called, framing::messages, {.accept_handles = true}));
  peer user("memory_user", {called, "70000", "read"});
  auto server = must(listener.accept(8s));
  const auto memory = must(shared_memory::create_anonymous(70'000, writers::creator));
  auto shown = must(memory.map());
  fill(shown, content(70'000, 7));
  const auto given = must(memory.read_only());
  const std::array handles{given.native()};
  must(server.send("take", handles, 8s));
  CHECK(receive_text(server) == std::to_string(checksum(content(70'000, 7))));
  CHECK(user.wait() == 0);
}

VIADUCT_ROLE(memory_child, args) {
  VIADUCT_INSIST(outcome(inherited<pipe_reader>("frame")) == errc::invalid_argument);
  const auto memory = must(inherited<shared_memory>("frame"));
  VIADUCT_INSIST(outcome(inherited<shared_memory>("frame")) == errc::not_found);
  auto shown = must(memory.map({.length = std::stoul(args.at(0))}));
  must(must(standard_output()).write_all(std::to_string(checksum_of(shown)), 8s));
  shown.writable().data()[0] = std::byte{'!'};
  return 0;
}

TEST_CASE("memory is handed to a child as an endpoint, and closed in the parent") {
  auto memory = must(shared_memory::create_anonymous(123'456));
  auto shown = must(memory.map());
  fill(shown, content(123'456, 8));
  const std::string expected = std::to_string(checksum_of(shown));
  child_options options;
  options.endpoints = {{"frame", memory.endpoint()}};
  CHECK(output_of("memory_child", {"123456"}, options) == expected);
  CHECK_FALSE(memory.is_open());
  CHECK(shown.readable().data()[0] == std::byte{'!'});
}

TEST_CASE("what cannot be handed to a child is refused, and the memory is as before") {
  auto named = must(shared_memory::create(unique_name(), 10));
  CHECK(outcome(try_spawn("memory_child", {"10"}, {.endpoints = {{"frame", named.endpoint()}}})) ==
        errc::not_supported);
  CHECK(named.is_open());
  auto memory = must(shared_memory::create_anonymous(10));
  CHECK(outcome(try_spawn("memory_child", {"10"}, {.standard_input = memory.endpoint()})) == errc::invalid_argument);
  CHECK(memory.is_open());
  memory.close();
  CHECK(outcome(try_spawn("memory_child", {"10"}, {.endpoints = {{"frame", memory.endpoint()}}})) == errc::closed);
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("a file is memory: what is written is in the file, after flush at the latest") {
  const scratch_directory place;
  const std::filesystem::path file = place.path() / "data";
  const auto made = must(shared_memory::open_file(file, {.create_size = 10'000}));
  CHECK(made.is_creator());
  CHECK(made.size() == 10'000);
  CHECK(std::filesystem::file_size(file) == 10'000);
  auto shown = must(made.map({.offset = 5'001, .length = 5}));
  fill(shown, bytes("hello"));
  CHECK(outcome(shown.flush()) == success);
  CHECK(text_of(file).substr(5'001, 5) == "hello");
  const auto again = must(shared_memory::open_file(file, {.create_size = 10'000}));
  CHECK_FALSE(again.is_creator());
  const auto reading = must(shared_memory::open_file(file, {.mode = access::read_only}));
  CHECK(reading.size() == 10'000);
  CHECK(outcome(reading.map()) == errc::access_denied);
  CHECK(bytes(must(reading.map({.offset = 5'001, .length = 5, .mode = access::read_only})).readable()).text() ==
        "hello");
  CHECK(outcome(reading.read_only()) == errc::not_supported);
  const auto entries = std::filesystem::directory_iterator(place.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);  // nothing temporary is left
}

TEST_CASE("files that are missing, empty, of another size or no files are refused") {
  const scratch_directory place;
  const std::filesystem::path file = place.path() / "data";
  CHECK(outcome(shared_memory::open_file(file)) == errc::not_found);
  CHECK(outcome(shared_memory::open_file(place.path() / "no" / "data", {.create_size = 10})) == errc::not_found);
  CHECK(outcome(shared_memory::open_file(place.path())) == errc::invalid_argument);
  CHECK(outcome(shared_memory::open_file("")) == errc::invalid_argument);
  CHECK(outcome(shared_memory::open_file(std::filesystem::path(std::string("a\0b", 3)))) == errc::invalid_argument);
  CHECK(outcome(shared_memory::open_file(file, {.mode = access::read_only, .create_size = 10})) ==
        errc::invalid_argument);
  CHECK(outcome(shared_memory::open_file(file, {.create_size = most})) == errc::no_space);
  CHECK_FALSE(std::filesystem::exists(file));
  std::ofstream(file).close();
  CHECK(outcome(shared_memory::open_file(file)) == errc::invalid_argument);
  const auto refused = shared_memory::open_file(file, {.create_size = 10});
  CHECK(outcome(refused) == errc::layout_mismatch);
  CHECK(refused.error().object().find("data") != std::string::npos);
}

TEST_CASE("memory leaves nothing behind it") {
  const scratch_directory place;
  const auto use = [&] {
    const auto memory = must(shared_memory::create_anonymous(10'000));
    auto shown = must(memory.map());
    const auto reader = must(memory.map(for_reading));
    CHECK(outcome(memory.map({.offset = 10'000})) == errc::invalid_argument);
    const auto file = must(shared_memory::open_file(place.path() / "data", {.create_size = 10'000}));
    must(must(file.map()).flush());
    if (!capabilities().shared_memory.read_only_handles) return;
    const auto kept = must(shared_memory::create_anonymous(10'000, writers::creator));
    const auto given = must(must(kept.read_only()).map(for_reading));
  };
  CHECK_FALSE(leaves_something(use, 30));
}

}  // namespace
}  // namespace viaduct::test
