#pragma once
/// @file
/// The Enformer network (Avsec et al. 2021): convolution stem and tower, attention over bins, named output
/// heads.
///
/// Names and shapes of parameters and buffers are enformer-pytorch's (`stem.0.weight`,
/// `conv_tower.0.0.2.weight`, `transformer.0.0.fn.1.to_q.weight`, `_heads.human.0.weight`, …), so its
/// checkpoints load as they are.
///
/// Shape suffixes in this room: B windows, L bases, C channels, N bins, H attention heads, K key size, P = 2N
/// − 1 relative positions, F basis features, D = dim, E = 2 dim embedding size, T tracks.

#include <biodta/enformer/bin_rows.hpp>
#include <biodta/enformer/config.hpp>
#include <biodta/enformer/interval.hpp>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace biodta::enformer {

/// Channels of the convolution tower's blocks, the stem's first: num_downsamples values from dim/2 to dim.
std::vector<std::int64_t> tower_widths(const EnformerConfig& config);

/// Bins that the crop leaves of `bins`: an odd surplus loses one bin more, as in enformer-pytorch. Throws
/// ConfigError when the target is longer than `bins`.
std::int64_t cropped_bins(std::int64_t bins, std::int64_t target_length);

/// `count` bins of the output around the TSS, which is the first base of the second half of the window; an
/// odd number centres on its bin, and all bins are all. Throws ConfigError, naming `what`, when the output
/// has fewer on either side.
Interval bins_around_tss(const EnformerConfig& config, std::int64_t count, const std::string& what);

/// Dropout and batch statistics follow train() and eval(), as everywhere in PyTorch. Not thread-safe.
class EnformerImpl : public torch::nn::Module {
 public:
  /// Weights are zero (norms: identity) until `initialise` or a checkpoint fills them. Throws ConfigError.
  explicit EnformerImpl(const EnformerConfig& config);
  ~EnformerImpl() override;

  /// Draws the initial weights from a seed, the same everywhere: PyTorch's defaults, pools at twice the
  /// identity, attention outputs at zero, relative biases normal.
  void initialise(std::uint64_t seed);

  /// The final pointwise output, [B, bins, E]. Every value is at least −0.16362, the minimum of its GELU.
  /// @param one_hot_B4L  as one_hot() makes it, on the module's device; any length that gives at least
  /// target_length bins.
  ///
  /// In eval mode without gradients this is attend(project(convolve(one_hot))), which works tile by tile: a
  /// window of the published model takes about 0.6 GB besides the weights.
  torch::Tensor embeddings(const torch::Tensor& one_hot_B4L);

  /// The convolutional part: rows of the transformer's input for `bins` of all that a window has before the
  /// crop, [B, bins, D]. Costs what these bins cost. Eval mode, without gradients.
  torch::Tensor convolve(const torch::Tensor& one_hot_B4L, Interval bins);
  /// With these rows, what the first attention looks at. Without gradients.
  BinRows project(const torch::Tensor& x_BND);
  /// From there to the embeddings. Eval mode, without gradients.
  /// @param rows  project(convolve()) of all bins.
  torch::Tensor attend(const BinRows& rows);
  /// The bins, before the crop, whose convolve() row depends on any of `bases` of a window of `length` bp.
  Interval bins_that_see(Interval bases, std::int64_t length) const;
  /// Bins before the crop of a window of `length` bp.
  std::int64_t bins_of(std::int64_t length) const;

  /// Gamma columns of the positional basis for one number of bins, instead of computed ones: [2N − 1, dim /
  /// heads / 6] for N bins. Throws ConfigError for another shape.
  void set_gamma_table(const torch::Tensor& gammas_PG);
  /// Undefined where there is none.
  const torch::Tensor& gamma_table() const noexcept;

  /// Weights and activations in another type, such as bfloat16; norms and heads keep float32. For inference.
  void set_compute_type(torch::ScalarType type);
  torch::ScalarType compute_type() const;

  /// Tracks of a head from embeddings: [B, bins, T], positive. Throws ConfigError for a head that there is
  /// not.
  torch::Tensor predict(const torch::Tensor& embeddings_BNE, const std::string& head);
  /// predict(embeddings(one_hot), head)
  torch::Tensor forward(const torch::Tensor& one_hot_B4L, const std::string& head);

  const EnformerConfig& config() const noexcept { return config_; }
  /// Bins of the output for a window of config().window bp.
  std::int64_t output_bins() const;

 private:
  struct Parts;
  EnformerConfig config_;
  std::unique_ptr<Parts> parts_;
};
TORCH_MODULE(Enformer);

}  // namespace biodta::enformer
