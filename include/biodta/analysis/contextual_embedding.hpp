#pragma once
/// @file
/// Contextual embeddings of a layer, gathered by cell and by gene as Geneformer's embedding extractor does it
/// (Theodoris et al. 2023; its modes "cell" and "gene"): a cell is the mean over its gene tokens, a gene the
/// mean over the cells that hold it. Special tokens are in neither.

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/options.hpp>

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace biodta::analysis {

struct ContextualEmbeddingOptions {
  std::int64_t layer = -2;            ///< -1 = last, -2 = penultimate, 0 = the input embeddings
  std::int64_t batch_tokens = 16384;  ///< tokens a forward pass; one cell at least
};
void describe(support::OptionVisitor& visit, ContextualEmbeddingOptions& options);

/// Runs cells through a model and hands out one layer's output. Not thread-safe.
class ContextualEmbedder {
 public:
  /// @param model     in eval mode, already on `device`; shared with the caller.
  /// @param subjects  must outlive the embedder.
  /// Throws ConfigError for a layer that the model does not have.
  ContextualEmbedder(model::MaskedLanguageModel& model, torch::Device device, const ShiftSubjects& subjects,
                     const ContextualEmbeddingOptions& options);
  ~ContextualEmbedder();
  ContextualEmbedder(ContextualEmbedder&&) noexcept;

  /// @param states_TH  float32 on the device: of each token of the batch, in its order.
  using Visitor = std::function<void(const data::PackedBatch& batch, const torch::Tensor& states_TH)>;
  /// Visits every cell (corpus indices) that has a token once, packed by length, never padded.
  void embed(std::span<const std::uint32_t> cells, const Visitor& visit);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The mean over the gene tokens of each cell of a batch, summed in double: float32 [B, H] on the CPU. A cell
/// of nothing but special tokens has NaN.
torch::Tensor cell_means(const data::PackedBatch& batch, const torch::Tensor& states_TH,
                         cells::TokenId first_gene_token);

/// The mean of each gene over the cells that hold it: a stream, summed in double. Memory is tokens × H.
class GeneMeans {
 public:
  GeneMeans(std::int64_t tokens, std::int64_t hidden_size, torch::Device device);
  void add(const data::PackedBatch& batch, const torch::Tensor& states_TH);
  /// How many of the cells hold each token, [V].
  const std::vector<std::uint64_t>& cells() const noexcept { return cells_; }
  /// float32 [tokens given, H] on the CPU; NaN where no cell holds one.
  torch::Tensor means(std::span<const cells::TokenId> tokens) const;

 private:
  torch::Tensor sum_VH_;  // float64, on the device
  std::vector<std::uint64_t> cells_;
};

}  // namespace biodta::analysis
