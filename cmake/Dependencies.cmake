# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Everything we use and its oldest version: Boost 1.81 (headers), spdlog 1.10 (private), Catch2 2.13 or 3 (tests),
# Google Benchmark (benchmarks). A cross build sets VIADUCT_STAGE_FROM: the header-only ones are then taken from there
# through links, because a whole foreign include directory would bring that system's C headers with it.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

if(VIADUCT_STAGE_FROM)
  set(viaduct_stage ${CMAKE_BINARY_DIR}/stage/include)
  file(MAKE_DIRECTORY ${viaduct_stage})
  foreach(library boost spdlog fmt catch2)
    if(NOT EXISTS ${VIADUCT_STAGE_FROM}/${library})
      message(FATAL_ERROR "A cross build needs the headers of ${library} in ${VIADUCT_STAGE_FROM}")
    endif()
    file(CREATE_LINK ${VIADUCT_STAGE_FROM}/${library} ${viaduct_stage}/${library} SYMBOLIC)
  endforeach()
  add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
  target_include_directories(Boost::headers SYSTEM INTERFACE ${viaduct_stage})
  target_compile_definitions(Boost::headers INTERFACE BOOST_ALL_NO_LIB)
else()
  include(boost-headers)
  if(NOT TARGET Boost::headers)
    message(FATAL_ERROR "Boost 1.81 or later was not found (Debian 12: libboost1.81-dev, elsewhere libboost-dev)")
  endif()
endif()

# spdlog is compiled into one source file and never seen by users, so its header-only form is all we want; with a
# separate fmt (Debian) that one header-only too, or every user would have to link it.
add_library(viaduct_spdlog INTERFACE)
if(VIADUCT_STAGE_FROM)
  set(viaduct_spdlog_include ${viaduct_stage})
else()
  find_package(spdlog 1.10 CONFIG REQUIRED)
  get_target_property(viaduct_spdlog_include spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
endif()
target_include_directories(viaduct_spdlog SYSTEM INTERFACE ${viaduct_spdlog_include})
find_path(VIADUCT_BUNDLED_FMT spdlog/fmt/bundled/core.h PATHS ${viaduct_spdlog_include} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
if(NOT VIADUCT_BUNDLED_FMT)
  # FMT_CONSTEVAL empty: fmt 10.1 does not compile with clang 22 otherwise.
  target_compile_definitions(viaduct_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY
    $<$<CXX_COMPILER_ID:Clang>:FMT_CONSTEVAL=>)
  if(NOT VIADUCT_STAGE_FROM)
    find_package(fmt CONFIG REQUIRED)
    target_include_directories(viaduct_spdlog SYSTEM INTERFACE
      $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
  endif()
endif()

if(VIADUCT_BUILD_TESTS)
  add_library(viaduct_catch INTERFACE)
  if(VIADUCT_STAGE_FROM)
    target_include_directories(viaduct_catch SYSTEM INTERFACE ${viaduct_stage})
    set(VIADUCT_CATCH_MAJOR 2)
  else()
    find_package(Catch2 2.13 CONFIG QUIET)
    if(NOT Catch2_FOUND)
      find_package(Catch2 3 CONFIG REQUIRED)
    endif()
    target_link_libraries(viaduct_catch INTERFACE Catch2::Catch2)
    string(REGEX MATCH "^[0-9]+" VIADUCT_CATCH_MAJOR "${Catch2_VERSION}")
  endif()
  # Catch2's macros use __COUNTER__, which recent clang calls an extension where they are expanded.
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-Wc2y-extensions viaduct_has_c2y_warning)
  if(viaduct_has_c2y_warning)
    target_compile_options(viaduct_catch INTERFACE -Wno-c2y-extensions)
  endif()
endif()

if(VIADUCT_BUILD_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()
