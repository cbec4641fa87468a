#pragma once
/// @file
/// biodta-embed --sequences: one row a FASTA record, without genome and annotation.

#include "embed_source.hpp"

#include <biodta/pipeline/embed.hpp>

#include <cstdint>
#include <memory>

namespace biodta::pipeline {

/// The records of EmbedOptions::sequences; a record's name is its gene id. Throws InputError for a record of
/// another length than the Enformer's window, or named twice.
/// @param window  bp that the embedder asks for.
std::unique_ptr<EmbedSource> open_embed_sequences(const EmbedOptions& options, std::int64_t window);

}  // namespace biodta::pipeline
