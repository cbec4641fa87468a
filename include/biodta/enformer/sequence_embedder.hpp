#pragma once
/// @file
/// From windows of DNA to embeddings and predicted expression.

#include <biodta/enformer/bin_rows.hpp>
#include <biodta/enformer/config.hpp>
#include <biodta/enformer/interval.hpp>
#include <biodta/support/options.hpp>

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

/// The numbers that weights and activations are; sums, norms and results stay float32.
enum class Arithmetic { kFloat32, kBfloat16 };

/// What becomes of a window's bins, and over what is averaged.
struct SequenceEmbedderOptions {
  /// Rows of a window: the bins around the TSS, cut into as many equal runs, each averaged. 1 with all bins
  /// is the paper's embedding; as many as there are bins, one bin each, is the whole output.
  std::int64_t tokens_per_gene = 1;
  std::int64_t bins_per_token = 0;  ///< 0 = all bins of the output, divided among the tokens
  /// Averages with the other strand's result, its bins turned round.
  bool reverse_complement = false;
  /// Averages over the window moved by so many bp (Avsec et al. 2021 take −1, 0, 1); empty = not moved.
  std::vector<std::int64_t> shifts;
  Arithmetic arithmetic = Arithmetic::kFloat32;
};
void describe(support::OptionVisitor& visit, SequenceEmbedderOptions& options);

/// Embeddings of windows.
struct SequenceEmbeddings {
  torch::Tensor rows_NRE;   ///< [N, tokens_per_gene, embedding size] float32, CPU
  torch::Tensor tracks_NT;  ///< [N, tracks of the readout] float64, CPU, summed over its bins; undefined
                            ///< without a readout
  std::vector<double> expression;  ///< [N], mean over the tracks; empty without a readout
};

/// Predicted expression along windows.
struct WindowPredictions {
  torch::Tensor bins_NB;  ///< [N, bins of the output] float64, CPU; the mean over the tracks of the readout
  std::int64_t first_bp = 0;  ///< where the first bin begins, in bp from the TSS
  std::int64_t bin_size = 0;  ///< bp
  Interval summed;            ///< bins whose sum is SequenceEmbeddings::expression
};

/// A window that was embedded, with what makes it cheap to embed others that differ from it at few places:
/// the rows between the convolutional and the attention part (9 MB for a window of the published model, for
/// each strand and shift that is averaged over).
class EmbeddedReference {
 public:
  const SequenceEmbeddings& embeddings() const noexcept { return embeddings_; }

 private:
  friend class SequenceEmbedder;
  std::string checksum_;           // of the embedder's weights
  std::vector<std::string> seen_;  // what each view reads; empty where nothing is gained
  std::vector<BinRows> bins_;      // of each view
  SequenceEmbeddings embeddings_;
};

/// An Enformer in eval mode. Not thread-safe.
class SequenceEmbedder {
 public:
  /// @param folder  config.json and model.safetensors or pytorch_model.bin.
  /// Throws ConfigError for options that the network's sizes do not allow.
  static SequenceEmbedder load(const std::filesystem::path& folder, torch::Device device = torch::kCPU,
                               const SequenceEmbedderOptions& options = {});
  ~SequenceEmbedder();
  SequenceEmbedder(SequenceEmbedder&&) noexcept;
  SequenceEmbedder& operator=(SequenceEmbedder&&) noexcept;

  const EnformerConfig& config() const noexcept;
  const SequenceEmbedderOptions& options() const noexcept;
  /// "crc32:…" of the weights file; where a gamma table lies beside it, "+" and the table's follow.
  const std::string& checksum() const noexcept;
  /// Letters of a window: config().window, and on either side what the largest shift needs. The TSS is the
  /// first base of the second half.
  std::int64_t input_length() const noexcept;

  /// @param windows   each input_length() letters of ACGTN.
  /// @param readout   nullptr = embeddings only.
  /// @param batch     windows a forward pass, at most: as many as fit a few hundred MB are taken together.
  SequenceEmbeddings embed(std::span<const std::string> windows, const ExpressionReadout* readout = nullptr,
                           std::int64_t batch = 64);

  /// What embed() sums up as expression, bin by bin; over the same strands and shifts.
  WindowPredictions predict(std::span<const std::string> windows, const ExpressionReadout& readout,
                            std::int64_t batch = 64);

  /// Embeds one window, to embed others like it.
  EmbeddedReference embed_reference(const std::string& window, const ExpressionReadout* readout = nullptr);
  /// As embed(), to rounding, at the cost of what differs: of the convolutional part, which is four fifths of
  /// a full pass of the published model, only the bins that see a letter other than the reference's are
  /// computed. Where that gains nothing, the windows are embedded whole. Throws Error for another embedder's
  /// reference.
  SequenceEmbeddings embed_variants(const EmbeddedReference& reference, std::span<const std::string> windows,
                                    const ExpressionReadout* readout = nullptr, std::int64_t batch = 64);

 private:
  struct Implementation;
  explicit SequenceEmbedder(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

/// Embeds families of windows, each a reference and its variants (the haplotypes of a gene): all of the first
/// family, then all of the second, … Takes the cheapest way through the network.
SequenceEmbeddings embed_families(SequenceEmbedder& embedder,
                                  std::span<const std::vector<std::string>> families,
                                  const ExpressionReadout* readout = nullptr, std::int64_t batch = 64);

}  // namespace biodta::enformer
