# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Windows programs built on Debian with mingw-w64 and run by Wine (wine-run beside this file).
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(triple x86_64-w64-mingw32)
# The posix thread model, because std::thread and std::mutex need it.
set(CMAKE_C_COMPILER ${triple}-gcc-posix)
set(CMAKE_CXX_COMPILER ${triple}-g++-posix)
set(CMAKE_RC_COMPILER ${triple}-windres)
set(CMAKE_FIND_ROOT_PATH /usr/${triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# For a backtrace with lines configure with -DCMAKE_CXX_FLAGS_DEBUG="-O0 -gdwarf-4" (Wine's debugger shows none for
# version 5); without debug information the static programs link several times faster.
set(CMAKE_CXX_FLAGS_INIT
    "-D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00 -DNOMINMAX -DWIN32_LEAN_AND_MEAN -D_GLIBCXX_ASSERTIONS")
# libstdc++, libgcc and winpthread inside: nothing to find at run time.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static")
set(CMAKE_CROSSCOMPILING_EMULATOR "${CMAKE_CURRENT_LIST_DIR}/wine-run")
set(VIADUCT_STAGE_FROM /usr/include)
