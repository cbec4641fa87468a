#pragma once
/// @file
/// Mutants of a gene's promoter that lower the expression which a DNA model predicts (paper section 3, Figure
/// 2).

#include <biodta/analysis/mutant.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/mutagenesis.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <cstdint>

namespace biodta::analysis {

struct MutantSearchOptions {
  genome::MutagenesisOptions mutagenesis;
  std::int64_t trials = 20;  ///< random mutants
  /// 0 = make all trials and take the one with the largest fall; else stop at the first that lowers the
  /// predicted expression by this share of the reference's.
  double enough = 0.0;
  std::int64_t batch = 64;  ///< windows a forward pass of the DNA model
  std::int64_t seed = 0;
};
void describe(support::OptionVisitor& visit, MutantSearchOptions& options);

/// Trial i of a gene is the same whatever the other options: its random stream is (seed, gene_key, i).
/// Mutants are recomputed from the reference where that is cheaper.
/// @param gene_key  any number that is the gene's own.
MutantSearch search_mutant(enformer::SequenceEmbedder& embedder, const enformer::ExpressionReadout& readout,
                           const GeneWindow& window, std::uint64_t gene_key,
                           const MutantSearchOptions& options, support::Progress* progress = nullptr);

}  // namespace biodta::analysis
