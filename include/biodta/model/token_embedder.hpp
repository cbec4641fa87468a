#pragma once
/// @file
/// Where a token's input embedding comes from: the seam at which dynamic token adaptation enters a BERT.

#include <biodta/model/config.hpp>
#include <biodta/model/input_map.hpp>
#include <biodta/model/packed_sequences.hpp>

#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace biodta::model {

/// Gives the input embedding of every token of a batch, before position and layer norm. An implementation
/// registers its layers with the module that owns it (`bert.embeddings`), so that their names are Hugging
/// Face's.
class TokenEmbedder {
 public:
  virtual ~TokenEmbedder() = default;
  /// @return [T, H]
  virtual torch::Tensor forward(const PackedSequences& input) = 0;
  /// Draws the initial weights from a seed alone.
  virtual void initialise(std::uint64_t seed) = 0;
  /// A vector for every token of the vocabulary, for a decoder that shares them, [V, H]; undefined when there
  /// is none.
  virtual torch::Tensor table() { return {}; }
};

/// A learned row a token, as in BERT: `word_embeddings.weight` [V, H].
class TableEmbedder : public TokenEmbedder {
 public:
  /// @param owner  must outlive the embedder.
  TableEmbedder(const ModelConfig& config, torch::nn::Module& owner);
  torch::Tensor forward(const PackedSequences& input) override;
  void initialise(std::uint64_t seed) override;
  torch::Tensor table() override { return word_embeddings_->weight; }

 private:
  double deviation_;
  torch::nn::Embedding word_embeddings_;
};

/// softplus(Linear(map(E))) of a row of E values (paper, section 2): `adapter.weight` [H, E]. EmbedderConfig
/// may ask for another activation f and for a layer inside, f(Linear(f(Linear(map(E))))): then
/// `adapter_hidden.weight` is [D, E] and `adapter.weight` [H, D].
class Adapter {
 public:
  /// @param suffix  of its layers' names: "" for the first of a model, then "_2", …
  /// @param owner   registers its layers; must outlive it.
  Adapter(const EmbedderConfig& config, std::int64_t row_size, std::int64_t hidden_size,
          const std::string& suffix, torch::nn::Module& owner);
  torch::Tensor forward(const torch::Tensor& rows_UE);
  void initialise(std::uint64_t seed);
  InputMapLayer& input_map() { return input_map_; }

 private:
  std::string suffix_;
  double deviation_;
  Activation activation_;
  InputMapLayer input_map_;
  torch::nn::Linear hidden_{nullptr};  // null where the adapter is a single layer
  torch::nn::Linear last_;
};

/// The adapter's output of a gene's embedding row: the same adapter for all genes, run once per distinct row
/// of the batch. Where rows have parts of several kinds (ModelConfig::row_parts), the sum of the outputs of
/// an adapter for each. Pad and mask have learned vectors of their own
/// (`special_embeddings.weight` [2, H]), as have the genes of ModelConfig::learned_tokens, in their order
/// (`learned_embeddings.weight` [N, H]).
class AdapterEmbedder : public TokenEmbedder {
 public:
  /// @param owner  must outlive the embedder.
  AdapterEmbedder(const ModelConfig& config, torch::nn::Module& owner);
  /// Tokens with row_T = -1 must be pad, mask, or among ModelConfig::learned_tokens.
  torch::Tensor forward(const PackedSequences& input) override;
  void initialise(std::uint64_t seed) override;
  void fit_input_map(const torch::Tensor& rows_GE);
  /// [U, E] float32 -> [U, H]
  torch::Tensor adapt(const torch::Tensor& rows_UE);
  /// Gives the rows of the vocabulary's tokens, after which table() is the adapter's output for each of them
  /// (the adapter runs over them in every call, so that gradients flow). Arguments as those of
  /// MaskedLanguageModelImpl::set_vocabulary_rows.
  void set_vocabulary_rows(const torch::Tensor& row_V, const torch::Tensor& rows_UE);
  torch::Tensor table() override;
  /// Rows after the fixed map alone, [U, E].
  torch::Tensor map_rows(const torch::Tensor& rows_UE);

 private:
  /// Where tokens without a row stand among the learned vectors: specials first.
  torch::Tensor learned_index(const torch::Tensor& tokens_T);

  double special_deviation_;
  double learned_deviation_;
  std::int64_t row_size_;
  std::vector<std::int64_t> parts_;  // of a row
  torch::nn::Embedding special_embeddings_;
  torch::nn::Embedding learned_embeddings_{nullptr};  // null without learned tokens
  torch::Tensor learned_index_V_;                     // undefined without learned tokens
  std::vector<Adapter> adapters_;                     // [parts]
  // The vocabulary as a batch of one sequence, tokens without a vector in the place of pad; no tokens before
  // it is set. Plain tensors rather than buffers: rows are the bank's, not the model's, and would triple its
  // files.
  PackedSequences vocabulary_;
  torch::Tensor known_V1_;  // 0 for a token without a vector, else 1; undefined where all have one
};

std::unique_ptr<TokenEmbedder> make_token_embedder(const ModelConfig& config, torch::nn::Module& owner);

}  // namespace biodta::model
