// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Every system call of shared memory fails; see support/fault_scenarios.hpp.
#include <chrono>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/fault_scenarios.hpp"
#include "support/names.hpp"
#include "viaduct/viaduct.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

VIADUCT_ROLE(memory_fault_child, args) { return 0; }

/// Memory that a call has given can be used whatever failed before.
void use(const result<shared_memory>& made) {
  if (made.has_error()) return;
  const auto shown = must(made->map({.mode = access::read_only}));
  CHECK(shown.readable().data()[made->size() - 1] == std::byte{});
}

TEST_CASE("faults: creating memory by name, and the next create") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    use(made([&] { return shared_memory::create(called, 10'000); }));
    CHECK(outcome(shared_memory::create(called, 10'000)) == success);
  });
}

TEST_CASE("faults: opening memory by name") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    const auto memory = must(shared_memory::create(called, 10'000));
    use(made([&] { return shared_memory::open(called, 30ms); }));
    CHECK(outcome(shared_memory::open(called, 1s)) == success);
  });
}

TEST_CASE("faults: open_or_create, as the first and as the second") {
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    use(made([&] { return shared_memory::open_or_create(called, 10'000, 30ms); }));
    CHECK(outcome(shared_memory::open_or_create(called, 10'000, 1s)) == success);
  });
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    const auto memory = must(shared_memory::create(called, 10'000));
    use(made([&] { return shared_memory::open_or_create(called, 10'000, 30ms); }));
    CHECK(outcome(shared_memory::open_or_create(called, 10'000, 1s)) == success);
  });
}

TEST_CASE("faults: removing persistent memory") {
  VIADUCT_NEEDS(capabilities().shared_memory.persistent, "shared_memory.persistent");
  fail_each_call([](attempt& made) {
    const std::string called = unique_name();
    must(shared_memory::create(called, 100, {.life = lifetime::persistent})).close();
    (void)made([&] { return shared_memory::remove(called); });
    const outcome again(shared_memory::remove(called));  // a fault may have said that it was gone already
    CHECK((again == errc::not_found || again == success));
    CHECK(outcome(shared_memory::create(called, 100)) == success);
  });
}

TEST_CASE("faults: anonymous memory") {
  fail_each_call([](attempt& made) { use(made([] { return shared_memory::create_anonymous(2'000'000); })); });
  VIADUCT_NEEDS(capabilities().shared_memory.read_only_handles, "shared_memory.read_only_handles");
  fail_each_call([](attempt& made) {
    auto memory = made([] { return shared_memory::create_anonymous(10'000, writers::creator); });
    use(memory);
    if (memory.has_value()) CHECK(outcome(memory->map()) == success);
  });
  fail_each_call([](attempt& made) {
    const auto memory = must(shared_memory::create_anonymous(10'000, writers::creator));
    use(made([&] { return memory.read_only(); }));
    CHECK(outcome(memory.map()) == success);
  });
}

TEST_CASE("faults: adopting memory") {
  fail_each_call([](attempt& made) {
    auto memory = must(shared_memory::create_anonymous(10'000));
    native_handle taken = must(memory.release());
    use(made([&] { return shared_memory::adopt(std::move(taken)); }));
  });
}

TEST_CASE("faults: mapping") {
  const std::string called = unique_name();
  const auto named = must(shared_memory::create(called, 10'000));
  const auto anonymous = must(shared_memory::create_anonymous(10'000));
  for (const shared_memory* memory : {&named, &anonymous}) {
    for (const access mode : {access::read_only, access::read_write}) {
      fail_each_call([&](attempt& made) {
        const map_options options{.offset = 5'000, .mode = mode};
        const auto shown = made([&] { return memory->map(options); });
        if (shown.has_value()) CHECK(shown->size() == 5'000);
        CHECK(outcome(memory->map(options)) == success);
      });
    }
  }
}

TEST_CASE("faults: files as memory") {
  const scratch_directory place;
  const std::filesystem::path file = place.path() / "data";
  fail_each_call([&](attempt& made) {
    use(made([&] { return shared_memory::open_file(file, {.create_size = 10'000}); }));
    std::error_code missing;
    std::filesystem::remove(file, missing);
    CHECK(std::filesystem::is_empty(place.path()));  // whole or not at all
    CHECK(outcome(shared_memory::open_file(file, {.create_size = 10'000})) == success);
    std::filesystem::remove(file);
  });
  auto memory = must(shared_memory::open_file(file, {.create_size = 10'000}));
  fail_each_call([&](attempt& made) { use(made([&] { return shared_memory::open_file(file); })); });
  auto shown = must(memory.map());
  fail_each_call([&](attempt& made) {
    (void)made([&] { return shown.flush(); });
    CHECK(outcome(shown.flush()) == success);
  });
}

TEST_CASE("faults: handing memory to a child") {
  fail_each_call([](attempt& made) {
    auto memory = must(shared_memory::create_anonymous(10'000));
    auto child =
        made([&] { return try_spawn("memory_fault_child", {}, {.endpoints = {{"frame", memory.endpoint()}}}); });
    CHECK(memory.is_open() != child.has_value());
    if (child.has_value()) CHECK(outcome(child->wait(8s)) == success);
  });
}

}  // namespace
}  // namespace viaduct::test
