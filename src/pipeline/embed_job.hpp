#pragma once
/// @file
/// What tells one job of biodta-embed from another, and what its bank says of it.

#include <biodta/embedding/bank_header.hpp>
#include <biodta/embedding/row_journal.hpp>
#include <biodta/enformer/tracks.hpp>
#include <biodta/pipeline/embed.hpp>

#include <filesystem>
#include <span>
#include <string>

namespace biodta::pipeline {

/// Everything that decides the rows and predictions of a job: settings and the checksums of what is read.
/// Where files lie and how rows are stored in the end is not among it.
/// @param model_checksum  of the weights.
embedding::JobIdentity job_of(const EmbedOptions& options, const std::string& model_checksum,
                              std::span<const enformer::Track> tracks);

/// Attributes of the bank that all shards of a job share.
/// @param job     as job_of made it.
/// @param window  bp of the Enformer's input.
embedding::Provenance provenance_of(const EmbedOptions& options, const embedding::JobIdentity& job,
                                    std::int64_t window);

/// What a killed job leaves beside its output, to go on from.
std::filesystem::path journal_of(const std::filesystem::path& output);

/// Attributes that a shard has beside them; a merge compares and drops them.
inline constexpr const char* kShardAttribute = "shard";

}  // namespace biodta::pipeline
