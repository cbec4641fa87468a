# A room is one static library, biodta_<room>, seen by other projects as biodta::<room>.
#
#   biodta_add_room(<room> SOURCES ... [ROOMS other rooms ...] [PUBLIC libs ...] [PRIVATE libs ...] [TORCH])
#
# TORCH: the room includes torch and shares one precompiled header with all that do.
set_property(GLOBAL PROPERTY BIODTA_ROOMS "")

if(BIODTA_WITH_TORCH)
  add_library(biodta_torch_pch STATIC "${PROJECT_SOURCE_DIR}/cmake/torch_pch.cpp")
  target_link_libraries(biodta_torch_pch PUBLIC LibTorch::LibTorch PRIVATE biodta_warnings)
  target_precompile_headers(biodta_torch_pch PRIVATE "${PROJECT_SOURCE_DIR}/cmake/torch_pch.hpp")
  target_compile_options(biodta_torch_pch PRIVATE -fpch-preprocess)
endif()

function(_biodta_use_torch target)
  target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
  target_precompile_headers(${target} REUSE_FROM biodta_torch_pch)
  target_compile_options(${target} PRIVATE -fpch-preprocess)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    # CMake gives programs -fPIE, but the header was compiled with -fPIC and serves only what agrees.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

function(biodta_add_room room)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;ROOMS;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_TORCH AND NOT BIODTA_WITH_TORCH)
    return()
  endif()
  set(target biodta_${room})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(biodta::${room} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${room})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  list(TRANSFORM ARG_ROOMS PREPEND biodta_ OUTPUT_VARIABLE rooms)
  target_link_libraries(${target} PUBLIC ${rooms} ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:biodta_warnings>)
  if(ARG_TORCH)
    _biodta_use_torch(${target})
  endif()
  set_property(GLOBAL APPEND PROPERTY BIODTA_ROOMS ${target})
endfunction()

# biodta_add_tests(<room> LABEL unit|integration|distributed|real|cuda|slow SOURCES ... [ROOMS ...] [PRIVATE libs] [TORCH])
# One program a room and label; every TEST of it is one CTest test.
function(biodta_add_tests room)
  cmake_parse_arguments(ARG "TORCH" "LABEL;TIMEOUT" "SOURCES;ROOMS;PRIVATE" ${ARGN})
  if(ARG_TORCH AND NOT BIODTA_WITH_TORCH)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set(target biodta_${room}_${ARG_LABEL}_tests)
  add_executable(${target} ${ARG_SOURCES})
  list(TRANSFORM ARG_ROOMS PREPEND biodta_ OUTPUT_VARIABLE rooms)
  target_link_libraries(${target} PRIVATE biodta_${room} ${rooms} ${ARG_PRIVATE} GTest::gmock GTest::gtest_main biodta_warnings)
  # GoogleTest's macros hold an if/else of their own.
  target_compile_options(${target} PRIVATE -Wno-dangling-else -Wno-missing-field-initializers)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE BIODTA_TESTS_SOURCE_DIR="${PROJECT_SOURCE_DIR}/tests"
                                               BIODTA_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(ARG_TORCH)
    _biodta_use_torch(${target})
  endif()
  include(GoogleTest)
  # Tests run side by side, each with as many threads as the machine has: threads that spin while they wait would hold each
  # other up, a hundredfold where networks are small.
  gtest_discover_tests(${target} TEST_PREFIX "${room}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()
