# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# Install rules: headers, library, a relocatable find_package(viaduct CONFIG) package and viaduct.pc.
include(CMakePackageConfigHelpers)
set(viaduct_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/viaduct)

install(TARGETS viaduct EXPORT viaduct-targets
  RUNTIME COMPONENT viaduct_Runtime
  LIBRARY COMPONENT viaduct_Runtime NAMELINK_COMPONENT viaduct_Development
  ARCHIVE COMPONENT viaduct_Development)
install(DIRECTORY include/viaduct DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT viaduct_Development FILES_MATCHING PATTERN "*.hpp")
install(FILES ${viaduct_generated}/viaduct/export.hpp ${viaduct_generated}/viaduct/version.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/viaduct COMPONENT viaduct_Development)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT viaduct_Development)

install(EXPORT viaduct-targets NAMESPACE viaduct:: DESTINATION ${viaduct_package_dir} COMPONENT viaduct_Development)
configure_package_config_file(cmake/viaduct-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/viaduct-config.cmake
  INSTALL_DESTINATION ${viaduct_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/viaduct-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/viaduct-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/viaduct-config-version.cmake
  cmake/boost-headers.cmake DESTINATION ${viaduct_package_dir} COMPONENT viaduct_Development)

# The .pc file finds its prefix from where it lies, so that the installed tree may be moved.
file(RELATIVE_PATH viaduct_pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(viaduct_pc_static_libs "-lpthread")
foreach(library IN LISTS VIADUCT_SYSTEM_LIBRARIES)
  string(APPEND viaduct_pc_static_libs " -l${library}")
endforeach()
set(viaduct_pc_cflags "")
set(viaduct_pc_libs "")
if(NOT BUILD_SHARED_LIBS)
  set(viaduct_pc_cflags " -DVIADUCT_STATIC_DEFINE")
  set(viaduct_pc_libs " ${viaduct_pc_static_libs}")
endif()
configure_file(cmake/viaduct.pc.in ${CMAKE_CURRENT_BINARY_DIR}/viaduct.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/viaduct.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT viaduct_Development)
