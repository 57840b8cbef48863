# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Runs a Catch2 test program after it is linked and writes one ctest entry per test case. Ours instead of Catch2's own
# script because tags decide how an entry runs, and because both major versions must behave alike.
# A case that passed and printed [viaduct-skip] is reported as skipped; one that also failed is a failure.
cmake_minimum_required(VERSION 3.23...3.31)
if(CATCH_MAJOR EQUAL 2)
  set(list_arguments --list-test-names-only)
  set(run_arguments -w NoTests)
else()
  set(list_arguments --list-tests --verbosity quiet)
  set(run_arguments "")
endif()

# Sets out to the names of the cases that match the tag, one per element (";" in a name is not supported).
function(names_of out)
  # A test program lists its cases and exits with their number in version 2, with 0 in version 3.
  execute_process(COMMAND ${EMULATOR} ${PROGRAM} ${list_arguments} ${ARGN}
    OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE status TIMEOUT 60)
  string(STRIP "${text}" text)
  string(REGEX REPLACE "\r?\n" ";" names "${text}")
  list(TRANSFORM names STRIP)
  list(LENGTH names count)
  if(CATCH_MAJOR EQUAL 2 AND NOT status STREQUAL count OR NOT CATCH_MAJOR EQUAL 2 AND NOT status STREQUAL 0)
    message(FATAL_ERROR "${PROGRAM} cannot list its tests (${status}):\n${text}\n${errors}")
  endif()
  set(${out} "${names}" PARENT_SCOPE)
endfunction()

names_of(all)
names_of(serial "[serial]")
names_of(full "[full]")
names_of(soak "[soak]")

set(script "")
foreach(name IN LISTS all)
  # Catch2's test specification gives these characters a meaning.
  string(REGEX REPLACE "([][,\\\\])" "\\\\\\1" escaped "${name}")
  set(test "${PREFIX}: ${name}")
  # A net below the watchdog, which ends a case after 10 s or its own limit and says where it hung.
  set(timeout 300)
  set(labels "")
  if(FULL OR name IN_LIST full)
    set(labels full)
    set(timeout 900)
  endif()
  if(name IN_LIST soak)
    set(labels soak)
    set(timeout 7200)
  endif()
  set(serial_property "")
  if(SERIAL OR name IN_LIST serial)
    set(serial_property " RUN_SERIAL TRUE")
  endif()
  string(APPEND script "add_test([==[${test}]==]")
  foreach(word IN LISTS EMULATOR PROGRAM)
    string(APPEND script " [==[${word}]==]")
  endforeach()
  string(APPEND script " [==[${escaped}]==]")
  foreach(word IN LISTS run_arguments)
    string(APPEND script " ${word}")
  endforeach()
  string(APPEND script ")\nset_tests_properties([==[${test}]==] PROPERTIES TIMEOUT ${timeout} LABELS \"${labels}\""
    " SKIP_REGULAR_EXPRESSION [==[\\[viaduct-skip\\].*All tests passed]==]"
    " FAIL_REGULAR_EXPRESSION [==[starting debugger|Unhandled exception]==]${serial_property})\n")
endforeach()
file(WRITE ${TESTS_FILE} "${script}")
