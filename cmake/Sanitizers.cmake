# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# VIADUCT_SANITIZE is a list for -fsanitize=: "address;undefined" or "thread". A report ends the program.
# viaduct_sanitize(target) instruments a target; viaduct_sanitize_link(target) only links the run time.
set(viaduct_sanitize_flags "")
if(VIADUCT_SANITIZE)
  list(JOIN VIADUCT_SANITIZE "," viaduct_sanitizers)
  set(viaduct_sanitize_flags -fsanitize=${viaduct_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if("thread" IN_LIST VIADUCT_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc warns that it does not follow std::atomic_thread_fence; Boost uses one.
    list(APPEND viaduct_sanitize_flags -Wno-tsan)
  endif()
  if("undefined" IN_LIST VIADUCT_SANITIZE)
    # Whether an object has its type's vtable is looked up through a pipe that the run time opens: without descriptors left,
    # which tests bring about, it reports what is not there.
    list(APPEND viaduct_sanitize_flags -fno-sanitize=vptr)
  endif()
  if("address" IN_LIST VIADUCT_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 loses track of optionals under this instrumentation and warns of members that are never read.
    list(APPEND viaduct_sanitize_flags -Wno-maybe-uninitialized)
  endif()
endif()

function(viaduct_sanitize target)
  target_compile_options(${target} PRIVATE ${viaduct_sanitize_flags})
  viaduct_sanitize_link(${target})
endfunction()

function(viaduct_sanitize_link target)
  target_link_options(${target} PRIVATE ${viaduct_sanitize_flags})
endfunction()
