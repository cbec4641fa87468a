#pragma once
/// @file
/// DNA of genes, its mutants, and the rows that they put into a model.

#include <biodta/analysis/mutant.hpp>
#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/report.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/haplotypes.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/reporter.hpp>

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace biodta::pipeline {

/// Makes mutants of genes with one Enformer, from a genome or from a file of windows, at random or from a
/// VCF. Each mutant is of one gene; genes that are mutated together are searched one after the other, and put
/// together by the caller. Controls are searched last: their mutants are to be as strong.
class GeneMutants {
 public:
  /// @param bank  must outlive the object. Throws ConfigError when neither genome and annotation nor
  /// sequences are set, or a VCF without a genome; InputError when the Enformer is another than the bank's,
  /// or for a VCF of another genome.
  GeneMutants(const MutagenesisRunOptions& options, const embedding::EmbeddingBank& bank,
              torch::Device device);
  ~GeneMutants();

  /// From here on every trial's identity is known. Needed for mutants.keep_identity and mutants.match: token.
  /// @param model  with an adapter that reads the bank, in eval mode, on the device.
  void identify_with(model::MaskedLanguageModel model);

  /// The window around the gene's TSS; none where there is no DNA for it.
  std::optional<analysis::GeneWindow> window(const cells::VocabularyGene& gene) const;
  /// Makes the mutants of a gene, scores them, chooses among them, and fills window and search of `gene`: a
  /// control's by strength (mutants.match) where a gene that is no control was searched before; other genes'
  /// from mutants.vcf, where it is set. Warns where identity was given up, and of variants left out.
  /// Throws InputError when the bank's row of the gene is not what the Enformer makes of its DNA, when there
  /// is no DNA, and when the VCF has nothing for the window.
  void search(analysis::PerturbedGene& gene, cells::TokenId token, const cells::VocabularyGene& known,
              support::Reporter& reporter = support::silent_reporter(),
              support::Progress* progress = nullptr);
  /// Changes every base around the TSS of a gene whose window is known, as options.saturation says.
  void scan(analysis::PerturbedGene& gene, support::Reporter& reporter);

  /// Predicted expression along the window, as it is and of the chosen mutant. Throws Error when none was
  /// taken.
  analysis::WindowTrack track(const analysis::PerturbedGene& gene);

  /// A mutant as a change of the bank's row: its embedding less the reference's, both of this Enformer, is
  /// added, so that what the bank lost by rounding is no change, and other parts of a row stay as they are.
  /// This one is the search's mutant_row: the chosen mutant, or the mean of all used. Throws Error when no
  /// mutant was taken.
  analysis::Perturbation perturbation(const analysis::PerturbedGene& gene, cells::TokenId token) const;
  /// What is to be put into cells, one at a time: each mutant used, in the order of search->used; one for
  /// MutantUse::kBest and kMean.
  std::vector<analysis::Perturbation> perturbations(const analysis::PerturbedGene& gene,
                                                    cells::TokenId token) const;

  /// The same mutants made in donors' own DNA: [contexts][as perturbations()], each compared with, and added
  /// to, the context's row of the bank.
  /// @param vcf       the donors' variants, as biodta-embed had them; contexts are samples of it.
  /// Throws ConfigError without a genome; InputError for a context that is no sample, and where the bank's
  /// row is not what the Enformer makes of the donor's DNA.
  std::vector<std::vector<analysis::Perturbation>> perturbations_in(
      const analysis::PerturbedGene& gene, cells::TokenId token, const std::filesystem::path& vcf,
      const genome::HaplotypeOptions& haplotypes, std::span<const embedding::ContextIndex> contexts);

  /// The strength that controls are matched to: the mean of the genes searched so far that are no controls,
  /// of its size alone where their mutants go both ways;
  /// nothing before the first, and where mutants.match is none.
  std::optional<analysis::StrengthTarget> target() const;
  const enformer::SequenceEmbedder& embedder() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace biodta::pipeline
