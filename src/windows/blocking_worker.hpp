// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The thread behind a blocking_stream: makes one blocking call at a time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "viaduct/bytes.hpp"
#include "viaduct/result.hpp"
#include "windows/handle.hpp"
#include "windows/system.hpp"

namespace viaduct::windows {

class worker : public std::enable_shared_from_this<worker> {
 public:
  static constexpr std::size_t capacity = 64 * 1024;

  [[nodiscard]] static result<std::shared_ptr<worker>> start(unique_handle file, bool for_writing);

  [[nodiscard]] HANDLE file() const noexcept { return file_.get(); }
  /// Signalled while no call is under way.
  [[nodiscard]] HANDLE idle_event() const noexcept { return idle_.get(); }
  [[nodiscard]] bool is_idle() const noexcept { return system::is_signalled(idle_.get()); }

  /// The memory the next call uses; only while idle.
  [[nodiscard]] buffer memory() noexcept { return {memory_.get(), capacity}; }
  /// Starts a call with the first `size` bytes of memory().
  void begin(std::size_t size);
  /// What the last call did; only while idle.
  [[nodiscard]] system::io outcome() const noexcept { return outcome_; }
  /// Ends the call under way, if it is blocked, and waits for that (a moment; a device may refuse).
  void call_off() noexcept;
  /// The thread ends, after the call under way.
  void dismiss() noexcept;

  /// The unread rest of what the last read brought; only while idle.
  std::size_t unread_at = 0;
  bool has_outcome = false;

 private:
  void serve();

  std::mutex guard_;
  std::condition_variable ordered_;
  std::size_t size_ = 0;
  bool busy_ = false;
  bool dismissed_ = false;
  bool for_writing_ = false;
  system::io outcome_;
  std::unique_ptr<std::byte[]> memory_;
  unique_handle file_;
  unique_handle idle_;
  unique_handle thread_;
};

}  // namespace viaduct::windows
