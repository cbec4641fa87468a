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

/// Tells of many mutants whether each is still nearest to its own gene. Keeps the reference rows of all genes
/// as the model maps them, [genes, row size] and [genes, hidden size] floats, so that a batch of mutants
/// costs one product with each. Not thread-safe.
class MutantIdentifier {
 public:
  /// @param model  with an adapter, in eval mode, on `device`.
  /// @param bank   of at least two genes (Error). Both must outlive the object.
  MutantIdentifier(model::MaskedLanguageModel model, torch::Device device,
                   const embedding::EmbeddingBank& bank);
  /// Distances of each mutant's row to the reference rows of its own gene and of all others, before and after
  /// the adapter; of genes equally near, the first.
  std::vector<MutantIdentity> identify(std::span<const MutantRow> mutants) const;

 private:
  mutable model::MaskedLanguageModel model_;
  torch::Device device_;
  const embedding::EmbeddingBank& bank_;
  torch::Tensor mapped_GE_;   ///< reference rows after the model's fixed map
  torch::Tensor adapted_GH_;  ///< … and after the adapter
};

/// The same for a few at once.
std::vector<MutantIdentity> identify_mutants(model::MaskedLanguageModel& model, torch::Device device,
                                             const embedding::EmbeddingBank& bank,
                                             std::span<const MutantRow> mutants);

}  // namespace biodta::analysis
