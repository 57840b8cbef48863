// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Each permit is a cell that carries its owner's member id, so that what a dead process held is known without any record
// that it would have had to keep. `freed` counts permits that came back, and is what waiters sleep on.
#include "viaduct/permit_pool.hpp"

#include "common/death_watch.hpp"
#include "common/event_count.hpp"
#include "common/owner_cells.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::failed_on;
using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

struct permit_pool_words {
  event_words freed;
  owner_cells owners;
};

struct permit_pool_impl : shared_object<permit_pool_words> {
  permit_pool_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)),
        freed(words().freed, members()),
        cells(words().owners, std::min<std::size_t>(parameter(0), permit_pool::limit), members(), self) {}

  event_count freed;
  cell_owner cells;
};

struct permit_pool_access {
  using object = permit_pool;
  using impl = permit_pool_impl;
  [[nodiscard]] static permit_pool make(std::shared_ptr<permit_pool_impl> impl) noexcept {
    return permit_pool(std::move(impl));
  }
  [[nodiscard]] static permit make(std::shared_ptr<permit_pool_impl> impl, std::size_t index) noexcept {
    return permit(std::move(impl), index);
  }
};

}  // namespace detail

namespace {

using detail::permit_pool_access;
using detail::permit_pool_impl;

detail::object_request request_of(const name& what, std::size_t permits) {
  detail::object_request request = detail::request_for<permit_pool_impl>(backend::object_kind::permit_pool, what);
  request.parameters[0] = permits;
  request.initialise = [](void* words) {
    return detail::event_count::initialise(static_cast<detail::permit_pool_words*>(words)->freed);
  };
  return request;
}

result<void> check_permits(std::size_t permits) {
  if (permits >= 1 && permits <= permit_pool::limit) return {};
  return error(errc::invalid_argument).advise("a pool has 1 to 256 permits");
}

result<std::size_t> wait_for_cell(permit_pool_impl& pool, timer& wait) {
  detail::death_watch watch(wait);
  for (;;) {
    const std::uint64_t seen = pool.freed.value();
    if (const std::optional<std::size_t> index = pool.cells.claim()) return *index;
    if (watch.is_due()) {
      const result<std::size_t> freed = pool.cells.reclaim();
      if (!freed) return freed.error();
      if (*freed != 0) {
        pool.freed.post();
        if (const std::optional<std::size_t> index = pool.cells.claim()) return *index;
      }
      if (watch.is_over()) break;
      watch.looked();
    }
    const result<void> woken = pool.freed.sleep(seen, watch.wake_at(), nullptr);
    if (!woken) return woken.error();
  }
  error failed(errc::timed_out);
  if (!wait.poll_only()) {
    failed.advise("all are held, one by " + pool.describe(pool.cells.some_owner()) + "; waited " +
                  std::to_string(watch.waited().count()) + " ms");
  }
  return failed;
}

}  // namespace

// ---- permit_pool

permit_pool::permit_pool(std::shared_ptr<permit_pool_impl> impl) noexcept : impl_(std::move(impl)) {}
permit_pool::permit_pool(permit_pool&& other) noexcept = default;
permit_pool& permit_pool::operator=(permit_pool&& other) noexcept = default;
permit_pool::~permit_pool() = default;

result<permit_pool> permit_pool::create(const name& what, std::size_t permits) {
  constexpr const char* operation = "permit_pool::create";
  if (const result<void> valid = check_permits(permits); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  return detail::finish_object<permit_pool_access>(what, detail::create_object(request_of(what, permits)), operation);
}

result<permit_pool> permit_pool::open(const name& what, deadline until) {
  timer wait(until);
  return detail::finish_object<permit_pool_access>(what, detail::open_object(request_of(what, 0), wait),
                                                   "permit_pool::open");
}

result<permit_pool> permit_pool::open_or_create(const name& what, std::size_t permits, deadline until) {
  constexpr const char* operation = "permit_pool::open_or_create";
  if (const result<void> valid = check_permits(permits); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  timer wait(until);
  return detail::finish_object<permit_pool_access>(what, detail::open_or_create_object(request_of(what, permits), wait),
                                                   operation);
}

result<void> permit_pool::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::permit_pool, what, "permit_pool::remove");
}

result<permit> permit_pool::acquire(deadline until) {
  constexpr const char* operation = "permit_pool::acquire";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  if (const std::optional<std::size_t> index = impl_->cells.claim()) return permit_pool_access::make(impl_, *index);
  timer wait(until);
  const result<std::size_t> index = wait_for_cell(*impl_, wait);
  if (!index) return impl_->failed(index.error(), operation);
  return permit_pool_access::make(impl_, *index);
}

std::size_t permit_pool::available() const noexcept { return is_usable(impl_) ? impl_->cells.free() : 0; }
std::size_t permit_pool::permits() const noexcept {
  return is_usable(impl_) ? static_cast<std::size_t>(impl_->parameter(0)) : 0;
}

std::string permit_pool::native_name() const {
  return is_open() ? backend::native_name(*impl_->memory) : std::string();
}

void permit_pool::close() noexcept { impl_.reset(); }

bool permit_pool::is_open() const noexcept { return is_usable(impl_); }

// ---- permit

permit::permit(std::shared_ptr<permit_pool_impl> pool, std::size_t index) noexcept
    : pool_(std::move(pool)), index_(index) {}
permit::permit(permit&& other) noexcept = default;
permit& permit::operator=(permit&& other) noexcept {
  if (this != &other) {
    (void)release();
    pool_ = std::move(other.pool_);
    index_ = other.index_;
  }
  return *this;
}
permit::~permit() { (void)release(); }

bool permit::owns() const noexcept { return pool_ != nullptr; }

result<void> permit::release() {
  constexpr const char* operation = "permit::release";
  if (!pool_) return detail::not_held(operation);
  const std::shared_ptr<permit_pool_impl> pool = std::move(pool_);
  if (pool->born.is_foreign()) return pool->failed(error(errc::forked), operation);
  if (!pool->cells.give_back(index_)) return pool->failed(error(errc::not_owner), operation);
  pool->freed.post();
  return {};
}

}  // namespace viaduct
