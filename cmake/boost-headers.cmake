# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Makes the target Boost::headers (1.81 or later) if nobody has: from Boost's own package, else from the headers alone.
# Also installed, for viaduct-config.cmake.
if(NOT TARGET Boost::headers)
  find_package(Boost 1.81 CONFIG QUIET)
endif()
if(NOT TARGET Boost::headers)
  find_path(VIADUCT_BOOST_INCLUDE_DIR boost/version.hpp)
  if(VIADUCT_BOOST_INCLUDE_DIR)
    file(STRINGS ${VIADUCT_BOOST_INCLUDE_DIR}/boost/version.hpp viaduct_boost_version
         REGEX "^#define BOOST_VERSION [0-9]+")
    string(REGEX REPLACE "[^0-9]" "" viaduct_boost_version "${viaduct_boost_version}")
    if(viaduct_boost_version GREATER_EQUAL 108100)
      add_library(Boost::headers INTERFACE IMPORTED)
      target_include_directories(Boost::headers INTERFACE ${VIADUCT_BOOST_INCLUDE_DIR})
    endif()
  endif()
endif()
if(TARGET Boost::headers)
  # Whoever adds us with add_subdirectory needs it in its own directory too.
  get_target_property(viaduct_boost_global Boost::headers IMPORTED_GLOBAL)
  get_target_property(viaduct_boost_imported Boost::headers IMPORTED)
  if(viaduct_boost_imported AND NOT viaduct_boost_global)
    set_target_properties(Boost::headers PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endif()
