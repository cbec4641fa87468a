#pragma once
/// @file
/// biodta-embed --sequences: one row a FASTA record, without genome and annotation.

#include <biodta/pipeline/embed.hpp>

namespace biodta::pipeline {

/// The bank of the records of EmbedOptions::sequences; a record's name is its gene id.
/// Throws InputError for a record of another length than the Enformer's window, without a known base, or
/// named twice.
void embed_sequences(const EmbedOptions& options, support::Reporter& reporter, std::string_view device);

}  // namespace biodta::pipeline
