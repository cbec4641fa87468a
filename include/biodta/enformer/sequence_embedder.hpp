#pragma once
/// @file
/// From windows of DNA to mean embeddings and predicted expression.

#include <biodta/enformer/config.hpp>

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::enformer {

/// What is read out of the predicted tracks as "expression" of a gene.
struct ExpressionReadout {
  std::string head = "human";
  std::vector<std::int64_t> tracks;  ///< indices into the head; several are averaged
  std::int64_t bins = 3;  ///< bins around the TSS that are summed (an odd number centres on its bin)
};
void describe(support::OptionVisitor& visit, ExpressionReadout& readout);

/// Embeddings of a batch of windows.
struct SequenceEmbeddings {
  torch::Tensor
      mean_NE;  ///< [N, embedding size] float32, CPU: mean over the bins of the final pointwise output
  std::vector<double> expression;  ///< [N]; empty when no readout was asked for
  torch::Tensor expression_NT;     ///< [N, tracks] float64, CPU: the same of each track; undefined likewise
};

/// An Enformer in eval mode. Not thread-safe.
class SequenceEmbedder {
 public:
  /// @param folder  config.json and model.safetensors or pytorch_model.bin.
  static SequenceEmbedder load(const std::filesystem::path& folder, torch::Device device = torch::kCPU);
  ~SequenceEmbedder();
  SequenceEmbedder(SequenceEmbedder&&) noexcept;
  SequenceEmbedder& operator=(SequenceEmbedder&&) noexcept;

  const EnformerConfig& config() const noexcept;
  /// "crc32:…" of the weights file.
  const std::string& checksum() const noexcept;
  /// @param windows   each config().window letters of ACGTN.
  /// @param readout   nullptr = embeddings only.
  /// @param batch     windows a forward pass.
  SequenceEmbeddings embed(std::span<const std::string> windows, const ExpressionReadout* readout = nullptr,
                           std::int64_t batch = 64);

 private:
  struct Implementation;
  explicit SequenceEmbedder(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace biodta::enformer
