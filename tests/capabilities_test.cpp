// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/capabilities.hpp"

#include <chrono>
#include <sstream>
#include <string>

#include "support/catch.hpp"
#include "support/names.hpp"
#include "support/outcome.hpp"
#include "viaduct/named_pipe.hpp"
#include "viaduct/pipe.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST_CASE("the list names the system and what backs each primitive") {
  const capability_list& list = capabilities();
  CHECK((list.system == "Linux" || list.system == "Windows" || list.system == "macOS"));
  CHECK_FALSE(list.names.kept_in.empty());
  CHECK_FALSE(list.pipe.backed_by.empty());
  CHECK_FALSE(list.named_pipe.backed_by.empty());
  CHECK_FALSE(list.child_process.backed_by.empty());
  CHECK(list.pipe.level != support::absent);
  CHECK(list.named_pipe.level != support::absent);
  CHECK(list.child_process.level != support::absent);
  CHECK_FALSE(list.shared_memory.backed_by.empty());
  CHECK(list.shared_memory.level != support::absent);
  CHECK_FALSE(list.synchronisation.backed_by.empty());
  CHECK(list.synchronisation.level != support::absent);
  CHECK(&capabilities() == &list);
}

TEST_CASE("levels print as words") {
  CHECK(printed(support::absent) == "absent");
  CHECK(printed(support::emulated) == "emulated");
  CHECK(printed(support::native) == "native");
  CHECK(printed(handle_passing::absent) == "absent");
  CHECK(printed(handle_passing::same_user) == "same user");
  CHECK(printed(handle_passing::any_user) == "any user");
}

TEST_CASE("half_close tells whether shutdown_write works with bytes") {
  auto pair = must(make_named_pipe_pair(framing::bytes));
  const auto ended = pair.first.shutdown_write(1s);
  if (capabilities().named_pipe.half_close) {
    CHECK(outcome(ended) == success);
  } else {
    CHECK(outcome(ended) == errc::not_supported);
  }
}

TEST_CASE("adopt_listener tells whether a listener can be released") {
  auto listener = must(named_pipe_listener::create(unique_name(), framing::bytes));
  const auto released = listener.release();
  if (capabilities().named_pipe.adopt_listener) {
    CHECK(outcome(released) == success);
  } else {
    CHECK(outcome(released) == errc::not_supported);
  }
}

TEST_CASE("native_names tells whether a foreign FIFO can be opened") {
  const auto opened = pipe_reader::open(name::native("/no/such/place/at-all"), deadline::now());
  if (capabilities().pipe.native_names) {
    CHECK(outcome(opened) == errc::not_found);
  } else {
    CHECK(outcome(opened) == errc::not_supported);
  }
}

TEST_CASE("native_messages tells whether messages go over a foreign name") {
  connect_options options;
  options.framing = framing::messages;
  const auto made = named_pipe::connect(name::native("/no/such/place/at-all"), deadline::now(), options);
  if (capabilities().named_pipe.native_messages) {
    CHECK(outcome(made) == errc::not_found);
  } else {
    CHECK(outcome(made) == errc::not_supported);
  }
}

TEST_CASE("shared memory: native_names and read_only_handles tell what works") {
  const auto opened = shared_memory::open(name::native("/no-such-memory-at-all"), deadline::now());
  const bool named = capabilities().shared_memory.native_names;
  CHECK(outcome(opened) == (named ? errc::not_found : errc::not_supported));
  const auto made = shared_memory::create_anonymous(1, writers::creator);
  if (capabilities().shared_memory.read_only_handles) {
    CHECK(outcome(made) == success);
  } else {
    CHECK(outcome(made) == errc::not_supported);
  }
}

TEST_CASE("persistent tells whether memory can outlive its users") {
  const std::string called = unique_name();
  {
    const auto made = shared_memory::create(called, 1, {.life = lifetime::persistent});
    if (!capabilities().shared_memory.persistent) {
      CHECK(outcome(made) == errc::not_supported);
      return;
    }
    CHECK(outcome(made) == success);
  }
  CHECK(outcome(shared_memory::remove(called)) == success);
}

}  // namespace
}  // namespace viaduct::test
