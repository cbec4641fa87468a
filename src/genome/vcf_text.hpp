#pragma once
/// @file
/// Checks of VCF text that say what is wrong and where, which htslib does not. Internal to the room.

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace biodta::genome::detail {

/// Throws InputError for a file that htslib could not open as VCF, naming the line where it goes wrong.
[[noreturn]] void refuse_vcf_header(const std::filesystem::path& path);

/// Throws InputError unless a record has its columns, a position and letters in REF and ALT.
void check_vcf_line(std::string_view line, std::size_t samples, const std::filesystem::path& path,
                    std::string_view place);

}  // namespace biodta::genome::detail
