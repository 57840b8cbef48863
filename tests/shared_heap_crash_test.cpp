// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Killed writers, old epochs, headers with anything in them, and what must never be in the memory: addresses.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/data.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "support/peer.hpp"
#include "support/watchdog.hpp"
#include "viaduct/shared_heap.hpp"

using namespace std::chrono_literals;
using namespace viaduct;
using namespace viaduct::test;

namespace {

using numbers = shared_heap::vector<int>;
using table = shared_heap::map<shared_heap::string, numbers>;
constexpr std::size_t kibibyte = 1024;

shared_memory memory_of(std::size_t size) { return must(shared_memory::create(unique_name(), size)); }

/// The header as words.
class header_words {
 public:
  static constexpr std::size_t count = 8, magic = 0, layout = 1, size = 2, life = 3, inside = 4;
  using words = std::array<std::uint64_t, count>;

  explicit header_words(const shared_memory& memory) : view_(must(memory.map())) {}
  [[nodiscard]] words read() {
    words all{};
    std::memcpy(all.data(), view_.writable().data(), sizeof all);
    return all;
  }
  void write(const words& all) { std::memcpy(view_.writable().data(), all.data(), sizeof all); }
  void write(std::size_t which, std::uint64_t value) {
    words all = read();
    all.at(which) = value;
    write(all);
  }

 private:
  mapping view_;
};

/// Every key k holds the numbers k % 7 times over: a heap that was left half changed would not.
bool is_whole(const table& all) {
  for (const auto& [key, values] : all) {
    const int number = std::stoi(std::string(key.data(), key.size()));
    if (values.size() != static_cast<std::size_t>(number % 7)) return false;
    for (const int value : values) {
      if (value != number) return false;
    }
  }
  return true;
}

void change_once(shared_heap& heap, table& all, generator& random) {
  const int number = static_cast<int>(random.below(50));
  const std::string key = std::to_string(number) + std::string(30, ' ');
  must(heap.update([&] {
    if (const auto found = all.find(key); found != all.end()) {
      all.erase(found);
    } else {
      all.emplace(key.c_str(), numbers(static_cast<std::size_t>(number % 7), number, all.get_allocator()));
    }
  }));
}

}  // namespace

// --- A writer dies -------------------------------------------------------------------------------------------------------

VIADUCT_ROLE(heap_stays_inside, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  auto heap = must(shared_heap::open(memory, 8s));
  must(heap.update([&] {
    must(heap.construct<int>("half"));
    role::say("inside");
    role::expect("never");
  }));
  return 0;
}

TEST_CASE("a writer killed inside is noticed, and reset builds the heap anew") {
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 64 * kibibyte));
  auto heap = must(shared_heap::create(memory));
  auto other = must(shared_heap::open(memory, 8s));
  must(heap.construct<int>("before", 1));
  peer writer("heap_stays_inside", {called});
  writer.expect("inside");
  writer.kill();
  CHECK(writer.wait() == peer::killed);

  const auto looked = heap.find<int>("before");
  REQUIRE(outcome(looked) == errc::owner_died);
  CHECK(looked.error().hint().find(std::to_string(writer.id())) != std::string_view::npos);
  CHECK(outcome(heap.construct<int>("after", 1)) == errc::owner_died);
  CHECK(outcome(heap.update([] {})) == errc::owner_died);
  CHECK(outcome(must(shared_heap::open(memory, 8s)).find<int>("before")) == errc::owner_died);

  const std::uint64_t epoch = heap.epoch();
  must(heap.reset());
  CHECK(heap.epoch() == epoch + 1);
  CHECK(outcome(heap.find<int>("before")) == errc::not_found);
  CHECK(outcome(heap.construct<int>("after", 2)) == success);
  CHECK(outcome(other.find<int>("after")) == errc::owner_died);
  CHECK(outcome(other.construct<int>("more")) == errc::owner_died);
  CHECK(outcome(other.destroy<int>("after")) == errc::owner_died);
  CHECK(outcome(other.update([] { FAIL("must not run"); })) == errc::owner_died);
  CHECK(other.free_space() == 0);
  CHECK(outcome(other.reset()) == errc::owner_died);  // the second to come wipes out nothing
  CHECK(*must(heap.find<int>("after")) == 2);
  other = must(shared_heap::open(memory, 8s));
  CHECK(*must(other.find<int>("after")) == 2);
}

TEST_CASE("a process without a heap of its own can reset one") {
  auto memory = memory_of(64 * kibibyte);
  auto first = must(shared_heap::reset(memory));  // nothing there: as create
  must(first.construct<int>("one", 1));
  auto second = must(shared_heap::reset(memory));
  CHECK(outcome(first.find<int>("one")) == errc::owner_died);
  CHECK(outcome(second.find<int>("one")) == errc::not_found);
}

