// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/result.hpp"

#include <memory>
#include <string>

#include "support/catch.hpp"

namespace viaduct::test {
namespace {

using owner = std::unique_ptr<int>;

static_assert(!std::is_copy_constructible_v<result<owner>>);
static_assert(std::is_nothrow_move_constructible_v<result<owner>>);
static_assert(std::is_same_v<decltype(std::declval<const result<int>&>().error()), const error&>);
static_assert(std::is_same_v<decltype(std::declval<const result<void>&>().error()), const error&>);

error sample() { return error(errc::not_found, 2).during("test::look").with_size(7); }

TEST_CASE("a result with a value gives it in every way") {
  result<std::string> text = std::string("found");
  CHECK(text.has_value());
  CHECK_FALSE(text.has_error());
  CHECK(static_cast<bool>(text));
  CHECK(text.value() == "found");
  CHECK(*text == "found");
  CHECK(text->size() == 5);
  const result<std::string>& constant = text;
  CHECK(constant.value() == "found");
  CHECK(constant->size() == 5);
  CHECK(std::move(text).value_or("other") == "found");  // NOLINT(bugprone-use-after-move): the macro names it twice
}

TEST_CASE("a result with an error gives it whole") {
  result<int> failed = sample();
  CHECK_FALSE(failed.has_value());
  CHECK(failed.has_error());
  CHECK(failed.error() == sample());
  CHECK_FALSE(result<int>(4).to_boost().error().to_error_code());
  CHECK_FALSE(static_cast<bool>(failed));
  CHECK(failed.error() == sample());
  CHECK(std::move(failed).value_or(3) == 3);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("a bare code is an error too") {
  const result<int> with_type = errc::timed_out;
  const result<void> without = errc::closed;
  CHECK(with_type.error() == errc::timed_out);
  CHECK(without.error() == errc::closed);
}

TEST_CASE("value throws viaduct::exception with the whole error and its message") {
  const result<int> failed = sample();
  const result<void> nothing = sample();
  CHECK_THROWS_AS((void)failed.value(), viaduct::exception);
  CHECK_THROWS_AS(nothing.value(), viaduct::exception);
  try {
    (void)failed.value();
  } catch (const viaduct::exception& thrown) {
    CHECK(thrown.error() == sample());
    CHECK(std::string(thrown.what()) == sample().message());
  }
}

TEST_CASE("a result of nothing is success unless told otherwise") {
  const result<void> fine;
  CHECK(fine.has_value());
  CHECK_FALSE(fine.has_error());
  CHECK_NOTHROW(fine.value());
}

TEST_CASE("a result moves what cannot be copied") {
  result<owner> made = std::make_unique<int>(5);
  result<owner> moved = std::move(made);
  const owner out = std::move(moved).value();
  REQUIRE(out != nullptr);
  CHECK(*out == 5);
}

TEST_CASE("a result becomes a Boost result, whose value throws the same exception") {
  CHECK(result<int>(4).to_boost().value() == 4);
  const boost::system::result<int, error> failed = result<int>(sample()).to_boost();
  CHECK(failed.has_error());
  CHECK(failed.error() == sample());
  CHECK_FALSE(result<int>(4).to_boost().error().to_error_code());
  CHECK_THROWS_AS(failed.value(), viaduct::exception);
}

}  // namespace
}  // namespace viaduct::test
