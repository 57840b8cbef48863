// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "posix/fork.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "common/generation.hpp"
#include "posix/system.hpp"

namespace viaduct::posix {

namespace {

// One bit per descriptor, in pages that are made when first needed and never freed.
constexpr std::size_t bits_per_page = 4096;
constexpr std::size_t page_count =
    4096;  // 16 million descriptors, four times what Linux lets one process have by default
using page = std::array<std::atomic<std::uint64_t>, bits_per_page / 64>;
std::array<std::atomic<page*>, page_count> pages;

// A pthread lock, because the child of a fork must start with a fresh one: the thread that held it in the parent has
// another id in the child and could not unlock it.
pthread_rwlock_t guard = PTHREAD_RWLOCK_INITIALIZER;
std::atomic<const fork_participant*> other_participant{nullptr};

std::atomic<std::uint64_t>* word_of(int descriptor, bool make) noexcept {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= bits_per_page * page_count) return nullptr;
  std::atomic<page*>& slot = pages[index / bits_per_page];
  page* found = slot.load(std::memory_order_acquire);
  if (found == nullptr && make) {
    auto* fresh = new (std::nothrow) page{};
    if (fresh == nullptr) return nullptr;
    if (slot.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) {
      found = fresh;
    } else {
      delete fresh;
    }
  }
  return found != nullptr ? &(*found)[index % bits_per_page / 64] : nullptr;
}

bool is_owned(int descriptor) noexcept {
  const std::atomic<std::uint64_t>* word = word_of(descriptor, false);
  return word != nullptr &&
         (word->load(std::memory_order_relaxed) >> (static_cast<unsigned>(descriptor) % 64) & 1) != 0;
}

void before_fork() noexcept {
  if (const fork_participant* other = other_participant.load()) other->prepare();
  (void)pthread_rwlock_wrlock(&guard);
}

void in_parent() noexcept {
  (void)pthread_rwlock_unlock(&guard);
  if (const fork_participant* other = other_participant.load()) other->parent();
}

void cut_off_page(page& owned, std::size_t first, int null_descriptor) noexcept {
  for (std::size_t word = 0; word < owned.size(); ++word) {
    for (std::uint64_t bits = owned[word].load(std::memory_order_relaxed); bits != 0; bits &= bits - 1) {
      const int descriptor = static_cast<int>(first + word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
      if (null_descriptor >= 0 && system::duplicate_over(null_descriptor, descriptor)) continue;
      system::close(descriptor);
      (void)unmark_owned(descriptor);
    }
  }
}

void in_child() noexcept {
  guard = PTHREAD_RWLOCK_INITIALIZER;
  const int null_descriptor = system::open_null();
  for (std::size_t index = 0; index < page_count; ++index) {
    if (page* owned = pages[index].load(std::memory_order_relaxed)) {
      cut_off_page(*owned, index * bits_per_page, null_descriptor);
    }
  }
  // A descriptor of ours that children do not get (a kqueue) may have left its number to this very one: then it stays.
  if (null_descriptor >= 0 && !is_owned(null_descriptor)) system::close(null_descriptor);
  if (const fork_participant* other = other_participant.load()) other->child();
  detail::process_generation.fetch_add(1, std::memory_order_relaxed);
}

void install_handlers() noexcept {
  static std::once_flag once;
  std::call_once(once, [] { (void)pthread_atfork(before_fork, in_parent, in_child); });
}

}  // namespace

void mark_owned(int descriptor) noexcept {
  install_handlers();
  if (std::atomic<std::uint64_t>* word = word_of(descriptor, true)) {
    word->fetch_or(std::uint64_t{1} << (static_cast<unsigned>(descriptor) % 64), std::memory_order_relaxed);
  }
}

bool unmark_owned(int descriptor) noexcept {
  std::atomic<std::uint64_t>* word = word_of(descriptor, false);
  if (word == nullptr) return true;  // beyond the table: never marked, closed by its owner as usual
  const std::uint64_t bit = std::uint64_t{1} << (static_cast<unsigned>(descriptor) % 64);
  return (word->fetch_and(~bit, std::memory_order_relaxed) & bit) != 0;
}

fork_guard::fork_guard() noexcept {
  install_handlers();
  (void)pthread_rwlock_rdlock(&guard);
}

fork_guard::~fork_guard() { (void)pthread_rwlock_unlock(&guard); }

void set_fork_participant(const fork_participant& participant) noexcept {
  static fork_participant kept;
  kept = participant;
  other_participant.store(&kept);
  install_handlers();
}

}  // namespace viaduct::posix
