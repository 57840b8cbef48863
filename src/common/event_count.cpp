// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
#include "common/event_count.hpp"

#include <bit>
#include <utility>

#include "backend/system.hpp"

namespace viaduct::detail {

namespace {

// States of a cell, below its owner's member id.
constexpr std::uint64_t claimed = 0;  // somebody's, and nobody sleeps there
constexpr std::uint64_t armed = 1;    // somebody sleeps
constexpr std::uint64_t rung = 3;     // chosen by a post_one, not yet awake
constexpr std::uint64_t state_mask = 3;

std::uint64_t owner_of(std::uint64_t word) noexcept { return word >> 2; }
std::uint64_t state_of(std::uint64_t word) noexcept { return word & state_mask; }
std::uint64_t make_word(std::uint64_t owner, std::uint64_t state) noexcept { return owner << 2 | state; }

void raise_to(std::atomic<std::uint64_t>& word, std::uint64_t least) noexcept {
  std::uint64_t found = word.load();
  while (found < least && !word.compare_exchange_weak(found, least)) {
  }
}

std::uint64_t bit_of(std::uint32_t index) noexcept { return std::uint64_t{1} << (index % 64); }

bool has_passed(const event_count::moment& until) noexcept {
  return until && std::chrono::steady_clock::now() >= *until;
}

}  // namespace

result<void> event_count::initialise(event_words& words) {
  std::uint64_t drawn = 0;
  if (const result<void> filled = backend::random_bytes(buffer(&drawn, sizeof drawn)); !filled) return filled;
  words.random = drawn;
  return {};
}

event_count::~event_count() {
  if (born_.is_foreign()) return;  // the cells are the parent's, whose memory this still is
  for (place& at : spare_) {
    at.bell.reset();
    words_->cells[at.index].word.store(0);
  }
}

void event_count::wake_all(std::uint64_t now) noexcept {
  if (backend::has_address_waits()) backend::wake_all(words_->count);
  // Last: who is killed before leaves it to the next poster to wake them; and so does who could not ring (no descriptors).
  if (ring_all_cells()) raise_to(words_->woken, now);
}

void event_count::post_one() noexcept {
  (void)words_->count.fetch_add(1);
  if (backend::has_address_waits()) {
    backend::wake_one(words_->count);
  } else {
    ring_one_cell();
  }
}

void event_count::arm(std::uint64_t seen, gate how) noexcept {
  if (how == gate::count) raise_to(words_->armed, seen + 1);
}

result<void> event_count::sleep(std::uint64_t seen, const moment& until, backend::wait_canceller* canceller, gate how) {
  if (!backend::has_address_waits()) return sleep_in_cell(seen, until, canceller, how);
  arm(seen, how);
  if (value() != seen) return {};
  return backend::wait_on_address(words_->count, seen, until, canceller);
}

// ---- cells

result<void> event_count::sleep_in_cell(std::uint64_t seen, const moment& until, backend::wait_canceller* canceller,
                                        gate how) {
  result<place> taken = take_place();
  if (!taken) return taken.error();
  event_cell& cell = words_->cells[taken->index];
  std::atomic<std::uint64_t>& map = words_->map[taken->index / 64];
  const std::uint64_t self = backend::entry::member_id();
  cell.sequence.fetch_add(1);
  cell.word.store(make_word(self, armed));
  map.fetch_or(bit_of(taken->index));
  arm(seen, how);
  const result<void> heard = listen(*taken, seen, until, canceller);
  map.fetch_and(~bit_of(taken->index));
  cell.word.store(make_word(self, claimed));
  give_back(std::move(*taken));
  return heard;
}

/// Until the count has changed: a ringing may be one that an earlier wait of this cell was meant by.
result<void> event_count::listen(const place& at, std::uint64_t seen, const moment& until,
                                 backend::wait_canceller* canceller) {
  while (value() == seen) {
    const result<bool> was_rung = at.bell->wait(until, canceller);
    if (!was_rung && value() != seen) return {};
    if (!was_rung) return was_rung.error();
    if (!*was_rung && has_passed(until)) return {};
    if (*was_rung && value() == seen) {
      words_->cells[at.index].word.store(make_word(backend::entry::member_id(), armed));
    }
  }
  return {};
}

result<event_count::place> event_count::take_place() {
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      place at = std::move(spare_.back());
      spare_.pop_back();
      return at;
    }
  }
  const std::optional<std::uint32_t> index = claim_cell();
  if (!index) {
    return error(errc::limit_reached).advise("more than 256 threads would wait for this object at once");
  }
  std::atomic<std::uint64_t>& word = words_->cells[*index].word;
  try {
    result<std::unique_ptr<backend::bell>> made = hang_bell(*index);
    if (made) return place{*index, std::move(*made)};
    word.store(0);
    return made.error();
  } catch (...) {  // no memory: the cell is free again too
    word.store(0);
    throw;
  }
}

