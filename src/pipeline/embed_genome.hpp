#pragma once
/// @file
/// biodta-embed's usual source: genes of an annotation on a genome, and donors' variants.

#include "embed_source.hpp"

#include <biodta/pipeline/embed.hpp>

#include <cstdint>
#include <memory>

namespace biodta::pipeline {

/// Opens genome, annotation and variants. Throws InputError for files that cannot be used or do not go
/// together.
/// @param window  bp that the embedder asks for, the TSS in the middle.
std::unique_ptr<EmbedSource> open_embed_genome(const EmbedOptions& options, std::int64_t window,
                                               support::Reporter& reporter);

}  // namespace biodta::pipeline
