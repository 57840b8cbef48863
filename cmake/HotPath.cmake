# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# viaduct_join_hot_path(target): compiles the files that a read, write, send or receive runs through as one.
#
# Kernels that defend against return prediction leave it empty: after each system call every return into a caller costs
# about 10 ns, and these files are five calls deep. Joined they inline into each other. POSIX alone: on Windows the call
# itself costs several times more. Builds with fault injection, which are for tests and clang-tidy, keep one object per file.
function(viaduct_join_hot_path target)
  if(WIN32 OR VIADUCT_FAULT_INJECTION)
    return()
  endif()
  set(hot ${VIADUCT_SOURCES})
  list(FILTER hot INCLUDE REGEX
    "/(common/(framing|named_pipe|named_pipe_connection|pipe)|(posix|macos)/(canceller|named_pipe|pipe|system|system_calls))\\.cpp$")
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set_source_files_properties(${hot} PROPERTIES UNITY_GROUP hot)
endfunction()
