# Installs the library so that `find_package(biodta)` gives biodta::biodta and each room as biodta::<room>.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/biodta")
get_property(_rooms GLOBAL PROPERTY BIODTA_ROOMS)
install(TARGETS biodta ${_rooms} biodta_hdf5 EXPORT biodta-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/biodta DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(EXPORT biodta-targets NAMESPACE biodta:: DESTINATION "${_config_dir}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file(cmake/biodta-config.cmake.in "${PROJECT_BINARY_DIR}/biodta-config.cmake"
                              INSTALL_DESTINATION "${_config_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/biodta-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/biodta-config.cmake" "${PROJECT_BINARY_DIR}/biodta-config-version.cmake"
              cmake/FindLibTorch.cmake DESTINATION "${_config_dir}")
