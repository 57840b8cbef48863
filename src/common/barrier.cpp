// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// One word says which round it is, how often the barrier was reset, and whether it is broken. Each party has a place with
// its owner and the round in which it last arrived: who has arrived is read from there and never counted, so a party that
// is killed leaves nothing wrong, and whoever looks next, even after 50 ms, finishes what it had begun.
#include "viaduct/barrier.hpp"

#include "common/death_watch.hpp"
#include "common/event_count.hpp"
#include "common/shared_object.hpp"

namespace viaduct {

using detail::failed_on;
using detail::is_usable;
using detail::timer;
using detail::why_not_open;

namespace detail {

/// state: resets (16 bits) | round (47) | broken. Rounds go on through a reset.
struct barrier_state {
  static constexpr std::uint64_t broken = 1;
  static constexpr std::uint64_t one_round = 2;
  static constexpr std::uint64_t one_reset = std::uint64_t{1} << 48;
  [[nodiscard]] static constexpr std::uint64_t round_of(std::uint64_t state) noexcept {
    return state & (one_reset - one_round);
  }
  [[nodiscard]] static constexpr std::uint64_t resets_of(std::uint64_t state) noexcept {
    return state & ~(one_reset - 1);
  }
  /// What a place says when its party has arrived in this round: never 0, and void after a reset.
  [[nodiscard]] static constexpr std::uint64_t arrival_in(std::uint64_t state) noexcept { return state | broken; }
};

struct barrier_place {
  static constexpr std::uint64_t left = ~std::uint64_t{0};  // no member has this id
  std::atomic<std::uint64_t> owner;                         // member id; 0: nobody yet
  std::atomic<std::uint64_t> arrived;
};

struct barrier_words {
  event_words events;
  alignas(64) std::atomic<std::uint64_t> state;
  std::array<barrier_place, barrier::limit> places;
};

struct barrier_impl : shared_object<barrier_words> {
  barrier_impl(label name, opened_object made)
      : shared_object(std::move(name), std::move(made)),
        events(words().events, members()),
        parties(std::min<std::size_t>(parameter(0), barrier::limit)) {}
  ~barrier_impl() {
    if (joined && !born.is_foreign()) leave();
  }
  barrier_impl(const barrier_impl&) = delete;
  barrier_impl& operator=(const barrier_impl&) = delete;

  /// False: all places are taken.
  [[nodiscard]] bool join() noexcept {
    for (place = 0; place < parties; ++place) {
      std::uint64_t free = 0;
      if (!words().places[place].owner.compare_exchange_strong(free, self)) continue;
      joined = true;
      return true;
    }
    return false;
  }
  void leave() noexcept {
    words().places[place].owner.store(barrier_place::left);
    events.post();
  }

