// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the tour prints at the end.
#pragma once

#include <iosfwd>
#include <vector>

#include "sender.hpp"
#include "source_file.hpp"

namespace tour {

void print_file(std::ostream& out, const source_file& file);
void print_table(std::ostream& out, const std::vector<measurement>& made);
void print_json(std::ostream& out, const source_file& file, const std::vector<measurement>& made);

/// Every mechanism that this system has delivered the file intact.
[[nodiscard]] bool all_intact(const std::vector<measurement>& made);

}  // namespace tour
