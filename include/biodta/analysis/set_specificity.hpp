#pragma once
/// @file
/// Does this gene's mutation move a gene set more than mutations of other genes do? The test for what a
/// report says first: its P is right although genes move together.
///
/// A rank-sum test of a set takes its genes for independent. They are not: genes of one programme, or with
/// like DNA, move together under any mutation, and the test then finds "significant" sets up or down for
/// every gene that is mutated. Here the unit is the mutation. Every table, the asked gene's and each
/// control's, is scored alike: each gene's shift against its mean in all *other* tables (specific_shift.hpp),
/// then the set's AUROC on that. Where the asked gene has nothing to do with the set, its table is one among
/// 1 + C that could stand in any order, whatever the genes' correlations.
///
/// - `p_exact` is the permutation test over tables: (1 + controls at least as far) / (1 + C). Exact, and
/// valid
///   for any distribution, if under the null the tables are exchangeable: so take controls that are seen as
///   much as the gene in the perturbed cells (matched_genes in gene_covariates.hpp), in nearly as many of
///   them (a noisier table hides that genes move together), and that do not regulate the set. It cannot be
///   below 1 / (1 + C): 19 controls for 0.05, 99 for 0.01.
/// - `p_parametric` takes the probits of the 1 + C AUROCs for normal with one variance: Student's t with C -
/// 1
///   degrees of freedom for one more observation. Not exact; of use with few controls, and for P below what
///   p_exact can show.
///
/// Every table is compared with all others, the asked gene's among them, although that takes a little from a
/// true effect in the controls' favour: leaving it out would treat the tables unequally, and exactness with
/// it.

#include <biodta/analysis/auroc.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/specific_shift.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace biodta::analysis {

/// One set on specific shifts.
struct SetSpecificity {
  std::string set;
  std::size_t scored = 0;  ///< genes of the set with a specific shift under the asked gene's mutation
  Auroc auroc;             ///< on specific shifts; the interval takes genes for independent
  double p_rank_sum =
      1.0;  ///< of the same ranking, genes taken for independent: too small where they are not
  std::size_t controls = 0;   ///< in whose tables the set can be scored; these are compared
  double control_mean = 0.0;  ///< AUROC when a control is taken for the asked gene
  double control_low = 0.0;   ///< lowest and highest of them
  double control_high = 0.0;
  double p_exact = 1.0;  ///< NaN where nothing can be compared, as all below
  double p_parametric = 1.0;
  double fdr_exact = 1.0;  ///< Benjamini-Hochberg over the sets
  double fdr_parametric = 1.0;
};

/// @param gene, controls  as for specific_shifts. options.alternative is the sets': kGreater asks whether the
/// set moves more than under other mutations; kTwoSided doubles the smaller tail.
/// @return one entry a set, in order. O(n log n) with n = genes × (1 + C), and
/// for each set O(genes log genes + C × genes of the set).
std::vector<SetSpecificity> test_set_specificity(const GeneRanking& gene,
                                                 std::span<const GeneRanking> controls,
                                                 std::span<const GeneSet> sets,
                                                 const SpecificShiftOptions& options = {});

}  // namespace biodta::analysis
