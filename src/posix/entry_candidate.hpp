// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// An entry before it has its name: complete, locked by us, and invisible. Giving it the name is one step that either
// succeeds or finds somebody else's entry there.
#pragma once

#include <string>

#include "backend/entry.hpp"
#include "posix/entry_file.hpp"
#include "posix/entry_table.hpp"
#include "viaduct/result.hpp"

namespace viaduct::posix {

class candidate {
 public:
  [[nodiscard]] static result<candidate> make(const entry_place& place, const backend::entry_request& request);

  candidate(candidate&& other) noexcept = default;
  candidate& operator=(candidate&&) = delete;
  ~candidate();

  /// already_exists; not_found: it was swept, or its directory is gone, and a new one must be made.
  [[nodiscard]] result<void> take_name();

  [[nodiscard]] const opened_entry& entry() const noexcept { return opened_; }
  [[nodiscard]] opened_entry release() && noexcept { return std::move(opened_); }

 private:
  candidate(opened_entry opened, std::string temporary) noexcept
      : opened_(std::move(opened)), temporary_(std::move(temporary)) {}
  [[nodiscard]] result<bool> lock(const own_process& self) const;

  opened_entry opened_;
  std::string temporary_;  // its random name where files without one do not exist
};

/// Lets other users see it: links the object, then publishes a copy of the entry, in our public directory.
[[nodiscard]] result<void> publish_to_others(const opened_entry& entry);

}  // namespace viaduct::posix
