# Copyright (c) 2026 the Viaduct authors. Distributed under the Boost Software License, Version 1.0.
# An overlay port, to be used from a checkout: vcpkg install viaduct --overlay-ports=packaging/vcpkg
# A port for the registry differs only in SOURCE_PATH, which vcpkg_from_github then gives.
get_filename_component(SOURCE_PATH ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH ${SOURCE_PATH}
  OPTIONS -DVIADUCT_BUILD_TESTS=OFF -DVIADUCT_BUILD_EXAMPLES=OFF -DVIADUCT_BUILD_BENCH=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/viaduct)
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/debug/include ${CURRENT_PACKAGES_DIR}/debug/share)
vcpkg_install_copyright(FILE_LIST ${SOURCE_PATH}/LICENSE)
