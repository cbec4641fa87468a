#pragma once
/// @file
/// The names inside an embedding bank's file.

#include <cstdint>
#include <string_view>

namespace biodta::embedding {

inline constexpr std::string_view kFormat = "biodta-embedding-bank";
inline constexpr std::int64_t kVersion = 1;
inline constexpr std::string_view kGeneIds = "gene_id";
inline constexpr std::string_view kSymbols = "symbol";
inline constexpr std::string_view kReferenceRows = "reference";
inline constexpr std::string_view kContexts = "contexts";
inline constexpr std::string_view kGeneIndex = "gene_index";
inline constexpr std::string_view kValues = "values";
inline constexpr std::string_view kProvenance = "provenance";
// Not in every bank of this version; a reader that does not know them misses nothing that it reads.
inline constexpr std::string_view kKnownBases = "known_bases";
inline constexpr std::string_view kLeftOut = "left_out";
inline constexpr std::string_view kReason = "reason";

}  // namespace biodta::embedding
