#pragma once
/// @file
/// The index files beside a FASTA file. Internal to the room.

#include "htslib.hpp"

#include <filesystem>

namespace biodta::genome::detail {

/// Opens the index, first making it when it is missing or older than the FASTA: `.fai`, and `.gzi` for bgzip.
/// Each appears whole or not at all. Throws InputError, naming the line, for a FASTA that cannot be indexed.
Hts<faidx_t> open_fasta_index(const std::filesystem::path& fasta);

}  // namespace biodta::genome::detail
