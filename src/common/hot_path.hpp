// Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
//
// For the public functions a byte or a message goes through. Where kernels defend against return prediction, every return into a
// caller right after a system call is a mispredicted one, about 10 ns (cmake/HotPath.cmake): such a function takes in all
// that it calls, but for what is marked as rare. Measured: a stream of 64 bytes through a named pipe costs 1.01 times the raw
// calls with it, 1.06 without.
#pragma once

#if defined(__GNUC__)
#define VIADUCT_HOT_PATH [[gnu::flatten]]
#else
#define VIADUCT_HOT_PATH
#endif
