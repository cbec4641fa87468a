#pragma once
/// @file
/// Saturation mutagenesis in silico: what each single base around a transcription start site does to
/// predicted expression and to the embedding.

#include <biodta/analysis/mutant.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>

namespace biodta::analysis {

/// Changes every known base in [TSS − distance, TSS + distance) of the window to each of the three others. A
/// mutant costs what its bins cost (SequenceEmbedder::embed_variants).
/// @param batch     windows a forward pass, at most.
/// @param progress  counts mutants; may be nullptr.
SaturationScan scan_saturation(enformer::SequenceEmbedder& embedder,
                               const enformer::ExpressionReadout& readout, const GeneWindow& window,
                               std::int64_t distance, std::int64_t batch,
                               support::Progress* progress = nullptr);
/// How many mutants that makes.
std::size_t saturation_mutants_of(const GeneWindow& window, std::int64_t distance);

}  // namespace biodta::analysis
