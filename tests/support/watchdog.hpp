// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// The watchdog: a test case or role that takes longer than its limit is named, its stacks are printed, and the program
// aborts. 10 s unless the case says otherwise; VIADUCT_TEST_PATIENCE multiplies every limit (slow machines), instrumented
// builds get four times as long, the long form five times.
#pragma once

#include <chrono>
#include <string>

namespace viaduct::test {

/// The watch begins; the main program calls it for each case and role.
void watch_begin(const std::string& what, std::chrono::milliseconds limit = std::chrono::seconds(10));
void watch_end();

/// For a case that needs longer: its limit, counted from its start.
void time_limit(std::chrono::milliseconds limit);

/// The limit of the running case as set, for handing on to a role.
[[nodiscard]] std::chrono::milliseconds current_limit();

/// True in the long form of the tests (./run test --all).
[[nodiscard]] bool full_form();
/// How often to repeat something: the short or the full form.
[[nodiscard]] inline int rounds(int quick, int full) { return full_form() ? full : quick; }

}  // namespace viaduct::test
