#pragma once
/// @file
/// Whether a mutant is still nearest to its own gene.

#include <biodta/analysis/mutant.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/masked_language_model.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// The row of a mutant of one gene of a bank.
struct MutantRow {
  std::uint32_t gene = 0;      ///< index of the gene in the bank
  std::span<const float> row;  ///< [row size of the bank]
};

/// Distances of each mutant's row to the reference rows of its own gene and of all others, before and after
/// the adapter.
/// @param model  with an adapter, in eval mode, on `device`.
/// @param bank   of at least two genes.
std::vector<MutantIdentity> identify_mutants(model::MaskedLanguageModel& model, torch::Device device,
                                             const embedding::EmbeddingBank& bank,
                                             std::span<const MutantRow> mutants);

}  // namespace biodta::analysis