  event_count events;
  std::size_t parties;
  std::size_t place = 0;
  bool joined = false;
  std::optional<std::uint64_t> arrived_in;  // a round we arrived in and have not seen the end of
};

struct barrier_access {
  using object = barrier;
  using impl = barrier_impl;
  [[nodiscard]] static barrier make(std::unique_ptr<barrier_impl> impl) noexcept { return barrier(std::move(impl)); }
  [[nodiscard]] static barrier_impl& impl_of(barrier& which) noexcept { return *which.impl_; }
};

}  // namespace detail

namespace {

using detail::barrier_access;
using detail::barrier_impl;
using detail::barrier_place;
using detail::barrier_state;

detail::object_request request_of(const name& what, std::size_t parties) {
  detail::object_request request = detail::request_for<barrier_impl>(backend::object_kind::barrier, what);
  request.parameters[0] = parties;
  request.initialise = [](void* words) {
    return detail::event_count::initialise(static_cast<detail::barrier_words*>(words)->events);
  };
  return request;
}

result<void> check_parties(std::size_t parties) {
  if (parties >= 1 && parties <= barrier::limit) return {};
  return error(errc::invalid_argument).advise("a barrier has 1 to 256 parties");
}

result<barrier> join(const name& what, result<detail::opened_object> opened, const char* operation) {
  result<barrier> made = detail::finish_object<barrier_access>(what, std::move(opened), operation);
  if (!made || barrier_access::impl_of(*made).join()) return made;
  return failed_on(
      what.text(),
      error(errc::limit_reached)
          .advise("all parties have joined; one that is gone counts until a party that is left calls reset()"),
      operation);
}

enum class standing { incomplete, complete, broken };

/// Where the round stands. Whether those who are missing live is asked only when `ask_kernel`.
result<standing> look(const barrier_impl& impl, std::uint64_t state, bool ask_kernel) {
  standing found = standing::complete;
  for (std::size_t index = 0; index < impl.parties; ++index) {
    const barrier_place& place = impl.words().places[index];
    const auto has_arrived = [&] { return place.arrived.load() == barrier_state::arrival_in(state); };
    if (has_arrived()) continue;
    const std::uint64_t owner = place.owner.load();
    bool is_gone = owner == barrier_place::left;
    if (!is_gone && owner != 0 && owner != impl.self && ask_kernel) {
      const result<bool> lives = impl.members().alive(owner);
      if (!lives) return lives.error();
      is_gone = !*lives;
    }
    if (!is_gone) {
      found = standing::incomplete;
    } else if (!has_arrived()) {  // nor between the two looks
      return standing::broken;
    }
  }
  return found;
}

error broken_error() {
  return error(errc::peer_died).advise("a party is gone: reset() makes the barrier usable again");
}

/// Did the round that began as `before` end, and how? Nothing: it goes on.
std::optional<result<void>> outcome_of(std::uint64_t before, std::uint64_t now) {
  if (barrier_state::round_of(now) != barrier_state::round_of(before)) return result<void>();
  if (now != before) return result<void>(broken_error());  // broken, or broken and reset
  return std::nullopt;
}

/// One look; changes the state if everybody is there, or somebody never will be.
result<void> advance(barrier_impl& impl, std::uint64_t state, bool ask_kernel) {
  const result<standing> found = look(impl, state, ask_kernel);
  if (!found) return found.error();
  if (*found == standing::incomplete) return {};
  const std::uint64_t next =
      *found == standing::complete ? state + barrier_state::one_round : state | barrier_state::broken;
  if (impl.words().state.compare_exchange_strong(state, next)) impl.events.post();
  return {};
}

result<void> arrive(barrier_impl& impl, timer& wait) {
  const std::uint64_t before = impl.arrived_in.value_or(impl.words().state.load());
  if ((before & barrier_state::broken) != 0) return broken_error();
  impl.arrived_in = before;
  impl.words().places[impl.place].arrived.store(barrier_state::arrival_in(before));
  detail::death_watch watch(wait);
  for (;;) {
    const std::uint64_t seen = impl.events.value();
    const bool is_due = watch.is_due();
    if (const result<void> looked = advance(impl, before, is_due); !looked) return looked;
    if (std::optional<result<void>> ended = outcome_of(before, impl.words().state.load())) {
      impl.arrived_in.reset();
      return std::move(*ended);
    }
    if (watch.is_over()) return error(errc::timed_out).advise("not all parties have arrived");
    if (is_due) watch.looked();
    const result<void> woken = impl.events.sleep(seen, watch.wake_at(), nullptr);
    if (!woken) return woken;
  }
}

/// The state, after a look for those who are gone, whether anybody has missed them yet or not.
result<std::uint64_t> look_for_the_dead(barrier_impl& impl) {
  for (;;) {
    const std::uint64_t state = impl.words().state.load();
    if ((state & barrier_state::broken) != 0) return state;
    if (const result<void> looked = advance(impl, state, true); !looked) return looked.error();
    if (impl.words().state.load() == state) return state;
  }
}

/// The places of those who are gone while it is broken as `state` says.
result<void> clear_places(barrier_impl& impl, std::uint64_t state) {
  for (std::size_t index = 0; index < impl.parties; ++index) {
    std::atomic<std::uint64_t>& owner = impl.words().places[index].owner;
    std::uint64_t found = owner.load();
    if (found == 0 || found == impl.self) continue;
    if (found != barrier_place::left) {
      const result<bool> lives = impl.members().alive(found);
      if (!lives) return lives.error();
      if (*lives) continue;
    }
    if (!owner.compare_exchange_strong(found, 0) || impl.words().state.load() == state) continue;
    // Another has reset it meanwhile. Whoever has gone since is missed by those who wait now: back with the mark.
    std::uint64_t free = 0;
    (void)owner.compare_exchange_strong(free, barrier_place::left);
    return {};
  }
  return {};
}

}  // namespace

barrier::barrier(std::unique_ptr<barrier_impl> impl) noexcept : impl_(std::move(impl)) {}
barrier::barrier(barrier&& other) noexcept = default;
barrier& barrier::operator=(barrier&& other) noexcept = default;
barrier::~barrier() = default;

result<barrier> barrier::create(const name& what, std::size_t parties) {
  constexpr const char* operation = "barrier::create";
  if (const result<void> valid = check_parties(parties); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  return join(what, detail::create_object(request_of(what, parties)), operation);
}

result<barrier> barrier::open(const name& what, deadline until) {
  timer wait(until);
  return join(what, detail::open_object(request_of(what, 0), wait), "barrier::open");
}

result<barrier> barrier::open_or_create(const name& what, std::size_t parties, deadline until) {
  constexpr const char* operation = "barrier::open_or_create";
  if (const result<void> valid = check_parties(parties); !valid) {
    return failed_on(what.text(), valid.error(), operation);
  }
  timer wait(until);
  return join(what, detail::open_or_create_object(request_of(what, parties), wait), operation);
}

result<void> barrier::remove(const name& what) {
  return detail::finish_removal(backend::object_kind::barrier, what, "barrier::remove");
}

result<void> barrier::arrive_and_wait(deadline until) {
  constexpr const char* operation = "barrier::arrive_and_wait";
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  timer wait(until);
  const result<void> passed = arrive(*impl_, wait);
  if (!passed) return impl_->failed(passed.error(), operation);
  return {};
}

result<void> barrier::reset() {
  constexpr const char* operation = "barrier::reset";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  for (;;) {  // again when another was first: a party may have gone since
    const result<std::uint64_t> found = look_for_the_dead(*impl_);
    if (!found) return impl_->failed(found.error(), operation);
    std::uint64_t state = *found;
    if ((state & barrier_state::broken) == 0) return {};
    const result<void> cleared = clear_places(*impl_, state);
    if (!cleared) return impl_->failed(cleared.error(), operation);
    impl_->arrived_in.reset();
    const std::uint64_t whole = (state & ~barrier_state::broken) + barrier_state::one_reset;
    if (!impl_->words().state.compare_exchange_strong(state, whole)) continue;
    impl_->events.post();
    return {};
  }
}

std::size_t barrier::parties() const noexcept { return is_usable(impl_) ? impl_->parties : 0; }

bool barrier::is_broken() const noexcept {
  return is_usable(impl_) && (impl_->words().state.load() & barrier_state::broken) != 0;
}

std::string barrier::native_name() const { return is_open() ? backend::native_name(*impl_->memory) : std::string(); }

void barrier::close() noexcept { impl_.reset(); }

bool barrier::is_open() const noexcept { return is_usable(impl_); }

}  // namespace viaduct
