# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# A new test, example or benchmark is one line: viaduct_test(pipe), viaduct_example(pipe EXPECT ...), viaduct_bench(pipe).

# viaduct_program(target source...): one of our own programs, with our warnings and the sanitizers of this build.
function(viaduct_program target)
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  viaduct_warnings(${target})
  viaduct_sanitize(${target})
endfunction()

# viaduct_test(name [SERIAL] [FULL]): tests/<name>_test.cpp as a program of its own; every case in it is one ctest entry.
#   SERIAL: all its cases run alone; FULL: all of them are minutes long (run --all only).
# Tags of a single case: [serial], [full] and [soak] (only run --soak).
function(viaduct_test name)
  cmake_parse_arguments(arg "SERIAL;FULL" "" "" ${ARGN})
  string(MAKE_C_IDENTIFIER viaduct_${name}_test target)
  viaduct_program(${target} ${CMAKE_CURRENT_SOURCE_DIR}/${name}_test.cpp)
  target_link_libraries(${target} PRIVATE viaduct_test_support)
  target_compile_options(${target} PRIVATE ${VIADUCT_TEST_OPTIONS})
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    return() # linked, and that is all that can be done here
  endif()
  set(tests_file ${CMAKE_CURRENT_BINARY_DIR}/${target}.cmake)
  set(script ${PROJECT_SOURCE_DIR}/cmake/DiscoverTests.cmake)
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -D "PROGRAM=$<TARGET_FILE:${target}>" -D "PREFIX=${name}" -D "TESTS_FILE=${tests_file}"
      -D "EMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}" -D "CATCH_MAJOR=${VIADUCT_CATCH_MAJOR}"
      -D "SERIAL=${arg_SERIAL}" -D "FULL=${arg_FULL}" -P ${script}
    BYPRODUCTS ${tests_file})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${script})
  # A program that was not built must not vanish from the run: it shows as a failing entry.
  set(include_file ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
  file(WRITE ${include_file} "if(EXISTS \"${tests_file}\")\n  include(\"${tests_file}\")\nelse()\n"
    "  add_test(\"${name}: NOT_BUILT\" \"${target}_NOT_BUILT\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include_file})
endfunction()

# viaduct_example(name [SOURCES file...] [ARGUMENTS a...] [EXPECT regex...]): examples/<name>.cpp; as a test it must exit 0
# and print what each regex describes, in that order.
function(viaduct_example name)
  cmake_parse_arguments(arg "NO_TEST" "TIMEOUT" "SOURCES;ARGUMENTS;EXPECT" ${ARGN})
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cpp)
  endif()
  viaduct_program(viaduct_example_${name} ${arg_SOURCES})
  set_target_properties(viaduct_example_${name} PROPERTIES OUTPUT_NAME ${name})
  target_link_libraries(viaduct_example_${name} PRIVATE viaduct::viaduct)
  if(arg_NO_TEST OR (CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR))
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_test(NAME "example: ${name}" COMMAND ${CMAKE_COMMAND} -D "PROGRAM=$<TARGET_FILE:viaduct_example_${name}>"
    -D "EMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}" -D "ARGUMENTS=${arg_ARGUMENTS}" -D "EXPECT=${arg_EXPECT}"
    -P ${PROJECT_SOURCE_DIR}/examples/run_example.cmake)
  set_tests_properties("example: ${name}" PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()

# viaduct_bench(name [OWN_MAIN]): bench/<name>_bench.cpp as viaduct_bench_<name>; Google Benchmark's main unless OWN_MAIN.
function(viaduct_bench name)
  cmake_parse_arguments(arg "OWN_MAIN" "" "SOURCES" ${ARGN})
  viaduct_program(viaduct_bench_${name} ${name}_bench.cpp ${arg_SOURCES})
  target_include_directories(viaduct_bench_${name} PRIVATE ${PROJECT_SOURCE_DIR}/bench)
  target_link_libraries(viaduct_bench_${name} PRIVATE viaduct::viaduct Threads::Threads
    $<IF:$<BOOL:${arg_OWN_MAIN}>,benchmark::benchmark,benchmark::benchmark_main>)
  set_property(GLOBAL APPEND PROPERTY VIADUCT_BENCHES viaduct_bench_${name})
endfunction()
