// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// bytes and buffer: borrowed memory, read-only and writable. Made implicitly from std::span<std::byte>, from contiguous
// ranges of trivially copyable values (vector, array, string, plain arrays) and, for bytes, from text: std::string_view,
// const char* (up to its NUL; a null pointer is empty), string literals.
//
// A literal is a `const char` array like any other, so from such an array exactly one NUL at its very end is left out: "a\0b"
// is three bytes. Where that last zero belongs to the data say bytes(data, size), or use std::array. All other arrays are whole.
//
// They own nothing: the memory must outlive the call. Threads: plain values.
#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace viaduct {

class bytes;
class buffer;

namespace detail {
template <class Value>
concept plain_value =
    std::is_trivially_copyable_v<Value> && !std::is_same_v<Value, bytes> && !std::is_same_v<Value, buffer>;
template <class Value>
concept text_pointer = std::is_same_v<Value, const char*> || std::is_same_v<Value, char*>;
template <class Range>
concept readable_range = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
                         plain_value<std::ranges::range_value_t<Range>>;
template <class Range>
concept writable_range =
    readable_range<Range> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;
}  // namespace detail

/// Writable memory, to be filled by a call.
class buffer {
 public:
  constexpr buffer() noexcept = default;
  constexpr buffer(void* data, std::size_t size) noexcept : data_(static_cast<std::byte*>(data)), size_(size) {}

  template <detail::writable_range Range>
    requires(!std::is_same_v<std::remove_cvref_t<Range>, buffer>)
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
  constexpr buffer(Range&& range) noexcept
      : data_(reinterpret_cast<std::byte*>(std::ranges::data(range))),
        size_(std::ranges::size(range) * sizeof(std::ranges::range_value_t<Range>)) {}

  [[nodiscard]] constexpr std::byte* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr buffer first(std::size_t count) const noexcept {
    return {data_, count < size_ ? count : size_};
  }
  [[nodiscard]] constexpr buffer after(std::size_t count) const noexcept {
    return count < size_ ? buffer(data_ + count, size_ - count) : buffer();
  }
  [[nodiscard]] constexpr std::byte* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr std::byte* end() const noexcept { return data_ + size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Read-only memory, to be sent by a call.
class bytes {
 public:
  constexpr bytes() noexcept = default;
  constexpr bytes(const void* data, std::size_t size) noexcept
      : data_(static_cast<const std::byte*>(data)), size_(size) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr bytes(buffer other) noexcept : data_(other.data()), size_(other.size()) {}
  bytes(std::string_view text) noexcept  // NOLINT(google-explicit-constructor)
      : data_(reinterpret_cast<const std::byte*>(text.data())), size_(text.size()) {}
  constexpr bytes(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)
  // A template, because the conversion of an array to a plain `const char*` parameter would be preferred to what follows.
  template <detail::text_pointer Pointer>
  bytes(const Pointer& text) noexcept  // NOLINT(google-explicit-constructor)
      : bytes(text != nullptr ? std::string_view(text) : std::string_view()) {}
  template <class Letter, std::size_t count>
    requires(std::is_same_v<Letter, const char> || std::is_same_v<Letter, const char8_t>)
  bytes(Letter (&text)[count]) noexcept  // NOLINT(google-explicit-constructor,modernize-avoid-c-arrays)
      : data_(reinterpret_cast<const std::byte*>(text)), size_(text[count - 1] == 0 ? count - 1 : count) {}

  template <detail::readable_range Range>
    requires(!std::is_same_v<std::remove_cvref_t<Range>, bytes> && !std::is_same_v<std::remove_cvref_t<Range>, buffer>)
  constexpr bytes(const Range& range) noexcept  // NOLINT(google-explicit-constructor)
      : data_(reinterpret_cast<const std::byte*>(std::ranges::data(range))),
        size_(std::ranges::size(range) * sizeof(std::ranges::range_value_t<Range>)) {}

  [[nodiscard]] constexpr const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr bytes first(std::size_t count) const noexcept {
    return {data_, count < size_ ? count : size_};
  }
  [[nodiscard]] constexpr bytes after(std::size_t count) const noexcept {
    return count < size_ ? bytes(data_ + count, size_ - count) : bytes();
  }
  [[nodiscard]] constexpr const std::byte* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr const std::byte* end() const noexcept { return data_ + size_; }

  /// The same memory as text.
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace viaduct