/// A free cell, or that of a dead process.
std::optional<std::uint32_t> event_count::claim_cell() {
  const std::uint64_t mine = make_word(backend::entry::member_id(), claimed);
  for (std::uint32_t index = 0; index < event_cells; ++index) {
    std::uint64_t free = 0;
    if (words_->cells[index].word.compare_exchange_strong(free, mine)) return index;
  }
  for (std::uint32_t index = 0; index < event_cells; ++index) {
    std::uint64_t found = words_->cells[index].word.load();
    if (owner_of(found) == 0) continue;
    const result<bool> lives = members_->alive(owner_of(found));
    if (!lives || *lives || !words_->cells[index].word.compare_exchange_strong(found, mine)) continue;
    words_->map[index / 64].fetch_and(~bit_of(index));
    return index;
  }
  return std::nullopt;
}

result<std::unique_ptr<backend::bell>> event_count::hang_bell(std::uint32_t index) {
  event_cell& cell = words_->cells[index];
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::uint64_t before = cell.generation.fetch_add(1);
    backend::remove_bell(*members_, {words_->random, index, before});  // of a waiter that was killed here
    result<std::unique_ptr<backend::bell>> made = backend::bell::make(*members_, {words_->random, index, before + 1});
    if (made || made.error() != errc::already_exists) return made;
  }
  return error(errc::limit_reached).advise("the names of this object's bells are taken");
}

void event_count::give_back(place at) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    spare_.push_back(std::move(at));
  } catch (...) {  // no memory: then it is not kept
    at.bell.reset();
    words_->cells[at.index].word.store(0);
  }
}

event_count::ringing event_count::ring(std::uint32_t index, std::uint64_t word) noexcept {
  event_cell& cell = words_->cells[index];
  const std::uint64_t generation = cell.generation.load();
  const std::uint64_t sequence = cell.sequence.load();
  if (owner_of(cell.word.load()) != owner_of(word)) return ringing::heard;  // another's by now, who came later
  const bool heard = backend::ring_bell(*members_, {words_->random, index, generation});
  const bool same_wait = last_rung_[index].exchange(sequence) == sequence;
  if (heard && !same_wait) return ringing::heard;
  if (reap_if_dead(index, word)) return ringing::gone;
  return heard ? ringing::heard : ringing::unheard;
}

/// False: somebody who lives could not be rung.
bool event_count::ring_all_cells() noexcept {
  bool all_heard = true;
  for (std::uint32_t group = 0; group < words_->map.size(); ++group) {
    for (std::uint64_t bits = words_->map[group].load(); bits != 0; bits &= bits - 1) {
      const std::uint32_t index = group * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      const std::uint64_t word = words_->cells[index].word.load();
      if (state_of(word) != claimed && ring(index, word) == ringing::unheard) all_heard = false;
    }
  }
  return all_heard;
}

/// One sleeper that lives is enough. Begins at another cell each time, so that nobody is passed over for ever.
void event_count::ring_one_cell() noexcept {
  const auto first = static_cast<std::uint32_t>(words_->count.load(std::memory_order_relaxed) * 0x9E3779B9U >> 8);
  for (std::uint32_t step = 0; step < event_cells; ++step) {
    const std::uint32_t index = (first + step) % event_cells;
    if ((words_->map[index / 64].load() & bit_of(index)) == 0) continue;
    std::uint64_t word = words_->cells[index].word.load();
    if (state_of(word) != armed) continue;
    if (!words_->cells[index].word.compare_exchange_strong(word, make_word(owner_of(word), rung))) continue;
    if (ring(index, word) == ringing::heard && !reap_if_dead(index, make_word(owner_of(word), rung))) return;
  }
  (void)ring_all_cells();  // whoever was chosen before may have died of it
}

bool event_count::reap_if_dead(std::uint32_t index, std::uint64_t word) noexcept {
  const std::uint64_t owner = owner_of(word);
  if (owner == 0) return false;
  const result<bool> lives = members_->alive(owner);
  if (!lives || *lives) return false;
  event_cell& cell = words_->cells[index];
  std::uint64_t found = cell.word.load();
  if (owner_of(found) != owner) return true;
  // Ours first, never free at once: a new owner's bit in the map would be cleared.
  if (!cell.word.compare_exchange_strong(found, make_word(backend::entry::member_id(), claimed))) return true;
  words_->map[index / 64].fetch_and(~bit_of(index));
  backend::remove_bell(*members_, {words_->random, index, cell.generation.load()});
  cell.word.store(0);
  return true;
}

}  // namespace viaduct::detail
