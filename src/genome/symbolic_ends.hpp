#pragma once
/// @file
/// How far the symbolic alleles of a VCF record reach. Internal to the room.

#include "htslib.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace biodta::genome::detail {

constexpr std::int64_t kNoEnd = -1;

/// "<DEL>", "<CN2>" and the like.
bool is_symbolic(std::string_view allele);

/// For each allele of an unpacked record the 0-based end of what it stands for: by END, or by SVLEN where END
/// is missing or the alleles differ in SVLEN (VCF 4.4); kNoEnd for alleles as bases, and where the record
/// says neither. Empty when no allele is symbolic. Throws InputError for an END or SVLEN that is no number or
/// lies before POS.
std::vector<std::int64_t> symbolic_ends(const bcf_hdr_t* header, bcf1_t* record,
                                        const std::filesystem::path& path, std::string_view place);

/// Whether an index of the file may not know how far its symbolic alleles reach: it knows END alone.
bool index_may_miss_ends(const bcf_hdr_t* header, bool binary);

}  // namespace biodta::genome::detail
