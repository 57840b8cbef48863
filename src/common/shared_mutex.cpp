// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The lock word of a mutex for writers, and a cell for each reader. A writer takes the word first and then waits for the
// cells to become free, so new readers stay out meanwhile. A reader takes a cell and looks at the word after that; if a
// writer has it by now, it gives the cell back. One of the two sees the other, because both write before they read, in the
// one order of sequentially consistent accesses.
#include "viaduct/shared_mutex.hpp"

#include "common/lock_word.hpp"
#include "common/owner_cells.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

struct shared_mutex_words {
  lock_words writer;
  event_words left;  // counts readers that left
  owner_cells readers;
};

struct shared_mutex_impl : shared_object<shared_mutex_words> {
  shared_mutex_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)),
        writer(words().writer, members(), self, {wait_graph::of_this_process(), "shared_mutex", *called}),
        left(words().left, members()),
        readers(words().readers, words().readers.size(), members(), self) {}

  [[nodiscard]] error gave_up(const timer& wait, std::uint64_t holder_id, std::chrono::milliseconds waited) const {
    error failed(errc::timed_out);
    if (wait.poll_only()) return failed;
    return failed.advise("held by " + describe(holder_id) + "; waited " + std::to_string(waited.count()) + " ms");
  }

  lock_word writer;
  event_count left;
  cell_owner readers;
};

struct shared_mutex_access {
  using object = shared_mutex;
  using impl = shared_mutex_impl;
  [[nodiscard]] static shared_mutex make(std::shared_ptr<shared_mutex_impl> impl) noexcept {
    return shared_mutex(std::move(impl));
  }
  [[nodiscard]] static exclusive_lock make(std::shared_ptr<shared_mutex_impl> impl, bool dirty) noexcept {
    return {std::move(impl), dirty};
  }
  [[nodiscard]] static shared_lock make(std::shared_ptr<shared_mutex_impl> impl, std::size_t index,
                                        bool dirty) noexcept {
    return {std::move(impl), index, dirty};
  }
};

}  // namespace detail

namespace {

using detail::lock_word;
using detail::shared_mutex_access;
using detail::shared_mutex_impl;

detail::object_request request_of(const name& what) {
  detail::object_request request = detail::request_for<shared_mutex_impl>(backend::object_kind::shared_mutex, what);
  request.initialise = [](void* words) -> result<void> {
    auto* const all = static_cast<detail::shared_mutex_words*>(words);
    if (const result<void> made = detail::event_count::initialise(all->writer.events); !made) return made;
    return detail::event_count::initialise(all->left);
  };
  return request;
}

/// The word is ours; waits for the readers that were there before.
result<void> drain_readers(shared_mutex_impl& impl, timer& wait) {
  impl.writer.fence();
  std::optional<detail::death_watch> watch;
  for (;;) {
    const std::uint64_t seen = impl.left.value();
    const std::uint64_t reader = impl.readers.some_owner();
    if (reader == 0) return {};
    if (!watch) watch.emplace(wait);
    if (watch->is_due()) {
      const result<std::size_t> freed = impl.readers.reclaim();
      if (!freed) return freed.error();
      if (*freed != 0 && impl.readers.some_owner() == 0) return {};
      if (watch->is_over()) return impl.gave_up(wait, reader, watch->waited());
      watch->looked();
    }
    const result<void> woken = impl.left.sleep(seen, watch->wake_at(), nullptr);
    if (!woken) return woken.error();
  }
}

/// The word while the readers leave; given back unless it is kept, also when there is no memory to say why.
class word_on_trial {
 public:
  word_on_trial(lock_word& word, bool is_dirty) noexcept : word_(word), is_dirty_(is_dirty) {}
  word_on_trial(const word_on_trial&) = delete;
  word_on_trial& operator=(const word_on_trial&) = delete;
  ~word_on_trial() {
    if (!is_kept_) (void)word_.release(is_dirty_);
  }
  void keep() noexcept { is_kept_ = true; }

 private:
  lock_word& word_;
  bool is_dirty_;
  bool is_kept_ = false;
};

result<bool> lock_for_writing(shared_mutex_impl& impl, timer& wait) {
  lock_word::blocker by;
  const result<bool> dirty = impl.writer.try_clean() ? result<bool>(false) : impl.writer.acquire(wait, by);
  if (!dirty) return dirty.error() == errc::timed_out ? impl.gave_up(wait, by.holder, by.waited) : dirty.error();
  word_on_trial word(impl.writer, *dirty);
  if (const result<void> alone = drain_readers(impl, wait); !alone) return alone.error();
  word.keep();
  return dirty;
}

struct reading {
  std::size_t index;
  bool dirty;
};

result<reading> lock_for_reading(shared_mutex_impl& impl, timer& wait) {
  for (;;) {
    if (lock_word::holder_in(impl.writer.load()) == 0) {
      std::optional<std::size_t> index = impl.readers.claim();
      if (!index) {
        const result<std::size_t> freed = impl.readers.reclaim();
        if (!freed) return freed.error();
        if (*freed != 0) continue;
        return error(errc::limit_reached).advise("256 readers hold it already");
      }
      const std::uint64_t word = impl.writer.load();
      if (lock_word::holder_in(word) == 0) return reading{*index, (word & lock_word::dirty) != 0};
      (void)impl.readers.give_back(*index);
      impl.left.post();
    }
    lock_word::blocker by;
    const result<bool> free = impl.writer.await_free(wait, by);
    if (!free) return free.error() == errc::timed_out ? impl.gave_up(wait, by.holder, by.waited) : free.error();
  }
}

}  // namespace

