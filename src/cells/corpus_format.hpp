#pragma once
/// @file
/// Names inside a corpus file, for its writer and its reader. docs/formats.md tells them to everyone else.

#include <cstdint>
#include <string_view>

namespace biodta::cells::corpus_format {

inline constexpr std::string_view kFormat = "biodta-corpus";
inline constexpr std::int64_t kVersion = 2;
/// Version 1 had gzip on tokens and offsets and no special_tokens.
inline constexpr std::int64_t kOldestVersion = 1;

inline constexpr std::string_view kTokens = "tokens";
inline constexpr std::string_view kOffsets = "offsets";
inline constexpr std::string_view kObs = "obs";
inline constexpr std::string_view kGeneIds = "vocabulary/gene_id";
inline constexpr std::string_view kSymbols = "vocabulary/symbol";
inline constexpr std::string_view kMedians = "vocabulary/median";

// Attributes of the root.
inline constexpr std::string_view kSpecialTokens = "special_tokens";
inline constexpr std::string_view kSources = "sources";
inline constexpr std::string_view kChecksums = "checksums";
inline constexpr std::string_view kSourceCells = "source_cells";
inline constexpr std::string_view kOptions = "options";
inline constexpr std::string_view kCellsRead = "cells_read";
inline constexpr std::string_view kShard = "shard";
inline constexpr std::string_view kShardCount = "shard_count";
inline constexpr std::string_view kSourceIndices = "source_indices";
inline constexpr std::string_view kFilterNames = "filter_names";
inline constexpr std::string_view kFilterDropped = "filter_dropped";

/// Tokens a chunk: what reading one cell costs at least (64 KiB).
inline constexpr std::uint64_t kTokensPerChunk = std::uint64_t{1} << 15;
inline constexpr std::uint64_t kOffsetsPerChunk = std::uint64_t{1} << 13;
inline constexpr std::uint64_t kObsRowsPerChunk = std::uint64_t{1} << 14;

}  // namespace biodta::cells::corpus_format
