# Warnings for the project's own code only; libraries are included as SYSTEM.
add_library(biodta_warnings INTERFACE)
target_compile_options(biodta_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  -Wunused -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(biodta_warnings INTERFACE
    -Wshadow=local
    # g++ 12 raises these in its own library and in inlined torch code, where nothing is wrong.
    -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(CMAKE_UNITY_BUILD)
  # A class may hold types of its file's unnamed namespace; in a unity build g++ takes that file for a header.
  target_compile_options(biodta_warnings INTERFACE -Wno-subobject-linkage)
endif()
if(BIODTA_WARNINGS_AS_ERRORS)
  target_compile_options(biodta_warnings INTERFACE -Werror)
endif()
