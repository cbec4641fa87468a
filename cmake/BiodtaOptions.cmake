# What a person may choose, in one place.
include(CMakeDependentOption)

option(BIODTA_WITH_TORCH "Build the rooms that need LibTorch; OFF leaves support, genome, cells, embedding, data, simulation" ON)
cmake_dependent_option(BIODTA_WITH_CUDA "Link LibTorch's CUDA half and NCCL (needs the CUDA flavour: scripts/setup --cuda)" OFF
                       BIODTA_WITH_TORCH OFF)
option(BIODTA_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(BIODTA_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(BIODTA_BUILD_FUZZERS "Build the fuzz targets of tests/fuzz, and all rooms instrumented for them (clang++, torch-free rooms only)" OFF)
option(BIODTA_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" ${PROJECT_IS_TOP_LEVEL})
option(BIODTA_NATIVE "Compile for this machine's processor (-march=native)" OFF)
set(BIODTA_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined (torch-free rooms only)")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
if(BIODTA_NATIVE)
  add_compile_options(-march=native)
endif()
