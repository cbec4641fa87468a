#pragma once
/// @file
/// What a mutation does that mutations of other genes do not: each gene's shift against its shifts when
/// control genes are mutated. Some genes move whatever is mutated; a raw P takes that for an effect.
///
/// Model. y[x, i] = a[x] + t[i] + e[x, i] with y the log of gene x's mean shift in table i (0 = the gene
/// asked for, 1 … C = controls), a[x] how easily x moves, t[i] how strong mutation i is, e normal with
/// variance s²[x], the same in every table and independent between tables (not between genes). Logs, because
/// a shift of 1 - cosine grows with the square of the disturbance, so that strength multiplies it. A shift
/// that a signed readout gives is divided by its table's root mean square instead.

#include <biodta/analysis/evaluation.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace biodta::analysis {

/// What the shifts of the tables are.
enum class ShiftScale {
  kPositive,  ///< 1 - cosine, or a distance: compared as logs. Values that rounding left at 0 or below count
              ///< as the table's smallest positive one.
  kSigned     ///< a change in log abundance: compared as multiples of the table's root mean square
};

struct SpecificShiftOptions {
  ShiftScale scale = ShiftScale::kPositive;
  /// A gene is scored where at least this share of the other tables has it (two of them at least). A
  /// control's cells are those that hold it as well, so that rare genes are missing in some.
  double least_share = 0.5;
  Alternative alternative = Alternative::kGreater;  ///< of the genes' P
};

/// One gene's shift against its shifts under the controls.
struct SpecificGene {
  cells::TokenId token = 0;
  std::size_t controls = 0;  ///< tables of controls that have it
  /// y[x, 0] - t[0] less the mean of y[x, i] - t[i] over these controls: with kPositive the log of the shift
  /// over its geometric mean under the controls, all mutations taken as equally strong. 0: moves as any
  /// mutation moves it.
  double specific = 0.0;
  double t = 0.0;  ///< specific / (s sqrt(1 + 1 / controls)), s² moderated over genes
  double freedom = 0.0;
  double p = 1.0;    ///< Student's, under the model above; NaN where there is no variance
  double fdr = 1.0;  ///< Benjamini-Hochberg over the genes
};

struct SpecificShifts {
  std::vector<SpecificGene> genes;  ///< largest specific shift first, ties by token
  GeneRanking ranking;         ///< the same genes as a ranking: mean_shift = specific, standard_deviation = s
  double prior_freedom = 0.0;  ///< of the moderated variance
};

/// @param gene      mean shifts under the gene asked for (RankedGene::mean_shift and token are read).
/// @param controls  the same under each control gene, measured alike. Two at least, else ConfigError.
///
/// The genes' P values are as good as the model: a control's cells are other cells, and its noise is taken to
/// be that of the gene's own table. For gene sets, whose genes move together, see set_specificity.hpp.
SpecificShifts specific_shifts(const GeneRanking& gene, std::span<const GeneRanking> controls,
                               const SpecificShiftOptions& options = {});

}  // namespace biodta::analysis
