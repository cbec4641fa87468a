#pragma once
/// @file
/// One number a window from predicted tracks: the sum over the bins around the middle, where the
/// transcription start site (TSS) lies. The same readout as enformer::ExpressionReadout, with gradients.

#include <biodta/enformer/config.hpp>
#include <biodta/support/options.hpp>

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace biodta::training {

struct TssReadoutOptions {
  std::vector<std::int64_t> tracks = {0};  ///< indices into the head; averaged where one number is asked for
  std::int64_t bins = 3;  ///< around the TSS, summed; an odd number centres on the bin of the TSS
};
void describe(support::OptionVisitor& visit, TssReadoutOptions& options);

class TssReadout {
 public:
  /// Throws ConfigError when the output has too few bins, or `options.tracks` names a track that the head
  /// lacks or no track at all.
  /// @param tracks  of the head.
  TssReadout(const TssReadoutOptions& options, const enformer::EnformerConfig& config, std::int64_t tracks);

  /// Sum over the bins of every track: [B, T].
  /// @param turned_B  bool: windows shown as their other strand, whose bins lie the other way round;
  /// undefined = none.
  torch::Tensor sums(const torch::Tensor& output_BNT, const torch::Tensor& turned_B = {}) const;
  /// Mean of the chosen tracks' sums: [B].
  torch::Tensor expression(const torch::Tensor& output_BNT, const torch::Tensor& turned_B = {}) const;

  /// "3 bins of tracks 0, 7".
  std::string identity() const;

 private:
  TssReadoutOptions options_;
  std::int64_t first_bin_;
};

}  // namespace biodta::training
