// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Making system calls of this thread fail, through the seam: the n-th one, with an error that it may really give.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "backend/seam.hpp"

namespace viaduct::test {

/// Sees every system call that the library makes in this thread, from construction to stop().
class seam_watch {
 public:
  /// Called with the call's number, from 1, and its name; returns 0 or the error the call is to fail with.
  using decision = std::function<int(std::size_t number, const char* call)>;

  explicit seam_watch(decision decide) : decide_(std::move(decide)) {
    backend::seam::set_hook(&seam_watch::before, this);
  }
  seam_watch(const seam_watch&) = delete;
  seam_watch& operator=(const seam_watch&) = delete;
  ~seam_watch() { stop(); }

  void stop() noexcept { backend::seam::set_hook(nullptr, nullptr); }
  [[nodiscard]] std::size_t calls() const noexcept { return calls_; }

 private:
  static int before(void* self, const char* call) {
    auto& watch = *static_cast<seam_watch*>(self);
    ++watch.calls_;
    return watch.decide_(watch.calls_, call);
  }

  decision decide_;
  std::size_t calls_ = 0;
};

/// The errors that the seam names as plausible for this call.
[[nodiscard]] inline std::vector<int> plausible_errors(const char* call) {
  std::vector<int> codes;
  for (const int* code = backend::seam::plausible_errors(call); *code != 0; ++code) codes.push_back(*code);
  return codes;
}

}  // namespace viaduct::test
