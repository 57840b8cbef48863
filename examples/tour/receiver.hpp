// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The receiver, a process of its own.
#pragma once

#include <string>

namespace tour {

struct receiver_task {
  std::string mechanism;
  std::string name;
  bool dies = false;  ///< ends without a word in the middle of the first round
};

/// Follows the sender's orders until `end`. Throws when anything goes wrong.
void receive(const receiver_task& task);

}  // namespace tour
