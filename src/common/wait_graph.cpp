// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/wait_graph.hpp"

#include <algorithm>
#include <mutex>

#include "backend/system.hpp"
#include "common/lock_word.hpp"
#include "common/log.hpp"
#include "common/owner_cells.hpp"
#include "common/printable.hpp"
#include "common/process_table.hpp"
#include "common/shared_object.hpp"

namespace viaduct::detail {

/// A row of the table; the cell of the same index says whose it is. Written by its owner alone.
struct wait_record {
  std::atomic<std::uint64_t> wait;   // odd while a thread waits here; another number for each wait
  std::atomic<std::uint64_t> looks;  // odd while `holder` is being brought up to date
  std::atomic<thread_token> waiter;
  std::atomic<thread_token> holder;
  std::atomic<std::uint64_t> process_id;
  std::atomic<std::uint64_t> thread_id;
  std::array<std::atomic<char>, 80> lock;  // up to the first 0
};

namespace {

struct wait_words {
  lock_words verdict;
  owner_cells owners;
  std::array<wait_record, std::tuple_size_v<owner_cells>> records;
};

constexpr bool is_active(std::uint64_t wait) noexcept { return wait % 2 == 1; }

/// What `looks` is at least after a look that began when it was `then`, or later.
constexpr std::uint64_t after_a_look_since(std::uint64_t then) noexcept { return then + then % 2 + 2; }

void write_text(wait_record& record, std::string_view kind, std::string_view lock) noexcept {
  std::size_t at = 0;
  for (const std::string_view part : {kind, std::string_view(" "), lock}) {
    for (std::size_t index = 0; index < part.size() && at + 1 < record.lock.size(); ++index) {
      record.lock[at++].store(part[index]);
    }
  }
  record.lock[at].store(0);
}

std::string read_text(const wait_record& record) {
  std::string text;
  for (const std::atomic<char>& letter : record.lock) {
    const char value = letter.load();
    if (value == 0) break;
    text += value;
  }
  return printable(text);
}

const name& table_name() {
  static const name known("waits");
  return known;
}

}  // namespace

struct wait_table : shared_object<wait_words> {
  explicit wait_table(opened_object made)
      : shared_object(make_label("waits"), std::move(made)),
        cells(words().owners, words().owners.size(), members(), self),
        verdict(words().verdict, members(), self) {}

  static constexpr std::size_t none = std::tuple_size_v<owner_cells>;

  /// The record in which a thread waits.
  [[nodiscard]] std::size_t waits_of(thread_token thread) const noexcept {
    for (std::size_t index = 0; index < none; ++index) {
      if (words().owners[index].load(std::memory_order_relaxed) == 0) continue;
      const wait_record& record = words().records[index];
      if (record.waiter.load() == thread && is_active(record.wait.load())) return index;
    }
    return none;
  }

