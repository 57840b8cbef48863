# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# macOS programs built on Debian with zig (PyPI: ziglang). They are linked, never run.
#   -DZIG=<zig, or "python3 -m ziglang">  -DMACOS_ARCH=aarch64|x86_64  -DMACOS_MIN=13.0
# Use a fresh build tree when one of the three changes: the compiler wrappers are written once.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_VERSION 22.0)
if(NOT MACOS_ARCH)
  set(MACOS_ARCH aarch64)
endif()
if(NOT MACOS_MIN)
  set(MACOS_MIN 13.0)
endif()
if(NOT ZIG)
  if(DEFINED ENV{ZIG})
    set(ZIG $ENV{ZIG})
  else()
    find_program(ZIG NAMES zig python-zig REQUIRED)
  endif()
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG MACOS_ARCH MACOS_MIN)
if(MACOS_ARCH STREQUAL "aarch64")
  set(CMAKE_SYSTEM_PROCESSOR arm64)
else()
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
endif()

# CMake wants tools of one word: four one-line wrappers in the build tree.
set(tools ${CMAKE_BINARY_DIR}/zig-tools)
if(CMAKE_BINARY_DIR MATCHES "CMakeTmp|CMakeScratch")
  get_filename_component(tools "${CMAKE_BINARY_DIR}/../../zig-tools" ABSOLUTE)
endif()
set(target "-target ${MACOS_ARCH}-macos.${MACOS_MIN}")
foreach(pair "cc:cc ${target}" "c++:c++ ${target}" "ar:ar" "ranlib:ranlib")
  string(REGEX MATCH "^([^:]+):(.*)$" matched "${pair}")
  if(NOT EXISTS ${tools}/${CMAKE_MATCH_1})
    file(WRITE ${tools}/${CMAKE_MATCH_1} "#!/bin/sh\nexec ${ZIG} ${CMAKE_MATCH_2} \"$@\"\n")
    file(CHMOD ${tools}/${CMAKE_MATCH_1} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
endforeach()
# CMake asks the build host for its macOS version, gets none, and then leaves @rpath out.
file(WRITE ${tools}/rules.cmake "set(CMAKE_SHARED_LIBRARY_RUNTIME_C_FLAG -Wl,-rpath,)\n")
set(CMAKE_USER_MAKE_RULES_OVERRIDE ${tools}/rules.cmake)
# modules: with them off, <cfloat> and <cmath> go together again. sanitize: zig adds UBSan to unoptimised code.
# The stub folder declares what zig's copy of Apple's headers lacks; a real Mac uses Apple's.
set(stubs ${CMAKE_CURRENT_LIST_DIR}/macos-stubs)
set(CMAKE_CXX_FLAGS_INIT "-fno-cxx-modules -fno-sanitize=undefined -isystem ${stubs}/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${stubs}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-L${stubs}")
set(CMAKE_C_COMPILER ${tools}/cc)
set(CMAKE_CXX_COMPILER ${tools}/c++)
set(CMAKE_AR ${tools}/ar CACHE FILEPATH "" FORCE)
set(CMAKE_RANLIB ${tools}/ranlib CACHE FILEPATH "" FORCE)
set(CMAKE_INSTALL_NAME_TOOL true CACHE FILEPATH "" FORCE)
foreach(variable SYSROOT ARCHITECTURES DEPLOYMENT_TARGET) # or CMake adds -arch, -isysroot and -mmacosx-version-min
  set(CMAKE_OSX_${variable} "" CACHE STRING "" FORCE)
endforeach()
# Programs that a Mac downloads find our library beside themselves.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "@loader_path")
set(CMAKE_FIND_ROOT_PATH ${tools}) # with an empty list ONLY has no effect
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY) # never this system's libraries
endforeach()
set(VIADUCT_STAGE_FROM /usr/include)