TEST_CASE("the end of a change takes away no other's mark, a newer heap's neither") {
  auto memory = memory_of(64 * kibibyte);
  header_words header(memory);
  auto heap = must(shared_heap::create(memory));
  const auto inside_during_a_change = [&](shared_heap& of) {
    std::uint64_t mark = 0;
    must(of.update([&] { mark = header.read()[header_words::inside]; }));
    return mark;
  };
  const std::uint64_t ours = inside_during_a_change(heap);
  CHECK(header.read()[header_words::inside] == 0);
  must(heap.update([&] { header.write(header_words::inside, ours + 1); }));  // as if another had come in between
  CHECK(header.read()[header_words::inside] == ours + 1);
  CHECK(outcome(heap.find<int>("any")) == errc::owner_died);
  must(heap.reset());
  CHECK(inside_during_a_change(heap) != ours);
}

VIADUCT_ROLE(heap_changes_until_killed, args) {
  auto memory = must(shared_memory::open(args.at(0), 8s));
  auto heap = must(shared_heap::open(memory, 8s));
  auto* const all = must(heap.find_or_construct<table>("table"));
  generator random(std::stoull(args.at(1)));
  for (int count = 0;; ++count) {
    change_once(heap, *all, random);
    if (count == 100) role::say("busy");
  }
}

TEST_CASE("killed anywhere, a writer leaves a whole heap or is noticed") {
  const int times = rounds(40, 1000);
  time_limit(times * 1000ms);
  const std::string called = unique_name();
  auto memory = must(shared_memory::create(called, 64 * kibibyte));
  auto heap = must(shared_heap::create(memory));
  generator random(1);
  int noticed = 0;
  for (int round = 0; round < times || noticed == 0; ++round) {
    peer writer("heap_changes_until_killed", {called, std::to_string(round)});
    writer.expect("busy");
    for (std::size_t spin = random.below(1'000'000); spin != 0; --spin)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    writer.kill();
    CHECK(writer.wait() == peer::killed);
    const auto found = heap.find<table>("table");
    if (found) {
      REQUIRE(is_whole(**found));
    } else {
      REQUIRE(outcome(found) == errc::owner_died);
      must(heap.reset());
      ++noticed;
    }
  }
}

// --- The header ----------------------------------------------------------------------------------------------------------

TEST_CASE("a heap that its builder did not finish is timed_out, until it is reset") {
  auto memory = memory_of(64 * kibibyte);
  header_words header(memory);
  header.write(header_words::life, 1U << 8U | 1U);  // epoch 1, building; nothing else was written yet
  CHECK(outcome(shared_heap::open(memory, deadline::now())) == errc::timed_out);
  CHECK(outcome(shared_heap::open(memory, 20ms)) == errc::timed_out);
  CHECK(outcome(shared_heap::open_or_create(memory, 20ms)) == errc::timed_out);
  CHECK(outcome(shared_heap::create(memory)) == errc::already_exists);
  auto heap = must(shared_heap::reset(memory));
  CHECK(heap.epoch() == 2);
  CHECK(outcome(heap.construct<int>("one", 1)) == success);
}

