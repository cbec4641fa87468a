#pragma once
/// @file
/// DNA of genes, its mutants, and the rows that they put into a model.

#include <biodta/analysis/mutant.hpp>
#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <torch/types.h>

#include <memory>
#include <optional>

namespace biodta::pipeline {

/// Makes mutants of genes with one Enformer, from a genome or from a file of windows.
class GeneMutants {
 public:
  /// @param bank  must outlive the object. Throws ConfigError when neither genome and annotation nor
  /// sequences are set, InputError when the Enformer is another than the bank's.
  GeneMutants(const MutagenesisRunOptions& options, const embedding::EmbeddingBank& bank,
              torch::Device device);
  ~GeneMutants();

  /// The window around the gene's TSS; none where there is no DNA for it.
  std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene) const;
  /// Searches a mutant and fills window and search of `gene`. Throws InputError when the bank's row of the
  /// gene is not what the Enformer makes of its DNA.
  void search(analysis::PerturbedGene& gene, cells::TokenId token, const cells::VocabularyGene& known,
              support::Progress* progress = nullptr);
  /// Changes every base around the TSS of a gene whose window is known, as options.saturation says.
  void scan(analysis::PerturbedGene& gene, support::Reporter& reporter);
  /// The mutant taken as a change of the bank's row: its embedding less the reference's, both of this
  /// Enformer, is added, so that what the bank lost by rounding is no change. Throws Error when no mutant was
  /// taken.
  analysis::Perturbation perturbation(const analysis::PerturbedGene& gene, cells::TokenId token) const;

  const enformer::SequenceEmbedder& embedder() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace biodta::pipeline
