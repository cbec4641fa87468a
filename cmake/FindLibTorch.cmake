#[=======================================================================[
Finds LibTorch as one imported target, LibTorch::LibTorch.

Works for the PyPI wheel in its lean CPU form, for the wheel with CUDA and NCCL, and for an unpacked
LibTorch archive alike. The wheel's own TorchConfig.cmake is not used: a CUDA wheel demands nvcc even
where nothing of ours is compiled by it.

Looked for, in this order: BIODTA_LIBTORCH_ROOT, .deps/libtorch (scripts/setup), the torch package of
the Python on the PATH. The target's properties carry the definitions that the wheel was built with,
so that c10d's headers show ProcessGroupGloo (and, with BIODTA_WITH_CUDA, ProcessGroupNCCL).
#]=======================================================================]
# Not where a plain variable names it already: policy CMP0126 would let the cache entry hide that.
if(NOT DEFINED BIODTA_LIBTORCH_ROOT)
  set(BIODTA_LIBTORCH_ROOT "" CACHE PATH "Folder of LibTorch that holds include/ and lib/")
endif()

set(_candidates "${BIODTA_LIBTORCH_ROOT}" "${BIODTA_LIBTORCH_ROOT}/torch" "${PROJECT_SOURCE_DIR}/.deps/libtorch/torch")
find_program(_python NAMES python3 python)
if(_python)
  # find_spec does not import torch, which a lean wheel could not stand.
  execute_process(COMMAND "${_python}" -c
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE _from_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(APPEND _candidates "${_from_python}")
endif()
unset(_python CACHE)

foreach(_root IN LISTS _candidates)
  if(_root AND EXISTS "${_root}/include/torch/csrc/api/include/torch/types.h")
    set(LibTorch_DIR "${_root}")
    break()
  endif()
endforeach()

set(LibTorch_VERSION "")
if(LibTorch_DIR AND EXISTS "${LibTorch_DIR}/include/torch/headeronly/version.h")
  file(STRINGS "${LibTorch_DIR}/include/torch/headeronly/version.h" _version REGEX "define TORCH_VERSION ")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" LibTorch_VERSION "${_version}")
elseif(LibTorch_DIR AND EXISTS "${LibTorch_DIR}/include/torch/version.h")
  file(STRINGS "${LibTorch_DIR}/include/torch/version.h" _version REGEX "define TORCH_VERSION ")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" LibTorch_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_DIR VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup, or pass -DBIODTA_LIBTORCH_ROOT=DIR (the folder with include/ and lib/)")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_DIR}/include;${LibTorch_DIR}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
      "${LibTorch_DIR}/include;${LibTorch_DIR}/include/torch/csrc/api/include"
    INTERFACE_COMPILE_DEFINITIONS "USE_DISTRIBUTED;USE_C10D_GLOO"
    # The CPU half of a CUDA wheel refers to libraries that a lean install does not have and never calls.
    INTERFACE_LINK_OPTIONS "-Wl,--allow-shlib-undefined;-Wl,-rpath,${LibTorch_DIR}/lib"
    INTERFACE_LINK_LIBRARIES "${LibTorch_DIR}/lib/libtorch_cpu.so;${LibTorch_DIR}/lib/libc10.so")

  if(BIODTA_WITH_CUDA)
    get_filename_component(_site "${LibTorch_DIR}" DIRECTORY)
    find_path(BIODTA_CUDA_INCLUDE cuda_runtime.h
              HINTS "${_site}/nvidia/cu13/include" "$ENV{CUDA_HOME}/include" /usr/local/cuda/include)
    find_path(BIODTA_NCCL_INCLUDE nccl.h HINTS "${_site}/nvidia/nccl/include" /usr/local/cuda/include)
    if(NOT EXISTS "${LibTorch_DIR}/lib/libtorch_cuda.so" OR NOT BIODTA_CUDA_INCLUDE OR NOT BIODTA_NCCL_INCLUDE)
      message(FATAL_ERROR "BIODTA_WITH_CUDA needs LibTorch's CUDA flavour with its headers: run scripts/setup --cuda")
    endif()
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS "USE_C10D_NCCL;BIODTA_WITH_CUDA")
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_INCLUDE_DIRECTORIES
                 "${BIODTA_CUDA_INCLUDE};${BIODTA_NCCL_INCLUDE}")
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
                 "${BIODTA_CUDA_INCLUDE};${BIODTA_NCCL_INCLUDE}")
    # Nothing refers to libtorch_cuda by symbol, so the linker would drop it and CUDA with it, silently.
    set_property(TARGET LibTorch::LibTorch APPEND PROPERTY INTERFACE_LINK_LIBRARIES
                 "-Wl,--push-state,--no-as-needed;${LibTorch_DIR}/lib/libtorch_cuda.so;${LibTorch_DIR}/lib/libc10_cuda.so;-Wl,--pop-state")
  endif()
endif()
