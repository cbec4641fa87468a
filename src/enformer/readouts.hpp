#pragma once
// Which bins and tracks of a network's output are read.

#include <biodta/enformer/enformer.hpp>
#include <biodta/enformer/interval.hpp>
#include <biodta/enformer/sequence_embedder.hpp>

#include <torch/types.h>

#include <string>

namespace biodta::enformer {

/// From bins to the rows of a window.
class RowReadout {
 public:
  /// Throws ConfigError for what the network's output does not hold.
  RowReadout(const EnformerImpl& model, const SequenceEmbedderOptions& options);
  /// [B, bins, E] to [B, tokens, E] float32.
  torch::Tensor read(const torch::Tensor& embeddings_BNE) const;

 private:
  std::int64_t tokens_;
  Interval bins_;
};

/// From bins to predicted expression.
class TrackReadout {
 public:
  /// Throws ConfigError for a head, track or bins that the network has not.
  TrackReadout(const EnformerImpl& model, const ExpressionReadout& readout);
  /// [B, bins, E] to [B, tracks] float64: the sum over the readout's bins.
  torch::Tensor read(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const;
  /// [B, bins, E] to [B, bins] float64: each bin of the output, the mean over the tracks. Its sum over bins()
  /// is the mean of read().
  torch::Tensor read_bins(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const;
  std::int64_t tracks() const { return tracks_T_.size(0); }
  /// Those that read() sums.
  Interval bins() const { return bins_; }

 private:
  /// [B, bins, tracks] float64
  torch::Tensor predict(EnformerImpl& model, const torch::Tensor& embeddings_BNE) const;

  std::string head_;
  torch::Tensor tracks_T_;  // int64
  Interval bins_;
};

}  // namespace biodta::enformer
