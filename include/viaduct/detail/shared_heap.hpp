// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the templates of shared_heap.hpp stand on; not for use. Whatever depends on the layout of Boost's structures is
// compiled into each program (heap_format), so that a program and the library may have been built with different ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "viaduct/bytes.hpp"
#include "viaduct/deadline.hpp"
#include "viaduct/error.hpp"
#include "viaduct/export.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct::detail {

constexpr std::uint64_t heap_hash(std::uint64_t seed, std::uint64_t more) noexcept {
  return (seed ^ more) * 0x100000001B3U;  // FNV-1a, whole words at a time
}

/// One number for everything that must be equal for two programs to use one heap. First of `facts` is Boost's version.
[[nodiscard]] constexpr std::uint64_t heap_layout(const std::array<std::size_t, 7>& facts) noexcept {
  constexpr std::uint64_t layout_version = 1;  // of our header and of heap_object
  std::uint64_t sum = 0xCBF29CE484222325U;
  for (const std::size_t fact : facts) sum = heap_hash(sum, fact);
  return layout_version << 48U | (sum ^ sum >> 48U) >> 16U;
}

/// One number for a type: its name as the compiler has it, size and alignment. Not its members.
template <class T>
[[nodiscard]] std::uint64_t heap_type() noexcept {
  static const std::uint64_t number = [] {
    std::uint64_t sum = heap_hash(heap_hash(0xCBF29CE484222325U, sizeof(T)), alignof(T));
    for (const char letter : std::string_view(typeid(T).name()))
      sum = heap_hash(sum, static_cast<unsigned char>(letter));
    return sum;
  }();
  return number;
}

template <class T>
concept allocates_addresses = std::is_pointer_v<typename std::allocator_traits<typename T::allocator_type>::pointer>;

/// False for what is certain to hold an address of this process: pointers, views, containers with std::allocator, types
/// with virtual functions; also as elements. Members of your own types cannot be looked into.
template <class T>
[[nodiscard]] consteval bool holds_no_address() {
  if constexpr (!std::is_object_v<T> || std::is_pointer_v<T> || std::is_member_pointer_v<T> ||
                std::is_polymorphic_v<T> || std::ranges::enable_borrowed_range<T> || allocates_addresses<T>) {
    return false;
  } else if constexpr (requires { requires !std::is_same_v<T, typename T::value_type>; }) {
    return holds_no_address<typename T::value_type>();
  } else if constexpr (requires {
                         typename T::first_type;
                         typename T::second_type;
                       }) {
    return holds_no_address<typename T::first_type>() && holds_no_address<typename T::second_type>();
  } else {
    return true;
  }
}

template <class T>
concept heap_value = std::is_same_v<T, std::remove_cv_t<T>> && !std::is_array_v<T> && std::is_destructible_v<T> &&
                     alignof(T) <= alignof(std::max_align_t) && holds_no_address<T>();

/// A named object: what type it was made as, then the object.
template <class T>
struct alignas(std::uint64_t) heap_object {
  template <class Maker>
  explicit heap_object(Maker make) : type(heap_type<T>()), value(make()) {}
  std::uint64_t type;
  T value;
};

/// Compares strings of any kind by their characters, everything else with <.
struct heap_less {
  using is_transparent = void;
  template <class Left, class Right>
  [[nodiscard]] bool operator()(const Left& left, const Right& right) const {
    if constexpr (std::is_convertible_v<const Left&, std::string_view> &&
                  std::is_convertible_v<const Right&, std::string_view>) {
      return std::string_view(left) < std::string_view(right);
    } else {
      return left < right;
    }
  }
};

struct heap_format {
  std::uint64_t layout;
  std::size_t least;                                // bytes behind the header
  bool (*build)(void* where, std::size_t size);     // an empty heap
  bool (*has_size)(void* where, std::size_t size);  // what the heap says of itself
};

enum class heap_start : std::uint8_t { create, open, open_or_create, reset };

struct heap_hold_impl;

/// A process's hold on a heap: the mapping, and the epoch it was opened in.
class VIADUCT_EXPORT heap_hold {
 public:
  heap_hold(heap_hold&& other) noexcept;
  heap_hold& operator=(heap_hold&& other) noexcept;
  ~heap_hold();

  [[nodiscard]] static result<heap_hold> start(const shared_memory& memory, const heap_format& format, heap_start how,
                                               deadline until);
  [[nodiscard]] result<void> reset(const heap_format& format);

  /// closed, forked, owner_died, peer_corrupt.
  [[nodiscard]] result<void> check(const char* operation) const;
  [[nodiscard]] result<void> check_name(std::string_view called, const char* operation) const;
  /// The same errors as check(). Changes nest; after a success end_change() must follow.
  [[nodiscard]] result<void> begin_change(const char* operation);
  void end_change() noexcept;

  /// What lies behind the header.
  [[nodiscard]] buffer area() const noexcept;
  [[nodiscard]] std::uint64_t epoch() const noexcept;
  [[nodiscard]] error failed(errc code, const char* operation, std::string_view called) const;
  [[nodiscard]] error full(const char* operation, std::size_t free) const;

  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

 private:
  explicit heap_hold(std::unique_ptr<heap_hold_impl> impl) noexcept;
  std::unique_ptr<heap_hold_impl> impl_;
};

/// begin_change() and end_change() as a scope.
class heap_change {
 public:
  heap_change(heap_hold& hold, const char* operation) : hold_(hold), begun_(hold.begin_change(operation)) {}
  heap_change(const heap_change&) = delete;
  heap_change& operator=(const heap_change&) = delete;
  ~heap_change() {
    if (begun_) hold_.end_change();
  }
  [[nodiscard]] const result<void>& begun() const noexcept { return begun_; }

 private:
  heap_hold& hold_;
  result<void> begun_;
};

}  // namespace viaduct::detail
