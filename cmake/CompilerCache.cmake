# ccache and mold where they are installed. Precompiled headers need ccache to be told that
# time stamps and macro definitions of the header may be trusted.
find_program(BIODTA_CCACHE ccache)
if(BIODTA_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(_launcher "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
                "${BIODTA_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
endif()

find_program(BIODTA_MOLD mold)
if(BIODTA_MOLD AND PROJECT_IS_TOP_LEVEL)
  add_link_options(-fuse-ld=mold)
endif()
