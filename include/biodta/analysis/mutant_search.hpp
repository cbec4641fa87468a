#pragma once
/// @file
/// Mutants of a gene's promoter that lower, or raise, the expression which a DNA model predicts (paper
/// section 3, Figure 2), and mutants of other genes that are as strong.

#include <biodta/analysis/given_variants.hpp>
#include <biodta/analysis/mutant.hpp>
#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/mutagenesis.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace biodta::analysis {

/// Which strength the mutants of controls share with the mutant of the gene asked about.
enum class StrengthMatch { kNone, kExpression, kRow, kToken };
/// Nothing for kNone.
std::optional<MutantStrength> measure_of(StrengthMatch match) noexcept;

struct MutantSearchOptions {
  genome::MutagenesisOptions mutagenesis;
  std::int64_t trials = 20;  ///< random mutants
  MutantChoiceOptions choice;
  /// 0 = make all trials; else stop at the first that changes predicted expression the way asked for by this
  /// share of the reference's (and stays itself, where that is asked for). For MutantUse::kBest only.
  double enough = 0.0;
  /// kNone = a control's mutant is chosen as the gene's own is.
  StrengthMatch match = StrengthMatch::kExpression;
  GivenVariantsOptions given;  ///< a VCF in place of random mutants
  std::int64_t batch = 64;     ///< windows a forward pass of the DNA model
  std::int64_t seed = 0;
};
void describe(support::OptionVisitor& visit, MutantSearchOptions& options);

/// Says of rows of one gene's mutants whether each is still the gene's own; in the order of `rows`.
/// @param reference_row  of the same gene, by the same DNA model.
using IdentifyRows = std::function<std::vector<MutantIdentity>(std::span<const float> reference_row,
                                                               std::span<const std::vector<float>> rows)>;

/// What mutants are made of and scored with.
struct MutantSubject {
  enformer::SequenceEmbedder& embedder;
  const enformer::ExpressionReadout& readout;
  const GeneWindow& window;
  std::uint64_t gene_key = 0;  ///< any number that is the gene's own
  IdentifyRows identify;       ///< empty = identity is not known
};

/// Trial i of a gene is the same whatever the other options: its random stream is (seed, gene_key, i).
/// Mutants are recomputed from the reference where that is cheaper. Throws ConfigError where identity is to
/// be kept and cannot be known, and for `enough` with another use than kBest.
MutantSearch search_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                           support::Progress* progress = nullptr);

/// A mutant of a control gene that is as strong as another gene's. Trials 0, 2, 4, … are those of
/// search_mutant; in the others fewer bases change, from one to as many, evenly on the scale of logarithms,
/// so that mild targets find their like. Direction, use and keep_identity do not matter here.
MutantSearch search_matched_mutant(const MutantSubject& subject, const MutantSearchOptions& options,
                                   const StrengthTarget& target, support::Progress* progress = nullptr);

/// Each of the given mutants scored, and all of them used.
MutantSearch score_given_mutants(const MutantSubject& subject, const GivenMutants& mutants,
                                 std::int64_t batch, support::Progress* progress = nullptr);

}  // namespace biodta::analysis
