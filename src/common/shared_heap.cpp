// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The header at the start of a heap's memory: who builds it, who may believe it, and what becomes of it when a writer dies.
// Nothing of Boost is here: the layout of what lies behind the header is compiled into each program (heap_format).
//
// `life` is the word that decides. It goes {0} -> {epoch 1, building} -> {epoch 1, ready} -> {epoch 2, building} -> ..., each
// step by one CAS, so that of several builders one goes on and the others notice. Whoever sees `ready` sees all of the header
// and a whole heap; whoever finds another epoch than its own must not touch what is behind the header.
// `inside` is not a lock: it marks that a change has begun and not ended, for those that come after a crash.
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "backend/system.hpp"
#include "common/object.hpp"
#include "common/shared_memory.hpp"
#include "common/timer.hpp"
#include "viaduct/detail/shared_heap.hpp"

namespace viaduct::detail {

namespace {

struct heap_header {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint64_t> layout;
  std::atomic<std::uint64_t> size;  // of the whole memory
  std::atomic<std::uint64_t> life;
  std::atomic<std::uint64_t> inside;  // mark_of() the hold that changes the heap; 0: none
  std::atomic<std::uint64_t> unused[3];
};
static_assert(sizeof(heap_header) == 64 && std::atomic<std::uint64_t>::is_always_lock_free);

constexpr std::uint64_t heap_magic = 0x7061654864635656;  // "VVcdHeap" where the low byte comes first

enum class phase : std::uint8_t { nothing = 0, building = 1, ready = 2 };

constexpr std::uint64_t life_word(std::uint64_t epoch, phase which) {
  return epoch << 8U | static_cast<std::uint8_t>(which);
}
constexpr std::uint64_t epoch_of(std::uint64_t life) { return life >> 8U; }
constexpr bool has_phase(std::uint64_t life, phase which) {
  return (life & 255U) == static_cast<std::uint8_t>(which) &&
         (which == phase::nothing ? life == 0 : epoch_of(life) != 0);
}

/// After the last epoch comes the first: 0 stays for memory without a heap.
constexpr std::uint64_t next_epoch(std::uint64_t life) {
  const std::uint64_t next = (epoch_of(life) + 1) & ~std::uint64_t{0} >> 8U;
  return next == 0 ? 1 : next;
}

/// Whose change has begun: the process, for messages, and of which heap, so that the end of it takes away no other's mark.
constexpr std::uint64_t mark_of(std::uint64_t life, std::uint64_t process) {
  return epoch_of(life) << 32U | (process & 0xFFFFFFFFU);
}

error corrupt(const char* what) { return error(errc::peer_corrupt).advise(what); }
error built_anew() {
  return error(errc::owner_died).advise("the heap was built anew since: open it again, nothing of the old one is left");
}
error changed_by(std::uint64_t mark) {
  return error(errc::owner_died)
      .advise("process " + std::to_string(mark & 0xFFFFFFFFU) +
              " died while it changed the heap: reset(); or it lives, and somebody takes no lock");
}
error not_finished() {
  return error(errc::timed_out).advise("being built, or its builder was killed: shared_heap::reset() builds it anew");
}

/// A copy of the header, each word read once.
struct header_copy {
  explicit header_copy(const heap_header& from) noexcept
      : life(from.life.load(std::memory_order_acquire)),
        magic(from.magic.load(std::memory_order_acquire)),
        layout(from.layout.load(std::memory_order_relaxed)),
        size(from.size.load(std::memory_order_relaxed)),
        life_after(from.life.load(std::memory_order_acquire)) {}
  std::uint64_t life, magic, layout, size, life_after;
};

/// What is there; nothing of it is believed before magic, layout and size are right.
result<phase> examine(const header_copy& seen, std::uint64_t layout, std::size_t size) {
  if (seen.life != seen.life_after) return phase::building;
  if (seen.magic == 0 && has_phase(seen.life, phase::nothing)) {
    if (seen.layout == 0 && seen.size == 0) return phase::nothing;
    return corrupt("the memory holds something else than a heap");
  }
  if (seen.magic == 0 && has_phase(seen.life, phase::building)) return phase::building;
  if (seen.magic != heap_magic) return corrupt("the memory holds something else than a heap");
  if (seen.layout != layout) {
    return error(errc::layout_mismatch)
        .advise("the heap was built with another version of this library or of Boost, or for another architecture");
  }
  if (seen.size != size) return corrupt("the heap's header names another size than the memory has");
  if (has_phase(seen.life, phase::building)) return phase::building;
  if (has_phase(seen.life, phase::ready)) return phase::ready;
  return corrupt("the heap's header is in no state there is");
}

}  // namespace

struct heap_hold_impl : object_base {
  heap_hold_impl(label name, mapping shown)
      : object_base(std::move(name)), view(std::move(shown)), whole(view.writable()) {}
  [[nodiscard]] bool is_open() const noexcept { return !whole.empty(); }
  [[nodiscard]] heap_header& header() const noexcept {
    return *std::launder(reinterpret_cast<heap_header*>(whole.data()));
  }
  [[nodiscard]] buffer area() const noexcept { return whole.after(sizeof(heap_header)); }

