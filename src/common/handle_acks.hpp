// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What a sender keeps of handles in flight until the receiver has them: a system may tear down an object that exists in a
// message and nowhere else. Batches are kept in the order of the stream and let go by acknowledgements, which count handles.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace viaduct::detail {

/// Threads: one sends, another may acknowledge. Kept: owns one duplicate.
template <class Kept>
class handle_acks {
 public:
  /// So many duplicates at once: a peer that never acknowledges must not use up our handles.
  static constexpr std::size_t limit = 512;

  /// Before the message goes, for the answer may come before the call returns. False: too many are under way.
  [[nodiscard]] bool add(std::size_t count, std::vector<Kept> kept) {
    const std::lock_guard lock(mutex_);
    if (kept.size() > limit - kept_) return false;
    if (!kept.empty()) {
      const std::size_t more = kept.size();
      batches_.push_back({sent_ + count, std::move(kept)});
      kept_ += more;
    }
    sent_ += count;
    return true;
  }

  /// The message just added did not go.
  void take_back(std::size_t count) noexcept {
    const std::lock_guard lock(mutex_);
    if (!batches_.empty() && batches_.back().end == sent_) {
      kept_ -= batches_.back().kept.size();
      batches_.pop_back();
    }
    sent_ -= std::min<std::uint64_t>(count, sent_ - acknowledged_);
  }

  /// The oldest `count` arrived. False: so many were never sent; what was sent counts as arrived.
  bool acknowledge(std::uint64_t count) noexcept {
    const std::lock_guard lock(mutex_);
    const std::uint64_t open = sent_ - acknowledged_;
    acknowledged_ += std::min(count, open);
    while (!batches_.empty() && batches_.front().end <= acknowledged_) {
      kept_ -= batches_.front().kept.size();
      batches_.pop_front();
    }
    return count <= open;
  }

  /// Duplicates held at the moment.
  [[nodiscard]] std::size_t kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  struct batch {
    std::uint64_t end;  // of the stream's handles, counted from its first
    std::vector<Kept> kept;
  };

  mutable std::mutex mutex_;
  std::deque<batch> batches_;
  std::uint64_t sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace viaduct::detail
