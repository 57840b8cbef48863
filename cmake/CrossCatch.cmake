# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Catch2 3 is not header-only: a cross build compiles it from the sources of the same version as the headers.
set(VIADUCT_CATCH_SOURCE "" CACHE PATH "Catch2's sources, for cross builds with version 3 of it")
set(viaduct_catch_file ${VIADUCT_CATCH_SOURCE}/extras/catch_amalgamated.cpp)
if(NOT EXISTS ${viaduct_catch_file})
  message(FATAL_ERROR "A cross build with Catch2 3 needs its sources: give VIADUCT_CATCH_SOURCE")
endif()
add_library(viaduct_catch_compiled STATIC ${viaduct_catch_file})
target_compile_features(viaduct_catch_compiled PRIVATE cxx_std_20)
target_compile_definitions(viaduct_catch_compiled PRIVATE CATCH_AMALGAMATED_CUSTOM_MAIN)
target_compile_options(viaduct_catch_compiled PRIVATE -O1 -w)
target_link_libraries(viaduct_catch INTERFACE viaduct_catch_compiled)
set(VIADUCT_CATCH_MAJOR 3)
