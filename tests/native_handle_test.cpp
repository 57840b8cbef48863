// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/native_handle.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "support/audit.hpp"
#include "support/catch.hpp"
#include "support/outcome.hpp"
#include "viaduct/pipe.hpp"

namespace viaduct::test {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<native_handle> && !std::is_copy_assignable_v<native_handle>);
static_assert(std::is_nothrow_move_constructible_v<native_handle> && std::is_nothrow_move_assignable_v<native_handle>);
static_assert(!std::is_convertible_v<std::intptr_t, native_handle>, "a number does not become an owner by accident");

static_assert(!std::is_convertible_v<int, native_view> && !std::is_convertible_v<int, native_handle>);

native_handle some_handle() { return must(must(make_pipe()).reader.release()); }

TEST_CASE("an empty handle owns nothing") {
  native_handle none;
  CHECK_FALSE(none.is_valid());
  CHECK(none.value() == native_view::none);
  CHECK_FALSE(none.view().is_valid());
  none.close();
  CHECK(none.release() == native_view::none);
  CHECK(none.duplicate().has_error());
}

TEST_CASE("any number is a descriptor, also the literal 0, and a pointer is a HANDLE") {
  CHECK(native_view(0).value() == 0);
  CHECK(native_view(0).is_valid());
  CHECK(native_view(std::size_t{7}).value() == 7);
  CHECK(native_view(7U).value() == 7);
  CHECK_FALSE(native_view(-1).is_valid());
  CHECK(native_view(nullptr).value() == 0);
  native_handle standard_input_of_this_process(0);
  CHECK(standard_input_of_this_process.release() == 0);
}

TEST_CASE("a handle is closed once: by close, by destruction, by assignment") {
  (void)some_handle();
  const leak_audit audit;
  {
    native_handle first = some_handle();
    CHECK(first.is_valid());
    CHECK(audit.leaked_handles() == 1);
    first.close();
    CHECK(audit.leaked_handles() == 0);
    first.close();
    CHECK_FALSE(first.is_valid());
    native_handle second = some_handle();
    second = some_handle();
    CHECK(audit.leaked_handles() == 1);
  }
  CHECK(audit.leaked_handles() == 0);
}

TEST_CASE("moving passes ownership on") {
  native_handle first = some_handle();
  const auto value = first.value();
  native_handle second = std::move(first);
  CHECK(second.value() == value);
  CHECK_FALSE(first.is_valid());  // NOLINT(bugprone-use-after-move): that is the promise
  native_handle& self = second;
  second = std::move(self);
  CHECK(second.value() == value);
}

TEST_CASE("release gives the handle away") {
  native_handle owner = some_handle();
  const auto value = owner.release();
  CHECK(value != native_view::none);
  CHECK_FALSE(owner.is_valid());
  const leak_audit audit;
  owner.close();
  CHECK(audit.leaked_handles() == 0);
  native_handle(value).close();
  CHECK(audit.leaked_handles() == -1);
}

TEST_CASE("a duplicate is the same object behind another handle") {
  auto [reader, writer] = must(make_pipe());
  native_handle original = must(writer.release());
  native_handle copy = must(original.duplicate());
  CHECK(copy.value() != original.value());
  original.close();
  auto second = must(pipe_writer::adopt(std::move(copy)));
  CHECK(outcome(second.write_all("through the copy", 1s)) == success);
  std::string text(16, '\0');
  CHECK(outcome(reader.read_exactly(text, 1s)) == success);
  CHECK(text == "through the copy");
}

}  // namespace
}  // namespace viaduct::test
