# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# What the tour (PROGRAM) does when something is wrong: the exit status and what it says. FOLDER: scratch space.
cmake_minimum_required(VERSION 3.23...3.31)

# check(status regex argument...): runs the tour with the arguments.
function(check expected_status expected_text)
  execute_process(COMMAND ${EMULATOR} ${PROGRAM} ${ARGN}
    OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status TIMEOUT 60)
  if(NOT status STREQUAL expected_status OR NOT "${output}${errors}" MATCHES "${expected_text}")
    message(FATAL_ERROR "tour ${ARGN}: ended with ${status} instead of ${expected_status}, or did not say "
      "\"${expected_text}\":\n${output}${errors}")
  endif()
  message("tour ${ARGN}: ${status}, as expected")
endfunction()

file(MAKE_DIRECTORY ${FOLDER})
file(WRITE ${FOLDER}/empty "")
string(RANDOM LENGTH 100000 text)
file(WRITE ${FOLDER}/small "${text}")

check(0 "usage: tour" --help)
check(2 "unknown option --wrong.*usage: tour" --wrong)
check(2 "more than one file" ${FOLDER}/small ${FOLDER}/small)
check(2 "there is no such file" ${FOLDER}/missing)
check(2 "is a directory" ${FOLDER})
check(2 "is empty" ${FOLDER}/empty)
check(1 "anonymous pipe: .*handed-over pipe ends: .*Not everything arrived intact" --receiver-dies ${FOLDER}/small)
check(0 "\"all_intact\": true" --json ${FOLDER}/small)
check(0 "small \\(100\\.0 KB, .*Everything arrived intact" ${FOLDER}/small)
