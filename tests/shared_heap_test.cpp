// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/shared_heap.hpp"

#include <array>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;

namespace {

using numbers = shared_heap::vector<int>;
using table = shared_heap::map<shared_heap::string, numbers>;
constexpr std::size_t kibibyte = 1024;

/// A type of one's own with containers as members, as the header tells.
struct settings {
  using allocator_type = shared_heap::allocator<std::byte>;
  explicit settings(allocator_type from) : title(from), values(from) {}
  settings(const char* text, int first, allocator_type from) : title(text, from), values(from), level(first) {}
  shared_heap::string title;
  table values;
  int level = 0;
};

struct throws_always {
  throws_always() { throw std::logic_error("on purpose"); }
};

int sum_of(const numbers& all) { return std::accumulate(all.begin(), all.end(), 0); }

shared_memory memory_of(std::size_t size) { return must(shared_memory::create(unique_name(), size)); }

}  // namespace

// --- Two processes -------------------------------------------------------------------------------------------------------

VIADUCT_ROLE(heap_reader, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  auto heap = must(shared_heap::open(memory, 8s));
  const table* found = must(heap.find<table>("table"));
  for (const auto& [key, values] : *found) {
    role::say(std::string(key.data(), key.size()) + ' ' + std::to_string(values.size()) + ' ' +
              std::to_string(sum_of(values)));
  }
  const auto* own = must(heap.find<settings>("settings"));
  role::say(std::string(own->title.c_str()) + ' ' + std::to_string(own->values.find("deep")->second.at(0)));
  return 0;
}

TEST_CASE("what one process builds another reads in place") {
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 256 * kibibyte));
  auto heap = must(shared_heap::create(memory));
  auto* const built = must(heap.construct<table>("table"));
  must(heap.update([&] {
    built->emplace("primes", std::initializer_list<int>{2, 3, 5, 7});
    built->emplace("a key that is longer than any string keeps inside itself",
                   numbers(1000, 1, built->get_allocator()));
  }));
  auto* const own = must(heap.construct<settings>("settings", "a title that is longer than a string keeps inside", 7));
  must(heap.update([&] { own->values.emplace("deep", std::initializer_list<int>{42}); }));
  CHECK(own->level == 7);

  peer reader("heap_reader", {called});
  reader.expect("a key that is longer than any string keeps inside itself 1000 1000");
  reader.expect("primes 4 17");
  reader.expect("a title that is longer than a string keeps inside 42");
  CHECK(reader.wait() == 0);
}

VIADUCT_ROLE(heap_writer, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  auto heap = must(shared_heap::open_or_create(memory, 8s));
  auto* const list = must(heap.find_or_construct<numbers>("list"));
  must(heap.update([&] { list->push_back(static_cast<int>(list->size())); }));
  role::say("written");
  role::expect("end");
  return 0;
}

TEST_CASE("processes that change the heap in turn see each other's changes") {
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 64 * kibibyte));
  auto heap = must(shared_heap::open_or_create(memory, 8s));
  peer first("heap_writer", {called});
  first.expect("written");
  peer second("heap_writer", {called});
  second.expect("written");
  const auto* const list = must(heap.find<numbers>("list"));
  CHECK(std::vector<int>(list->begin(), list->end()) == std::vector<int>{0, 1});
  first.say("end");
  second.say("end");
  CHECK(first.wait() == 0);
  CHECK(second.wait() == 0);
}

// --- Finding -------------------------------------------------------------------------------------------------------------

TEST_CASE("a heap is created once, and opened at any time after") {
  auto memory = memory_of(64 * kibibyte);
  CHECK(outcome(shared_heap::open(memory, deadline::now())) == errc::not_found);
  CHECK(outcome(shared_heap::open(memory, 20ms)) == errc::not_found);
  auto heap = must(shared_heap::create(memory));
  const auto again = shared_heap::create(memory);
  REQUIRE(outcome(again) == errc::already_exists);
  CHECK(again.error().operation() == "shared_heap::create");
  CHECK_FALSE(again.error().object().empty());
  must(heap.construct<int>("answer", 42));
  CHECK(*must(must(shared_heap::open(memory, deadline::now())).find<int>("answer")) == 42);
  CHECK(*must(must(shared_heap::open_or_create(memory, deadline::now())).find<int>("answer")) == 42);
}

