# biodta_embed_file(<target> <file> <symbol>): links the bytes of <file> into <target> as
# `extern "C" const char <symbol>_begin[], <symbol>_end[]`, read-only, by the assembler's .incbin.
enable_language(ASM)
function(biodta_embed_file target file symbol)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
.section .rodata
.global @symbol@_begin
.global @symbol@_end
.balign 16
@symbol@_begin:
.incbin "@file@"
@symbol@_end:
.byte 0
.section .note.GNU-stack,"",%progbits
]])
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${file}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
