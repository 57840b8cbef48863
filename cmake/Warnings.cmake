# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# viaduct_warnings(target): the warnings our own code is held to. VIADUCT_WERROR makes them errors.
function(viaduct_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive- /utf-8 /Zc:__cplusplus $<$<BOOL:${VIADUCT_WERROR}>:/WX>)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef $<$<BOOL:${VIADUCT_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # A call newer than the deployment target must be asked for at run time first.
    target_compile_options(${target} PRIVATE -Werror=unguarded-availability-new)
  endif()
endfunction()