VIADUCT_ROLE(heap_maker, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  role::say("opened");
  role::expect("make");
  auto heap = must(shared_heap::create(memory));
  role::say("made");
  role::expect("end");
  return 0;
}

TEST_CASE("an opener waits for the heap to be built") {
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 64 * kibibyte));
  peer maker("heap_maker", {called});
  maker.expect("opened");
  maker.say("make");
  auto heap = must(shared_heap::open(memory, 8s));
  maker.expect("made");
  maker.say("end");
  CHECK(maker.wait() == 0);
}

VIADUCT_ROLE(heap_racer, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  role::say("ready");
  role::expect("go");
  auto heap = must(shared_heap::open_or_create(memory, 8s));
  role::say(std::to_string(heap.epoch()));
  role::expect("end");
  return 0;
}

TEST_CASE("of many that come at once one builds the heap") {
  time_limit(rounds(60'000, 600'000) * 1ms);
  for (int round = 0; round < rounds(10, 200); ++round) {
    const std::string called = unique_name();
    auto memory = must(shared_memory::create(called, 64 * kibibyte));
    std::vector<peer> racers;
    for (int count = 0; count < 4; ++count) racers.emplace_back("heap_racer", arguments{called});
    for (peer& racer : racers) racer.expect("ready");
    for (peer& racer : racers) racer.say("go");
    for (peer& racer : racers) racer.expect("1");
    CHECK(outcome(must(shared_heap::open(memory, deadline::now())).construct<int>("one", 1)) == success);
    for (peer& racer : racers) racer.say("end");
    for (peer& racer : racers) CHECK(racer.wait() == 0);
  }
}

