// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// Catch2, version 2.13 or 3, and visible skips. A test includes this, never Catch2 itself.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <iostream>

/// Ends the test case as skipped: ctest finds the word in its output.
#define VIADUCT_SKIP(reason)                                 \
  do {                                                       \
    std::cout << "[viaduct-skip] " << (reason) << std::endl; \
    SUCCEED("skipped");                                      \
    return;                                                  \
  } while (false)

/// First line of a test case that not every system can pass: skips, by name, where the capability is absent.
#define VIADUCT_NEEDS(capability, text)             \
  do {                                              \
    if (!(capability)) VIADUCT_SKIP("needs " text); \
  } while (false)
