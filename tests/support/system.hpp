// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// What the tests ask of the operating system, beside starting peers. Defined in tests/<system>/system.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "viaduct/user.hpp"

namespace viaduct::test {

/// The running test program.
[[nodiscard]] std::filesystem::path this_program();
/// Tells this_program() what the command line called it; the main program does.
void set_this_program(const char* called);
[[nodiscard]] std::uint64_t this_process_id();

/// Open descriptors or handles of this process, and its threads (0 where the system does not list them).
[[nodiscard]] std::size_t open_handles();
[[nodiscard]] std::size_t running_threads();
/// Those of them that are files, pipes and the like. On Windows a process has others that come at the runtime's own times.
[[nodiscard]] std::size_t open_files();

/// Files in the directories where names live that have this text in their name.
[[nodiscard]] std::vector<std::string> runtime_files(std::string_view containing);

/// Prints the stacks of all threads to standard error, where the system can.
void dump_stacks() noexcept;

/// Sends a signal-like request to end (SIGTERM); on Windows there is none.
[[nodiscard]] bool has_signals() noexcept;

/// A well-formed user whom nobody is.
[[nodiscard]] user stranger();

}  // namespace viaduct::test