TEST_CASE("names and types are checked") {
  auto memory = memory_of(64 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  const auto* const made = must(heap.construct<int>("number", 7));
  CHECK(must(heap.find<int>("number")) == made);
  CHECK(outcome(heap.construct<int>("number", 8)) == errc::already_exists);
  CHECK(*made == 7);
  CHECK(outcome(heap.find<int>("nothing")) == errc::not_found);
  CHECK(outcome(heap.find<unsigned>("number")) == errc::invalid_argument);
  CHECK(outcome(heap.find<table>("number")) == errc::invalid_argument);
  CHECK(outcome(heap.find_or_construct<table>("number")) == errc::invalid_argument);
  CHECK(outcome(heap.construct<table>("number")) == errc::invalid_argument);
  CHECK(outcome(heap.destroy<std::int64_t>("number")) == errc::invalid_argument);
  CHECK(outcome(heap.find<int>("")) == errc::invalid_argument);
  CHECK(outcome(heap.find<int>(std::string("num\0ber", 7))) == errc::invalid_argument);
  CHECK(outcome(heap.construct<int>(std::string(256, 'n'), 1)) == errc::invalid_argument);
  CHECK(outcome(heap.construct<int>(std::string(255, 'n'), 1)) == success);
  must(heap.destroy<int>("number"));
  CHECK(outcome(heap.find<int>("number")) == errc::not_found);
  CHECK(outcome(heap.destroy<int>("number")) == errc::not_found);
  const auto missing = heap.find<int>("number");
  CHECK(missing.error().operation() == "shared_heap::find");
  CHECK(missing.error().object().ends_with("/number"));
}

TEST_CASE("what would carry addresses of one process is refused when it is compiled") {
  CHECK(detail::heap_value<table>);
  CHECK(detail::heap_value<settings>);
  CHECK(detail::heap_value<shared_heap::vector<shared_heap::vector<shared_heap::string>>>);
  CHECK_FALSE(detail::heap_value<int*>);
  CHECK_FALSE(detail::heap_value<std::string>);
  CHECK_FALSE(detail::heap_value<std::string_view>);
  CHECK_FALSE(detail::heap_value<shared_heap::vector<std::string>>);
  CHECK_FALSE(detail::heap_value<shared_heap::map<int, const char*>>);
  CHECK_FALSE(detail::heap_value<std::array<int*, 2>>);
  CHECK_FALSE(detail::heap_value<std::pair<int, char*>>);
  CHECK_FALSE(detail::heap_value<std::logic_error>);
}

TEST_CASE("an object's memory comes back") {
  auto memory = memory_of(64 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  const std::size_t before = heap.free_space();
  auto* const list = must(heap.construct<numbers>("list", 100, 5));
  CHECK(sum_of(*list) == 500);
  CHECK(heap.free_space() < before);
  must(heap.destroy<numbers>("list"));
  CHECK(heap.free_space() == before);
  CHECK_THROWS_AS(heap.construct<throws_always>("never"), std::logic_error);
  CHECK_THROWS_AS(heap.update([] { throw std::logic_error("on purpose"); }), std::logic_error);
  CHECK(heap.free_space() == before);
  CHECK(outcome(heap.find<throws_always>("never")) == errc::not_found);
}

TEST_CASE("a heap can be closed, moved, and used inside an action") {
  auto memory = memory_of(64 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  CHECK(must(heap.update([&] { return *must(heap.construct<int>("inner", 3)); })) == 3);
  CHECK(*must(heap.find<int>("inner")) == 3);
  shared_heap other = std::move(heap);
  CHECK(outcome(heap.find<int>("inner")) == errc::closed);  // NOLINT(bugprone-use-after-move)
  CHECK(outcome(heap.reset()) == errc::closed);
  CHECK_FALSE(heap.is_open());
  memory.close();  // the heap keeps its memory
  CHECK(*must(other.find<int>("inner")) == 3);
  must(other.update([&] { other.close(); }));
  CHECK(outcome(other.find<int>("inner")) == errc::closed);
  CHECK(other.free_space() == 0);
  other.close();
  CHECK(outcome(shared_heap::open(memory, 5s)) == errc::closed);
}

// --- Limits --------------------------------------------------------------------------------------------------------------

TEST_CASE("what does not fit is no_space, with numbers, and the heap stays whole") {
  auto memory = memory_of(16 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  auto* const kept = must(heap.construct<numbers>("kept", 10, 1));
  const std::size_t before = heap.free_space();
  const auto large = heap.construct<numbers>("large", 10'000, 1);
  REQUIRE(outcome(large) == errc::no_space);
  CHECK(large.error().hint().find(std::to_string(before)) != std::string_view::npos);
  CHECK(outcome(heap.construct<std::array<char, 20'000>>("array")) == errc::no_space);
  CHECK(outcome(heap.construct<numbers>("absurd", std::size_t{1} << 62U, 1)) == errc::no_space);
  CHECK(heap.free_space() == before);
  CHECK(outcome(heap.find<numbers>("large")) == errc::not_found);

  int count = 0;
  const auto filled = heap.update([&] {
    for (;; ++count) kept->push_back(count);
  });
  CHECK(outcome(filled) == errc::no_space);
  CHECK(filled.error().operation() == "shared_heap::update");
  REQUIRE(kept->size() == static_cast<std::size_t>(count) + 10);
  CHECK(kept->back() == count - 1);
  must(heap.destroy<numbers>("kept"));
  CHECK(outcome(heap.construct<numbers>("again", 1000, 1)) == success);
}

TEST_CASE("memory that is too small for a heap is refused with the size it needs") {
  const auto tiny = shared_heap::create(memory_of(100));
  REQUIRE(outcome(tiny) == errc::no_space);
  const std::size_t least = tiny.error().size();
  CHECK(least > 100);
  CHECK(outcome(shared_heap::open(memory_of(64), deadline::now())) == errc::no_space);
  CHECK(outcome(shared_heap::reset(memory_of(1))) == errc::no_space);
  CHECK(outcome(shared_heap::create(memory_of(least - 1))) == errc::no_space);
  CHECK(outcome(shared_heap::create(memory_of(least))) == success);
}

TEST_CASE("only memory by name is trusted") {
  const auto refused = [](const shared_memory& memory) {
    const auto made = shared_heap::create(memory);
    return outcome(made) == errc::not_supported && !made.error().hint().empty() &&
           outcome(shared_heap::open(memory, deadline::now())) == errc::not_supported &&
           outcome(shared_heap::reset(memory)) == errc::not_supported;
  };
  auto anonymous = must(shared_memory::create_anonymous(64 * kibibyte));
  CHECK(refused(anonymous));
  CHECK(refused(must(shared_memory::adopt(must(anonymous.release())))));
  const scratch_directory folder;
  CHECK(refused(must(shared_memory::open_file(folder.path() / "file", {.create_size = 64 * kibibyte}))));
}
