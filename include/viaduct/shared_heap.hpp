// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// shared_heap: strings, vectors, maps and your own types inside a shared memory: one process builds them, others read and
// change them in place. The containers are Boost's. This is the only public header that includes Boost.Interprocess;
// viaduct.hpp does not include it.
//
// For one user's own programs that trust each other: the heap's own structures lie in the memory, and who can write there
// can make every process that uses it crash. So it needs memory by name; memory from a handle or a file is refused.
// Prefer a named pipe for messages, and plain shared_memory for data of a fixed shape.
//
// WHO LOCKS: you. Nothing in here locks, and no lock lies in the memory. Hold one viaduct::mutex (a shared_mutex's reader
// lock for what only looks) around every call on the heap and every use of what is in it, in every process. create(), open()
// and open_or_create() alone need no lock.
// WHAT A CRASH LEAVES: a process killed inside construct, destroy or update leaves the heap half changed. The next call of
// anybody says owner_died instead of looking at it. reset() is the recovery: it builds the heap anew, empty, and every older
// shared_heap object answers owner_died until its process opens the heap again. A change made outside these calls, straight
// through a pointer, is not seen: then the mutex's owner_died() is the only witness.
// WHAT IS NOT CHECKED: the header at the start of the memory is, at every opening and with every call. What lies behind it is
// believed, the contents of your objects included.
//
// Blocking: only open() and open_or_create() wait, for the process that builds the heap; they look again after 1, 2, 4 ... 50 ms.
// Ownership: the heap keeps its memory alive. Pointers and references into it are valid until the object they point to is
// destroyed, the heap is reset (by anybody), or this shared_heap is closed. Store none of them in the memory.
// Threads: calls that change take one thread at a time, of all processes; find() any number beside each other.
// Cost: no system call after opening; find is a search in a tree of names.
// Errors of every call: closed, forked, owner_died (above).
// Exceptions: those of your own constructors and actions alone, and std::bad_alloc when the process itself has no memory.
#pragma once

#include <boost/container/scoped_allocator.hpp>
#include <boost/container/throw_exception.hpp>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/map.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/containers/vector.hpp>
#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/managed_external_buffer.hpp>
#include <boost/version.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "viaduct/deadline.hpp"
#include "viaduct/detail/shared_heap.hpp"
#include "viaduct/result.hpp"
#include "viaduct/shared_memory.hpp"

namespace viaduct {

class shared_heap {
  using managed = boost::interprocess::basic_managed_external_buffer<
      char, boost::interprocess::rbtree_best_fit<boost::interprocess::null_mutex_family>,
      boost::interprocess::iset_index>;

 public:
  /// Takes from the heap, and hands itself on to what a container contains. Every container of Boost works with it; a type
  /// of your own that has containers as members names it (`using allocator_type = shared_heap::allocator<std::byte>;`) and
  /// takes one as the last argument of its constructors.
  template <class T>
  using allocator =
      boost::container::scoped_allocator_adaptor<boost::interprocess::allocator<T, typename managed::segment_manager>>;

  using string = boost::container::basic_string<char, std::char_traits<char>, allocator<char>>;
  template <class T>
  using vector = boost::container::vector<T, allocator<T>>;
  /// find() and its like also take a std::string_view or a literal for a string.
  template <class Key, class Value, class Compare = detail::heap_less>
  using map = boost::container::map<Key, Value, Compare, allocator<std::pair<const Key, Value>>>;

  /// Builds a heap in memory that is all zero; it takes all of it. already_exists (there is one), peer_corrupt (something else
  /// is there), no_space (error.size() bytes are the least), not_supported (memory without a name).
  [[nodiscard]] static result<shared_heap> create(const shared_memory& memory) {
    return start(memory, detail::heap_start::create, deadline::now());
  }
  /// Waits for the heap to be built. not_found (nobody has begun), timed_out (begun, not finished: if its builder was
  /// killed, reset), layout_mismatch (other versions of this library or of Boost, or another architecture), peer_corrupt,
  /// not_supported.
  [[nodiscard]] static result<shared_heap> open(const shared_memory& memory, deadline until) {
    return start(memory, detail::heap_start::open, until);
  }
  /// Whichever comes first. The errors of both, but already_exists and not_found.
  [[nodiscard]] static result<shared_heap> open_or_create(const shared_memory& memory, deadline until) {
    return start(memory, detail::heap_start::open_or_create, until);
  }
  /// Builds it anew and empty, whatever is there: for a process that has no shared_heap, and for headers that cannot be
  /// opened any more. Call it with the lock held. no_space, not_supported, owner_died (another process does it right now).
  [[nodiscard]] static result<shared_heap> reset(const shared_memory& memory) {
    return start(memory, detail::heap_start::reset, deadline::now());
  }

  /// The same for this object, which can be used at once; those of all others are owner_died until they open again. If
  /// another process was first, its new heap is left alone: owner_died, and this object must be opened again too.
  [[nodiscard]] result<void> reset() { return hold_.reset(format()); }

  /// Makes T(args...) under a name (1 to 255 bytes without NUL); a T with an allocator_type also gets the heap's allocator.
  /// already_exists, no_space (the hint has the numbers), invalid_argument (the name).
  template <detail::heap_value T, class... Args>
  [[nodiscard]] result<T*> construct(std::string_view called, Args&&... args) {
    constexpr const char* operation = "shared_heap::construct";
    return change<T*>(operation, [&]() -> result<T*> {
      const result<void*> there = look<T>(called, operation);
      if (there) return hold_.failed(errc::already_exists, operation, called);
      if (there.error() != errc::not_found) return there.error();
      return make<T>(called, operation, std::forward<Args>(args)...);
    });
  }

