// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "viaduct/bytes.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace viaduct::test {
namespace {

std::size_t size_of(bytes from) { return from.size(); }
std::size_t room_in(buffer into) { return into.size(); }

template <class T>
constexpr bool readable = std::is_convertible_v<T, bytes>;
template <class T>
constexpr bool writable = std::is_convertible_v<T, buffer>;

static_assert(readable<std::string> && readable<std::string_view> && readable<const char*> && readable<char*>);
static_assert(readable<std::vector<int>> && readable<const std::vector<int>&> && readable<std::span<const std::byte>>);
static_assert(writable<std::vector<int>&> && writable<std::string&> && writable<std::span<std::byte>>);
static_assert(!writable<const std::vector<int>&> && !writable<std::string_view> && !writable<const std::string&>);
static_assert(!writable<std::span<const std::byte>> && !writable<bytes>, "read-only memory never becomes writable");
static_assert(readable<buffer>, "writable memory can be read");
static_assert(!readable<std::vector<std::string>>, "only values that are their bytes");
static_assert(!readable<std::vector<bytes>>, "a list of parts is not one part");

TEST_CASE("ranges of values count in bytes") {
  const std::vector<std::uint32_t> numbers(3);
  std::array<std::uint64_t, 4> more{};
  std::uint16_t plain[5] = {};
  std::string text = "text";
  CHECK(size_of(numbers) == 12);
  CHECK(size_of(more) == 32);
  CHECK(room_in(more) == 32);
  CHECK(room_in(plain) == 10);
  CHECK(size_of(text) == 4);
  CHECK(room_in(text) == 4);
  CHECK(buffer(more).data() == reinterpret_cast<std::byte*>(more.data()));
}

TEST_CASE("text is its characters, without the end") {
  CHECK(size_of("four") == 4);
  CHECK(bytes("four").text() == "four");
  CHECK(size_of(std::string_view("a\0b", 3)) == 3);
  CHECK(size_of("") == 0);
  CHECK(bytes("").empty());
}

TEST_CASE("a constant array of characters is its size, with one NUL at its end left out") {
  const char magic[4] = {0, 1, 2, 3};
  const char unterminated[3] = {'a', 'b', 'c'};
  const char padded[4] = {'a', 0, 0, 0};
  CHECK(size_of(magic) == 4);
  CHECK(bytes(magic).data() == reinterpret_cast<const std::byte*>(magic));
  CHECK(bytes(unterminated).text() == "abc");
  CHECK(size_of(padded) == 3);
  CHECK(size_of("a\0b") == 3);
  CHECK(size_of("\0") == 1);
  CHECK(size_of(u8"\u00e4") == 2);
  char room[4] = {'a', 0, 0, 0};
  CHECK(size_of(room) == 4);
  const signed char numbers[2] = {1, 0};
  CHECK(size_of(numbers) == 2);
}

TEST_CASE("a pointer to text ends at its NUL, and a null pointer is empty") {
  const char* text = "a\0b";
  char room[] = "room";
  char* writable_text = room;
  const char* none = nullptr;
  CHECK(bytes(text).text() == "a");
  CHECK(size_of(writable_text) == 4);
  CHECK(size_of(none) == 0);
  CHECK(bytes(none).empty());
  CHECK(size_of(nullptr) == 0);
}

TEST_CASE("nothing is empty") {
  CHECK(bytes().empty());
  CHECK(bytes().data() == nullptr);
  CHECK(buffer().empty());
  CHECK(room_in(std::span<std::byte>()) == 0);
}

TEST_CASE("first and after stay inside") {
  std::string text = "0123456789";
  const bytes all = text;
  CHECK(all.first(3).text() == "012");
  CHECK(all.after(7).text() == "789");
  CHECK(all.first(10).size() == 10);
  CHECK(all.first(99).size() == 10);
  CHECK(all.after(10).empty());
  CHECK(all.after(99).empty());
  CHECK(all.first(0).empty());
  const buffer room = text;
  CHECK(room.first(99).size() == 10);
  CHECK(room.after(4).data() == room.data() + 4);
  CHECK(room.after(11).empty());
}

TEST_CASE("they iterate over what they borrow") {
  std::string text = "abc";
  std::string copy;
  for (const std::byte byte : bytes(text)) copy += static_cast<char>(byte);
  CHECK(copy == text);
  for (std::byte& byte : buffer(text)) byte = std::byte{'x'};
  CHECK(text == "xxx");
}

}  // namespace
}  // namespace viaduct::test
