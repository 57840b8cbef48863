// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What all objects of one name have in common within this process, by the name that the object was given at its creation
// (random, so that a successor under the same name is another). A forked child starts with an empty table: the lock of the
// parent's may have been held by a thread that does not exist here.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/generation.hpp"

namespace viaduct::detail {

template <class Part>
class process_table {
 public:
  [[nodiscard]] static std::shared_ptr<Part> find(const std::string& native_name) {
    process_table& here = current();
    const std::lock_guard lock(here.mutex_);
    std::weak_ptr<Part>& slot = here.parts_[native_name];
    std::shared_ptr<Part> part = slot.lock();
    if (!part) {
      part = std::make_shared<Part>();
      std::erase_if(here.parts_,
                    [&](const auto& entry) { return entry.second.expired() && entry.first != native_name; });
      here.parts_[native_name] = part;
    }
    return part;
  }

 private:
  // Never destroyed: objects with static storage may outlive any order of destruction.
  [[nodiscard]] static process_table& current() {
    static std::atomic<process_table*> table{new process_table};
    process_table* found = table.load();
    while (found->born_.is_foreign()) {
      auto* const fresh = new process_table;
      if (table.compare_exchange_strong(found, fresh)) return *fresh;
      delete fresh;
    }
    return *found;
  }

  born_here born_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Part>> parts_;
};

}  // namespace viaduct::detail