  /// What construct made. not_found, invalid_argument (it is of another type: name, size and alignment of T are compared).
  template <detail::heap_value T>
  [[nodiscard]] result<T*> find(std::string_view called) const {
    constexpr const char* operation = "shared_heap::find";
    if (const result<void> usable = hold_.check(operation); !usable) return usable.error();
    return found<T>(look<T>(called, operation));
  }

  /// find, or else construct.
  template <detail::heap_value T, class... Args>
  [[nodiscard]] result<T*> find_or_construct(std::string_view called, Args&&... args) {
    constexpr const char* operation = "shared_heap::find_or_construct";
    return change<T*>(operation, [&]() -> result<T*> {
      const result<void*> there = look<T>(called, operation);
      if (there || there.error() != errc::not_found) return found<T>(there);
      return make<T>(called, operation, std::forward<Args>(args)...);
    });
  }

  /// Ends the object and its name. not_found, invalid_argument (another type).
  template <detail::heap_value T>
  [[nodiscard]] result<void> destroy(std::string_view called) {
    constexpr const char* operation = "shared_heap::destroy";
    return change<void>(operation, [&]() -> result<void> {
      const result<void*> there = look<T>(called, operation);
      if (!there) return there.error();
      at().destroy_ptr(static_cast<detail::heap_object<T>*>(*there));
      return {};
    });
  }

  /// Runs action(), which may change anything in the heap and call this object; its value is the result's. What a container
  /// throws for want of memory becomes no_space, and the containers are as their own exception guarantees say. A process
  /// killed inside is noticed by all others. no_space.
  template <class Action>
  [[nodiscard]] result<std::invoke_result_t<Action&>> update(Action&& action) {
    using value = std::invoke_result_t<Action&>;
    static_assert(!std::is_reference_v<value>, "let the action return a pointer or a value");
    return change<value>("shared_heap::update", [&]() -> result<value> {
      if constexpr (std::is_void_v<value>) {
        action();
        return {};
      } else {
        return action();
      }
    });
  }

  /// Bytes free in all pieces together; 0 when it cannot be used.
  [[nodiscard]] std::size_t free_space() const { return hold_.check("") ? at().get_free_memory() : 0; }
  /// Counts the resets: other processes' pointers of another epoch are void.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return hold_.epoch(); }

  void close() noexcept { hold_.close(); }
  /// Says nothing about the others' reset(): ask any call.
  [[nodiscard]] bool is_open() const noexcept { return hold_.is_open(); }

 private:
  explicit shared_heap(detail::heap_hold hold) noexcept : hold_(std::move(hold)) {}

  [[nodiscard]] static detail::heap_format format() noexcept {
    return {detail::heap_layout({BOOST_VERSION, sizeof(managed::segment_manager), sizeof(string), sizeof(vector<int>),
                                 sizeof(map<int, int>), alignof(std::max_align_t), sizeof(void*)}),
            managed::segment_manager::get_min_size(), &build, &has_size};
  }
  static bool build(void* where, std::size_t size) noexcept {
    try {
      const managed made(boost::interprocess::create_only, where, size);
      return true;
    } catch (const boost::interprocess::interprocess_exception&) {
      return false;
    }
  }
  static bool has_size(void* where, std::size_t size) noexcept {
    return managed(boost::interprocess::open_only, where, size).get_size() == size;
  }
  [[nodiscard]] static result<shared_heap> start(const shared_memory& memory, detail::heap_start how, deadline until) {
    result<detail::heap_hold> hold = detail::heap_hold::start(memory, format(), how, until);
    if (!hold) return hold.error();
    return shared_heap(std::move(*hold));
  }

  [[nodiscard]] managed at() const {
    return managed(boost::interprocess::open_only, hold_.area().data(), hold_.area().size());
  }

  /// The one place where changes begin and end, and where exceptions for want of memory become errors.
  template <class Value, class Action>
  [[nodiscard]] result<Value> change(const char* operation, Action&& action) {
    const detail::heap_change inside(hold_, operation);
    if (!inside.begun()) return inside.begun().error();
    try {
      return action();
    } catch (const boost::interprocess::bad_alloc&) {
    } catch (const boost::container::bad_alloc_t&) {
    } catch (const boost::container::length_error_t&) {
    }
    return hold_.full(operation, free_space());
  }

  /// The object of that name, if its type is the one asked for.
  template <class T>
  [[nodiscard]] result<void*> look(std::string_view called, const char* operation) const {
    if (const result<void> valid = hold_.check_name(called, operation); !valid) return valid.error();
    const auto there = at().template find<std::uint64_t>(std::string(called).c_str());
    if (there.first == nullptr) return hold_.failed(errc::not_found, operation, called);
    if (*there.first != detail::heap_type<T>()) return hold_.failed(errc::invalid_argument, operation, called);
    return static_cast<void*>(there.first);
  }
  template <class T>
  [[nodiscard]] static result<T*> found(const result<void*>& there) {
    if (!there) return there.error();
    return &static_cast<detail::heap_object<T>*>(*there)->value;
  }
  template <class T, class... Args>
  [[nodiscard]] result<T*> make(std::string_view called, const char* operation, Args&&... args) {
    managed heap = at();
    auto maker = [&]() -> T {
      return std::make_obj_using_allocator<T>(allocator<std::byte>(heap.get_segment_manager()),
                                              std::forward<Args>(args)...);
    };
    auto* const made =
        heap.template construct<detail::heap_object<T>>(std::string(called).c_str(), std::nothrow)(std::ref(maker));
    if (made == nullptr) return hold_.full(operation, free_space());
    return &made->value;
  }

  detail::heap_hold hold_;
};

}  // namespace viaduct
