#pragma once
/// @file
/// Expression that the DNA model predicts along a gene's window, as it is and mutated.

#include <biodta/analysis/mutant.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/variants.hpp>

#include <span>
#include <string>

namespace biodta::analysis {

/// @param mutant  DNA of the mutant, as long as the window (Error otherwise).
WindowTrack window_track(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                         const GeneWindow& window, const std::string& mutant);
/// The same for edits of the window, such as those of a search's chosen trial. Where they shorten the DNA,
/// what comes in at the window's ends is taken for N. Throws InputError for edits that do not fit.
WindowTrack window_track(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                         const GeneWindow& window, std::span<const genome::Edit> edits);

}  // namespace biodta::analysis