TEST_CASE("a header that is not ours is not believed") {
  auto memory = memory_of(64 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  header_words header(memory);
  const header_words::words good = header.read();
  const auto opened_with = [&](std::size_t which, std::uint64_t value) {
    header.write(good);
    header.write(which, value);
    return outcome(shared_heap::open(memory, deadline::now()));
  };
  CHECK(opened_with(header_words::magic, 0) == errc::peer_corrupt);
  CHECK(opened_with(header_words::magic, good[header_words::magic] + 1) == errc::peer_corrupt);
  CHECK(opened_with(header_words::layout, good[header_words::layout] ^ 1U) == errc::layout_mismatch);
  CHECK(opened_with(header_words::size, 128 * kibibyte) == errc::peer_corrupt);
  CHECK(opened_with(header_words::life, 0) == errc::peer_corrupt);
  CHECK(opened_with(header_words::life, 1U << 8U | 3U) == errc::peer_corrupt);
  CHECK(opened_with(header_words::life, 2) == errc::peer_corrupt);
  header.write(header_words::life, 0);
  CHECK(outcome(heap.find<int>("any")) == errc::peer_corrupt);
  CHECK(outcome(shared_heap::create(memory)) == errc::peer_corrupt);
  header.write(header_words::words{});
  CHECK(outcome(heap.find<int>("any")) == errc::peer_corrupt);
  header.write(good);
  CHECK(outcome(heap.find<int>("any")) == errc::not_found);

  auto foreign = memory_of(64 * kibibyte);
  std::memset(must(foreign.map()).writable().data(), 'x', 64 * kibibyte);
  CHECK(outcome(shared_heap::create(foreign)) == errc::peer_corrupt);
  CHECK(outcome(shared_heap::open_or_create(foreign, 5s)) == errc::peer_corrupt);
}

TEST_CASE("no header makes a call crash") {
  constexpr int times = 20'000;
  time_limit(60s);
  auto memory = memory_of(64 * kibibyte);
  auto heap = must(shared_heap::create(memory));
  must(heap.construct<int>("one", 1));
  header_words header(memory);
  const header_words::words good = header.read();
  generator random(2);
  int refused = 0;
  for (int count = 0; count < times; ++count) {
    header_words::words bad = good;
    do {  // one word or several: all random, small, or one bit of the good one
      const std::size_t which = random.below(bad.size());
      const std::uint64_t word = random.next();
      const std::uint64_t kinds[] = {word, word % 1024, good[which] ^ std::uint64_t{1} << word % 64, ~std::uint64_t{0},
                                     0};
      bad[which] = kinds[random.below(5)];
    } while (random.below(3) == 0);
    header.write(bad);
    auto opened = shared_heap::open(memory, deadline::now());
    if (!opened) ++refused;
    if (opened && !opened->find<int>("one")) ++refused;
    (void)heap.find<int>("one");
    (void)heap.update([] {});
    (void)shared_heap::create(memory);
  }
  CHECK(refused > times / 2);
  header.write(good);
  CHECK(*must(heap.find<int>("one")) == 1);
}

// --- Addresses -----------------------------------------------------------------------------------------------------------

namespace {

void fill(shared_heap& heap) {
  auto* const all = must(heap.construct<table>("table"));
  for (int number = 0; number < 200; ++number) {
    std::string key = "key " + std::to_string(number);
    key.resize(8 * static_cast<std::size_t>(1 + number % 5), '.');  // no end of a text that looks like a number
    must(heap.update(
        [&] { all->emplace(key.c_str(), numbers(static_cast<std::size_t>(number), number, all->get_allocator())); }));
  }
  for (int number = 0; number < 200; number += 3)
    must(heap.construct<numbers>("list" + std::to_string(number), 3, number));
  for (int number = 0; number < 200; number += 6) must(heap.destroy<numbers>("list" + std::to_string(number)));
  must(heap.update([&] { all->erase(all->begin(), std::next(all->begin(), 20)); }));
}

/// Words that lie within 256 KiB of something of this process: of its code, constants, stack, allocations, and of `more`.
std::size_t addresses_in(bytes memory, const void* more) {
  static const int constant = 0;
  const int local = 0;
  const auto allocated = std::make_unique<int>(0);
  const std::vector<char> large(kibibyte * kibibyte);
  const auto number = [](const void* of) { return reinterpret_cast<std::uintptr_t>(of); };
  const std::uintptr_t known[] = {number(memory.data()),
                                  number(more),
                                  number(&constant),
                                  number(&local),
                                  number(allocated.get()),
                                  number(large.data()),
                                  reinterpret_cast<std::uintptr_t>(&fill)};
  constexpr std::uintptr_t reach = 256 * kibibyte;
  std::size_t found = 0;
  for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= memory.size(); at += sizeof(std::uintptr_t)) {
    std::uintptr_t word = 0;
    std::memcpy(&word, memory.data() + at, sizeof word);
    if (std::any_of(std::begin(known), std::end(known), [&](std::uintptr_t address) {
          // Below are the numbers that the heap does hold: sizes, offsets.
          return address > 4 * reach && word - (address - reach) < 2 * reach;
        })) {
      ++found;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("no address of a process is in the memory") {
  auto memory = memory_of(256 * kibibyte);
  const mapping view = must(memory.map());
  auto heap = must(shared_heap::create(memory));
  fill(heap);
  const table* const inside = must(heap.find<table>("table"));
  const auto offset = reinterpret_cast<const std::byte*>(inside) - view.readable().data();
  REQUIRE((offset < 0 || offset >= static_cast<std::ptrdiff_t>(view.size())));  // the heap has a mapping of its own
  CHECK(addresses_in(view.readable(), inside) == 0);
  must(heap.construct<std::uintptr_t>("planted", reinterpret_cast<std::uintptr_t>(inside)));
  CHECK(addresses_in(view.readable(), inside) == 1);  // the scan does find what is there
}

TEST_CASE("the bytes of a heap are a heap wherever they are mapped") {
  auto one = memory_of(256 * kibibyte), two = memory_of(256 * kibibyte);
  auto first = must(shared_heap::create(one));
  fill(first);
  const mapping from = must(one.map());
  mapping to = must(two.map());
  std::memcpy(to.writable().data(), from.readable().data(), 256 * kibibyte);
  auto second = must(shared_heap::open(two, 5s));
  const table& original = *must(first.find<table>("table"));
  const table& copy = *must(second.find<table>("table"));
  REQUIRE(&original != &copy);
  CHECK(copy == original);
  CHECK(copy.size() == 180);
}
