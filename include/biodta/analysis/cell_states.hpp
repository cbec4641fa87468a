#pragma once
/// @file
/// Embeddings of cell states, toward which perturbed cells move or not: Geneformer's goal-state mode.

#include <biodta/analysis/contextual_embedding.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// The mean over each state's cells of their embeddings, a cell's being the mean over its genes: what
/// ShiftSubjects::states_SH takes. Streams; summed in double.
/// @param cells_of_state  corpus indices by state (start, goal, alternatives; filter_cells finds them by an
///                        obs column); cells without a gene count in none.
/// @param options         of the same layer as the shifts.
/// @return [S, H] float64 on the CPU. Throws Error for a state without cells.
torch::Tensor state_embeddings(model::MaskedLanguageModel& model, torch::Device device,
                               const ShiftSubjects& subjects,
                               std::span<const std::vector<std::uint32_t>> cells_of_state,
                               const ContextualEmbeddingOptions& options);

}  // namespace biodta::analysis