  [[nodiscard]] result<bool> join(const heap_format& format);
  [[nodiscard]] result<void> build(const heap_format& format, std::uint64_t from);
  [[nodiscard]] result<void> open(const heap_format& format, bool may_create, timer& wait);
  [[nodiscard]] result<void> create(const heap_format& format);
  [[nodiscard]] error why_not_current() const;

  mapping view;
  buffer whole;            // what it shows; empty when closed
  std::uint64_t life = 0;  // what the header's must be for this hold to be good
  std::uint64_t layout = 0;
  std::uint64_t process = backend::current_process_id();  // asked once: it is a system call
  unsigned depth = 0;                                     // of changes that this object has begun
};

/// From the life that was found, `from`, to a new heap. Whoever loses the race for it has changed nothing.
result<void> heap_hold_impl::build(const heap_format& format, std::uint64_t from) {
  heap_header& to = header();
  const std::uint64_t epoch = next_epoch(from);
  std::uint64_t building = life_word(epoch, phase::building);
  if (!to.life.compare_exchange_strong(from, building, std::memory_order_acq_rel)) return built_anew();
  to.layout.store(format.layout, std::memory_order_relaxed);
  to.size.store(whole.size(), std::memory_order_relaxed);
  to.inside.store(0, std::memory_order_relaxed);
  to.magic.store(heap_magic, std::memory_order_release);
  const buffer behind = area();
  if (!format.build(behind.data(), behind.size())) return error(errc::no_space).advise("the memory is too small");
  life = life_word(epoch, phase::ready);
  if (!to.life.compare_exchange_strong(building, life, std::memory_order_acq_rel)) return built_anew();
  return {};
}

result<void> heap_hold_impl::create(const heap_format& format) {
  const result<phase> found = examine(header_copy(header()), format.layout, whole.size());
  if (!found && found.error() != errc::layout_mismatch) return found.error();
  if (found && *found == phase::nothing) {
    result<void> built = build(format, 0);
    if (built || built.error() != errc::owner_died) return built;
  }
  return error(errc::already_exists).advise("there is a heap in this memory: shared_heap::open");
}

/// True: this hold is good. False: not yet.
result<bool> heap_hold_impl::join(const heap_format& format) {
  const header_copy seen(header());
  const result<phase> found = examine(seen, format.layout, whole.size());
  if (!found) return found.error();
  if (*found != phase::ready) return false;
  const buffer behind = area();
  if (!format.has_size(behind.data(), behind.size())) return corrupt("the heap is of another size than the memory");
  life = seen.life;
  return true;
}

result<void> heap_hold_impl::open(const heap_format& format, bool may_create, timer& wait) {
  using namespace std::chrono_literals;
  wait.start();
  timer::nanoseconds pause = 1ms;
  for (;;) {
    const result<bool> joined = join(format);
    if (!joined) return joined.error();
    if (*joined) return {};
    const bool begun = header().life.load(std::memory_order_acquire) != 0;
    if (may_create && !begun) {
      result<void> built = build(format, 0);
      if (built || built.error() != errc::owner_died) return built;
      continue;  // somebody else was first
    }
    if (wait.poll_only() || wait.expired()) {
      if (begun) return not_finished();
      return error(errc::not_found).advise("nobody has built a heap in this memory: shared_heap::create");
    }
    std::this_thread::sleep_for(std::min<timer::nanoseconds>(pause, wait.remaining()));
    pause = std::min<timer::nanoseconds>(pause * 2, 50ms);
  }
}

/// The header's life is not ours: why?
error heap_hold_impl::why_not_current() const {
  const result<phase> found = examine(header_copy(header()), layout, whole.size());
  if (!found) return found.error();
  if (*found == phase::nothing) return corrupt("the heap's header was wiped out");
  return built_anew();
}

namespace {

constexpr const char* operation_of(heap_start how) {
  switch (how) {
    case heap_start::create:
      return "shared_heap::create";
    case heap_start::open:
      return "shared_heap::open";
    case heap_start::open_or_create:
      return "shared_heap::open_or_create";
    case heap_start::reset:
      break;
  }
  return "shared_heap::reset";
}

/// The heap's own structures are believed, so nobody but the user's own programs may be able to write there.
result<mapping> map_trusted(const shared_memory& memory, const heap_format& format) {
  if (!memory.is_open()) return memory.map();  // says why
  if (backend::entry_of(*shared_memory_access::behind(memory)->held) == nullptr) {
    return error(errc::not_supported)
        .advise("a heap is for one user's own programs: it needs memory by name, which nobody else can write to");
  }
  const std::size_t least = sizeof(heap_header) + format.least;
  if (memory.size() < least) {
    return error(errc::no_space)
        .with_size(least)
        .advise("the memory has " + std::to_string(memory.size()) + " bytes, a heap needs at least " +
                std::to_string(least));
  }
  return memory.map();
}

result<void> begin(heap_hold_impl& impl, const heap_format& format, heap_start how, deadline until) {
  timer wait(until);
  switch (how) {
    case heap_start::create:
      return impl.create(format);
    case heap_start::open:
    case heap_start::open_or_create:
      return impl.open(format, how == heap_start::open_or_create, wait);
    case heap_start::reset:
      break;
  }
  return impl.build(format, impl.header().life.load(std::memory_order_acquire));
}

}  // namespace

heap_hold::heap_hold(std::unique_ptr<heap_hold_impl> impl) noexcept : impl_(std::move(impl)) {}
heap_hold::heap_hold(heap_hold&& other) noexcept = default;
heap_hold& heap_hold::operator=(heap_hold&& other) noexcept = default;
heap_hold::~heap_hold() = default;

result<heap_hold> heap_hold::start(const shared_memory& memory, const heap_format& format, heap_start how,
                                   deadline until) {
  const char* operation = operation_of(how);
  const shared_memory_impl* const held = shared_memory_access::behind(memory);
  const label called = held != nullptr ? held->called : make_label("(closed)");
  result<mapping> shown = map_trusted(memory, format);
  if (!shown) return std::move(shown.error().during(operation).on(called));
  auto impl = std::make_unique<heap_hold_impl>(called, std::move(*shown));
  impl->layout = format.layout;
  if (const result<void> begun = begin(*impl, format, how, until); !begun)
    return impl->failed(begun.error(), operation);
  return heap_hold(std::move(impl));
}

result<void> heap_hold::reset(const heap_format& format) {
  constexpr const char* operation = "shared_heap::reset";
  if (!is_usable(impl_)) return why_not_open(impl_, operation);
  // From our own epoch alone: whoever comes second must not wipe out what the first has built.
  if (result<void> built = impl_->build(format, impl_->life); !built) return impl_->failed(built.error(), operation);
  return {};
}

result<void> heap_hold::check(const char* operation) const {
  if (!is_usable(impl_)) [[unlikely]]
    return why_not_open(impl_, operation);
  const heap_header& header = impl_->header();
  if (header.life.load(std::memory_order_acquire) != impl_->life) [[unlikely]]
    return impl_->failed(impl_->why_not_current(), operation);
  const std::uint64_t changing = header.inside.load(std::memory_order_acquire);
  if (changing == 0 || impl_->depth != 0) [[likely]]
    return {};
  return impl_->failed(changed_by(changing), operation);
}

result<void> heap_hold::check_name(std::string_view called, const char* operation) const {
  if (!called.empty() && called.size() <= 255 && called.find('\0') == std::string_view::npos) return {};
  return impl_->failed(error(errc::invalid_argument).advise("a name in a heap has 1 to 255 bytes and no NUL"),
                       operation);
}

result<void> heap_hold::begin_change(const char* operation) {
  if (result<void> usable = check(operation); !usable) return usable;
  if (impl_->depth == 0) {
    std::uint64_t nobody = 0;
    if (!impl_->header().inside.compare_exchange_strong(nobody, mark_of(impl_->life, impl_->process),
                                                        std::memory_order_acq_rel)) {
      return impl_->failed(changed_by(nobody), operation);
    }
  }
  ++impl_->depth;
  return {};
}

void heap_hold::end_change() noexcept {
  // Not ours any more: the action has closed it or opened it anew, or is going on in a forked child.
  if (!is_usable(impl_) || impl_->depth == 0) return;
  --impl_->depth;
  if (impl_->depth != 0) return;
  // Whoever has built the heap anew meanwhile has a mark of its own.
  std::uint64_t own = mark_of(impl_->life, impl_->process);
  (void)impl_->header().inside.compare_exchange_strong(own, 0, std::memory_order_release, std::memory_order_relaxed);
}

buffer heap_hold::area() const noexcept { return impl_->area(); }
std::uint64_t heap_hold::epoch() const noexcept { return impl_ ? epoch_of(impl_->life) : 0; }

error heap_hold::failed(errc code, const char* operation, std::string_view called) const {
  error made(code);
  if (code == errc::already_exists) made.advise("something of this name is in the heap: find or find_or_construct");
  if (code == errc::not_found) made.advise("nothing of this name is in the heap");
  if (code == errc::invalid_argument) made.advise("it was constructed as another type");
  return std::move(made.during(operation).on(make_label(*impl_->called + '/' + std::string(called))));
}

error heap_hold::full(const char* operation, std::size_t free) const {
  return impl_->failed(error(errc::no_space)
                           .advise("of the heap's " + std::to_string(area().size()) + " bytes " + std::to_string(free) +
                                   " are free, perhaps in pieces: destroy something or make the memory larger"),
                       operation);
}

void heap_hold::close() noexcept {
  if (!is_usable(impl_)) return;
  if (impl_->depth != 0) {  // from inside an action: it has not died
    impl_->depth = 1;
    end_change();
  }
  impl_->whole = {};
  impl_->view.close();
}
bool heap_hold::is_open() const noexcept { return is_usable(impl_); }

}  // namespace viaduct::detail
