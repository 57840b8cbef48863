# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Runs PROGRAM with ARGUMENTS. Passes when it exits with 0 and its output matches each regex of EXPECT, in that order.
cmake_minimum_required(VERSION 3.23...3.31)
execute_process(COMMAND ${EMULATOR} ${PROGRAM} ${ARGUMENTS}
  OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
message("${output}${errors}")
if(NOT status STREQUAL "0")
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
set(rest "${output}")
foreach(expected IN LISTS EXPECT)
  if(NOT rest MATCHES "${expected}")
    message(FATAL_ERROR "The output does not contain (in this order): ${expected}")
  endif()
  string(FIND "${rest}" "${CMAKE_MATCH_0}" at)
  string(LENGTH "${CMAKE_MATCH_0}" length)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${rest}" ${at} -1 rest)
endforeach()