  cell_owner cells;
  lock_word verdict;
};

namespace {

object_request request_of_table() {
  object_request request = request_for<wait_table>(backend::object_kind::waits, table_name());
  request.initialise = [](void* words) {
    return event_count::initialise(static_cast<wait_words*>(words)->verdict.events);
  };
  return request;
}

}  // namespace

// ---- wait_graph

struct wait_graph::impl {
  std::mutex mutex;
  std::atomic<wait_table*> table{nullptr};
  std::unique_ptr<wait_table> owned;
};

wait_graph::wait_graph() : impl_(std::make_unique<impl>()) {}
wait_graph::~wait_graph() = default;

std::shared_ptr<wait_graph> wait_graph::of_this_process() { return process_table<wait_graph>::find({}); }

wait_table* wait_graph::table() noexcept try {
  if (wait_table* known = impl_->table.load()) return known;
  const std::lock_guard lock(impl_->mutex);
  if (impl_->owned) return impl_->owned.get();
  timer at_once(deadline::now());
  result<opened_object> found = open_or_create_object(request_of_table(), at_once);
  if (found) {
    impl_->owned = std::make_unique<wait_table>(std::move(*found));
    impl_->table.store(impl_->owned.get());
  } else if (static std::atomic<bool> has_warned{false};
             found.error() != errc::timed_out && !has_warned.exchange(true)) {
    write_log(log_level::warning, "deadlocks between processes are not detected: " + found.error().message());
  }
  return impl_->owned.get();
} catch (...) {  // no memory: the next look tries again
  return nullptr;
}

// ---- published_wait

bool published_wait::publish() noexcept {
  if (record_ != nullptr) return true;
  if (graph_ == nullptr) return false;
  table_ = graph_->table();
  if (table_ == nullptr) return false;
  std::optional<std::size_t> index = table_->cells.claim();
  if (!index) {
    if (const result<std::size_t> freed = table_->cells.reclaim(); !freed || *freed == 0) return false;
    index = table_->cells.claim();
    if (!index) return false;
  }
  index_ = *index;
  record_ = &table_->words().records[index_];
  const std::uint64_t idle = (record_->wait.load() | 1) + 1;  // the last owner may have died in the middle
  record_->wait.store(idle);
  record_->waiter.store(this_thread());
  record_->holder.store(0);
  record_->process_id.store(backend::current_process_id());
  record_->thread_id.store(backend::current_thread_id());
  write_text(*record_, kind_, lock_);
  record_->looks.store((record_->looks.load() | 1) + 1);
  record_->wait.store(idle + 1);
  return true;
}

void published_wait::withdraw() noexcept {
  if (record_ == nullptr) return;
  record_->wait.fetch_add(1);
  record_ = nullptr;
  (void)table_->cells.give_back(index_);
}

/// The waiters from `holder` on, if the last of them waits for us.
published_wait::walk published_wait::follow(thread_token holder) const noexcept {
  walk found;
  while (holder != 0 && holder != this_thread() && found.length < longest) {
    const std::size_t index = table_->waits_of(holder);
    if (index == wait_table::none) return {};
    const wait_record& record = table_->words().records[index];
    found.steps[found.length++] = {index, record.wait.load(), record.looks.load()};
    holder = record.holder.load();
  }
  return holder == this_thread() ? found : walk{};
}

bool published_wait::is_same(const walk& now) const noexcept {
  if (now.length != before_.length) return false;
  for (std::size_t index = 0; index < now.length; ++index) {
    if (now.steps[index].index != before_.steps[index].index) return false;
    if (now.steps[index].wait != before_.steps[index].wait || !is_active(now.steps[index].wait)) return false;
  }
  return true;
}

bool published_wait::all_have_looked(const walk& now) const noexcept {
  for (std::size_t index = 0; index < now.length; ++index) {
    if (now.steps[index].looks < after_a_look_since(before_.steps[index].looks)) return false;
  }
  return true;
}

/// The dead are in no circle: whoever waits behind one takes the lock over.
bool published_wait::all_alive(const walk& now) const {
  for (std::size_t index = 0; index < now.length; ++index) {
    const result<bool> lives = table_->members().alive(table_->words().owners[now.steps[index].index].load());
    if (!lives || !*lives) return false;
  }
  return true;
}

std::optional<error> published_wait::look(const std::atomic<thread_token>& lock) noexcept try {
  if (!publish()) return std::nullopt;
  record_->looks.fetch_add(1);
  const thread_token holder = lock.load();
  record_->holder.store(holder);
  record_->looks.fetch_add(1);
  const walk now = follow(holder);
  if (now.length == 0 || !is_same(now)) {
    before_ = now;
    return std::nullopt;
  }
  if (!all_have_looked(now)) return std::nullopt;  // compared with the same walk at the next look
  error verdict(errc::deadlock);
  verdict.advise(describe(now));
  if (!leave_circle(holder)) return std::nullopt;
  return verdict;
} catch (...) {  // no memory for the text: the next look tries again
  return std::nullopt;
}

/// Others of the circle may have come to the same conclusion: the first one here leaves it.
bool published_wait::leave_circle(thread_token holder) {
  timer brief(std::chrono::milliseconds(20));
  lock_word::blocker ignored;
  const result<bool> alone = table_->verdict.acquire(brief, ignored);
  if (!alone) return false;                    // at the next look
  if (*alone) (void)table_->verdict.repair();  // who died here had changed nothing but its own record
  const walk now = follow(holder);
  const bool leaves = is_same(now) && all_alive(now);
  if (leaves) withdraw();
  (void)table_->verdict.release(false);
  return leaves;
}

std::string published_wait::describe(const walk& circle) const {
  std::string text = "this thread waits for " + std::string(kind_) + ' ' + std::string(lock_);
  for (std::size_t index = 0; index < circle.length; ++index) {
    const wait_record& record = table_->words().records[circle.steps[index].index];
    const std::uint64_t process_id = record.process_id.load();
    text += index == 0 ? ", held by thread " : " held by thread ";
    text += std::to_string(record.thread_id.load()) + " of process " + std::to_string(process_id);
    if (const auto program = backend::process_executable(process_id)) text += " (" + program->string() + ')';
    text += ", which waits for " + read_text(record);
  }
  return text + " held by this thread";
}

}  // namespace viaduct::detail