// ---- shared_mutex

shared_mutex::shared_mutex(std::shared_ptr<shared_mutex_impl> impl) noexcept : impl_(std::move(impl)) {}
shared_mutex::shared_mutex(shared_mutex&& other) noexcept = default;
shared_mutex& shared_mutex::operator=(shared_mutex&& other) noexcept = default;
shared_mutex::~shared_mutex() = default;

result<shared_mutex> shared_mutex::create(const name& what) {
  return detail::finish_object<shared_mutex_access>(what, detail::create_object(request_of(what)),
                                                    "shared_mutex::create");
}

result<shared_mutex> shared_mutex::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<shared_mutex_access>(what, detail::open_object(request_of(what), wait),
                                                    "shared_mutex::open");
}

result<shared_mutex> shared_mutex::open_or_create(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<shared_mutex_access>(what, detail::open_or_create_object(request_of(what), wait),
                                                    "shared_mutex::open_or_create");
}

result<void> shared_mutex::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::shared_mutex, what, "shared_mutex::remove");
}

result<exclusive_lock> shared_mutex::lock(deadline until) {
  constexpr const char* operation = "shared_mutex::lock";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  const result<bool> dirty = lock_for_writing(*impl_, wait);
  if (!dirty) return impl_->failed(dirty.error(), operation);
  return shared_mutex_access::make(impl_, *dirty);
}

result<shared_lock> shared_mutex::lock_shared(deadline until) {
  constexpr const char* operation = "shared_mutex::lock_shared";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  const result<reading> held = lock_for_reading(*impl_, wait);
  if (!held) return impl_->failed(held.error(), operation);
  return shared_mutex_access::make(impl_, held->index, held->dirty);
}

std::string shared_mutex::native_name() const {
  return is_open() ? backend::native_name(*impl_->memory) : std::string();
}

void shared_mutex::close() noexcept { impl_.reset(); }

bool shared_mutex::is_open() const noexcept { return is_usable(impl_); }

// ---- exclusive_lock

exclusive_lock::exclusive_lock(std::shared_ptr<shared_mutex_impl> impl, bool dirty) noexcept
    : impl_(std::move(impl)), dirty_(dirty) {}
exclusive_lock::exclusive_lock(exclusive_lock&& other) noexcept = default;
exclusive_lock& exclusive_lock::operator=(exclusive_lock&& other) noexcept {
  if (this != &other) {
    (void)unlock();
    impl_ = std::move(other.impl_);
    dirty_ = other.dirty_;
  }
  return *this;
}
exclusive_lock::~exclusive_lock() { (void)unlock(); }

bool exclusive_lock::owns() const noexcept { return impl_ != nullptr; }

result<void> exclusive_lock::repaired() {
  constexpr const char* operation = "exclusive_lock::repaired";
  if (!impl_) return detail::not_held(operation);
  if (impl_->born.is_foreign()) return impl_->failed(error(errc::forked), operation);
  if (const errc outcome = impl_->writer.repair(); outcome != errc{}) return impl_->failed(error(outcome), operation);
  dirty_ = false;
  return {};
}

result<void> exclusive_lock::unlock() {
  constexpr const char* operation = "exclusive_lock::unlock";
  if (!impl_) return detail::not_held(operation);
  const std::shared_ptr<shared_mutex_impl> held = std::move(impl_);
  if (held->born.is_foreign()) return held->failed(error(errc::forked), operation);
  const errc outcome = held->writer.release(dirty_);
  if (outcome == errc{}) return {};
  return held->failed(error(outcome), operation);
}

// ---- shared_lock

shared_lock::shared_lock(std::shared_ptr<shared_mutex_impl> impl, std::size_t index, bool dirty) noexcept
    : impl_(std::move(impl)), index_(index), dirty_(dirty) {}
shared_lock::shared_lock(shared_lock&& other) noexcept = default;
shared_lock& shared_lock::operator=(shared_lock&& other) noexcept {
  if (this != &other) {
    (void)unlock();
    impl_ = std::move(other.impl_);
    index_ = other.index_;
    dirty_ = other.dirty_;
  }
  return *this;
}
shared_lock::~shared_lock() { (void)unlock(); }

bool shared_lock::owns() const noexcept { return impl_ != nullptr; }

result<void> shared_lock::unlock() {
  constexpr const char* operation = "shared_lock::unlock";
  if (!impl_) return detail::not_held(operation);
  const std::shared_ptr<shared_mutex_impl> held = std::move(impl_);
  if (held->born.is_foreign()) return held->failed(error(errc::forked), operation);
  if (!held->readers.give_back(index_)) return held->failed(error(errc::not_owner), operation);
  held->left.post();
  return {};
}

}  // namespace viaduct
