// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Address waits where the kernel has them (futex, os_sync_wait_on_address), and bells: a FIFO beside the entry, which its
// waiter keeps open at both ends, so that ringing never blocks and never finds nobody there while the waiter lives.
#include <fcntl.h>

#include <array>
#include <string>
#include <utility>

#include "backend/event_count.hpp"
#include "common/generation.hpp"
#include "posix/bell_name.hpp"
#include "posix/canceller.hpp"
#include "posix/directory.hpp"
#include "posix/entry.hpp"
#include "posix/error.hpp"
#include "posix/system.hpp"

namespace viaduct::backend {

using posix::descriptor;
namespace system = posix::system;

namespace {

using moment = std::optional<std::chrono::steady_clock::time_point>;

/// For threads that sleep on an address: cancel() wakes all who sleep there, until its own waiter has left. A second word
/// beside the first (futex_waitv) would wake that one alone, and cost every wait a tenth more.
class address_canceller final : public wait_canceller {
 public:
  void cancel() noexcept override {
    cancelled_.store(true);
    while (std::atomic<std::uint64_t>* asleep_on = asleep_on_.load()) {
      wake_all(*asleep_on);
      system::pause(std::chrono::milliseconds(1));
    }
  }
  [[nodiscard]] bool is_cancelled() const noexcept override { return cancelled_.load(); }

  [[nodiscard]] result<void> sleep(std::atomic<std::uint64_t>& count, std::uint64_t seen, const moment& until) {
    asleep_on_.store(&count);
    // The flag after the word, and cancel() the other way round: one of the two sees the other.
    const system::io outcome = is_cancelled() ? 0 : system::wait_on_address(count, seen, until);
    asleep_on_.store(nullptr);
    if (is_cancelled()) return errc::cancelled;
    if (outcome < 0 && outcome != -EAGAIN && outcome != -ETIMEDOUT && outcome != -EINTR) {
      return posix::failure(static_cast<int>(-outcome));
    }
    return {};
  }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<std::atomic<std::uint64_t>*> asleep_on_{nullptr};
};

/// For threads that wait for a bell.
class bell_canceller final : public wait_canceller {
 public:
  [[nodiscard]] result<void> hang() { return inner_.make_bell(); }
  void cancel() noexcept override { inner_.cancel(); }
  [[nodiscard]] bool is_cancelled() const noexcept override { return inner_.is_cancelled(); }
  [[nodiscard]] const posix::canceller& inner() const noexcept { return inner_; }

 private:
  posix::canceller inner_;
};

const posix::canceller& never_cancelled() {
  static const posix::canceller none;
  return none;
}

class fifo_bell final : public bell {
 public:
  fifo_bell(descriptor fifo, const posix::directory& where, std::string name) noexcept
      : fifo_(std::move(fifo)), where_(&where), name_(std::move(name)) {}
  ~fifo_bell() override {
    if (!born_.is_foreign()) (void)system::unlink_at(where_->handle.get(), name_);
  }
  fifo_bell(const fifo_bell&) = delete;
  fifo_bell& operator=(const fifo_bell&) = delete;

  [[nodiscard]] result<bool> wait(moment until, wait_canceller* canceller) override {
    const posix::canceller& ends =
        canceller != nullptr ? static_cast<bell_canceller*>(canceller)->inner() : never_cancelled();
    detail::timer patience{until ? deadline(*until) : deadline::never()};
    const result<short> ready = ends.wait(fifo_.get(), POLLIN, patience);
    if (!ready && ready.error() == errc::timed_out) return false;
    if (!ready) return ready.error();
    system::quiet(fifo_.get());
    return true;
  }
  [[nodiscard]] native_view native() const noexcept override { return native_view(fifo_.get()); }

 private:
  descriptor fifo_;
  const posix::directory* where_;  // the entry's, which outlives its bells
  std::string name_;
  detail::born_here born_;
};

std::string file_name_of(const entry& owner, const bell_name& called) {
  return posix::bell_prefix(posix::entry_file_name(owner)) + std::to_string(called.object) + '-' +
         std::to_string(called.cell) + '-' + std::to_string(called.generation);
}

}  // namespace

result<std::unique_ptr<wait_canceller>> wait_canceller::make() {
  if (has_address_waits()) return std::unique_ptr<wait_canceller>(std::make_unique<address_canceller>());
  auto made = std::make_unique<bell_canceller>();
  if (const result<void> ready = made->hang(); !ready) return ready.error();
  return std::unique_ptr<wait_canceller>(std::move(made));
}

bool has_address_waits() noexcept { return system::has_address_waits(); }

result<void> wait_on_address(std::atomic<std::uint64_t>& count, std::uint64_t seen, moment until,
                             wait_canceller* canceller) {
  if (canceller != nullptr) return static_cast<address_canceller*>(canceller)->sleep(count, seen, until);
  const system::io outcome = system::wait_on_address(count, seen, until);
  if (outcome >= 0 || outcome == -EAGAIN || outcome == -ETIMEDOUT || outcome == -EINTR) return {};
  return posix::failure(static_cast<int>(-outcome));
}

void wake_one(std::atomic<std::uint64_t>& count) noexcept { system::wake_on_address(count, system::wake_whom::one); }
void wake_all(std::atomic<std::uint64_t>& count) noexcept { system::wake_on_address(count, system::wake_whom::all); }

result<std::unique_ptr<bell>> bell::make(const entry& owner, const bell_name& called) {
  const posix::directory& where = posix::entry_directory(owner);
  std::string file = file_name_of(owner, called);
  if (const result<void> made = system::make_fifo_at(where.handle.get(), file, 0600); !made) return made.error();
  result<descriptor> opened = system::open_at(where.handle.get(), file, O_RDWR | O_NONBLOCK);
  if (!opened) {
    (void)system::unlink_at(where.handle.get(), file);
    return opened.error();
  }
  return std::unique_ptr<bell>(std::make_unique<fifo_bell>(std::move(*opened), where, std::move(file)));
}

bool ring_bell(const entry& owner, const bell_name& called) noexcept {
  try {
    const result<descriptor> opened =
        system::open_at(posix::entry_directory(owner).handle.get(), file_name_of(owner, called), O_WRONLY | O_NONBLOCK);
    if (!opened) return false;
    std::byte one{1};
    const iovec part{&one, 1};
    const system::io written = system::write_pipe(opened->get(), {&part, 1});
    return written == 1;
  } catch (...) {  // no memory for the name
    return false;
  }
}

void remove_bell(const entry& owner, const bell_name& called) noexcept {
  try {
    (void)system::unlink_at(posix::entry_directory(owner).handle.get(), file_name_of(owner, called));
  } catch (...) {  // it goes with the entry then
    return;
  }
}

}  // namespace viaduct::backend
