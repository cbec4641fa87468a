# Every library that Bio-DTA stands on. scripts/setup installs them all.
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(TBB REQUIRED)
find_package(Boost REQUIRED)
pkg_check_modules(HTSLIB REQUIRED IMPORTED_TARGET htslib)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(LIBLZF REQUIRED IMPORTED_TARGET liblzf)

if(NOT TARGET biodta_hdf5)
  add_library(biodta_hdf5 INTERFACE)
  target_include_directories(biodta_hdf5 SYSTEM INTERFACE $<BUILD_INTERFACE:${HDF5_INCLUDE_DIRS}>)
  target_link_libraries(biodta_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
endif()

if(BIODTA_WITH_TORCH)
  find_package(LibTorch REQUIRED)
  # Plotly's JavaScript is embedded into the program that writes report.html.
  find_file(BIODTA_PLOTLY_JS plotly.min.js
            PATHS "${PROJECT_SOURCE_DIR}/.deps/plotly/plotly/package_data" NO_DEFAULT_PATH)
  if(NOT BIODTA_PLOTLY_JS)
    message(FATAL_ERROR "plotly.min.js was not found: run scripts/setup, or pass -DBIODTA_PLOTLY_JS=FILE")
  endif()
endif()

if(BIODTA_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
