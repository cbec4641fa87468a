#pragma once
/// @file
/// Every gene perturbed alone: what it does to whole cells, and how it stands among the other genes.
///
/// Geneformer's statistics pool the shifts of all genes in all cells and compare each gene with the pool, so
/// that a gene of cells that move easily looks strong. Here genes are compared within each cell, and the
/// comparisons are added up over cells: a rank-sum test stratified by cell, cells weighing alike (compare van
/// Elteren 1960, where the rank sum of a stratum of N weighs 1 / (N + 1)).

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

/// What perturbing each of its genes did to one cell.
struct CellEffects {
  std::uint32_t cell = 0;             ///< index in the corpus
  std::vector<cells::TokenId> genes;  ///< [G] ascending; none in a cell with a single gene
  std::vector<double> shifts;         ///< [G] mean shift of the cell's other genes
  std::vector<double> states;         ///< [G, S] shift toward each state
};

/// Of each of the cells, in the order given: measure_every_gene, kept by cell.
std::vector<CellEffects> measure_cell_effects(model::MaskedLanguageModel& model, torch::Device device,
                                              const ShiftSubjects& subjects,
                                              std::span<const std::uint32_t> cells, const Perturbation& how,
                                              const ShiftOptions& options,
                                              support::Progress* progress = nullptr);

/// One gene's effect on cells, and how it stands among what the other genes of the same cells do.
struct GeneStanding {
  double mean = 0.0;                ///< over the gene's cells
  double standard_deviation = 0.0;  ///< over them; NaN for one cell
  /// Chance that the gene's effect on a cell exceeds that of another gene of the cell, ties half: the mean
  /// over cells; where cells are in groups (donors, regions), the mean over groups of their cells' means,
  /// each group weighing alike, NaN without a group. 0.5 = like any gene. It is what `p` is of.
  double auroc = 0.5;
  double auroc_cells = 0.5;  ///< the mean over cells, in groups or not
  /// Of auroc_cells, two-sided: the rank-sum test stratified by cell, cells weighing alike, by the normal
  /// approximation; its null is that in each cell the gene's rank is one drawn at random. Cells are taken as
  /// independent: those of one donor are not, so that with many cells a small difference is significant. NaN
  /// where no cell has another gene.
  double p_cells = 1.0;
  std::uint64_t groups = 0;  ///< in whose cells the gene was compared
  /// With groups: Student's test, two-sided, that the mean of the groups' AUROCs is a half, the groups being
  /// the units; NaN below three of them. Its standard error is that of the groups' AUROCs, but no less than
  /// what ranks drawn at random would give, √(Σ variances of the groups' AUROCs) / groups: few cells a group
  /// often agree by chance, and then say nothing about how groups differ. Else p_cells.
  double p = 1.0;
  double fdr = 1.0;  ///< of p: Benjamini-Hochberg over the genes ranked
};

struct RankedEffect {
  cells::TokenId token = 0;
  std::uint64_t cells = 0;  ///< in which it was perturbed
  GeneStanding shift;
  std::vector<GeneStanding> states;  ///< [S]
};

/// Effects of all genes, summed over cells as they come. Memory is a few numbers a token and group.
class GeneEffectSums {
 public:
  /// @param groups  0 = cells are in none.
  GeneEffectSums(std::size_t tokens, std::size_t states, std::size_t groups = 0);
  /// @param group  of the cell, below `groups`; negative = in none: it counts in the numbers over cells
  ///               (RankedEffect::cells, mean, standard_deviation, auroc_cells, p_cells), in no group's.
  void add(const CellEffects& cell, std::int32_t group = -1);
  std::uint64_t cells() const noexcept { return cells_; }
  /// Genes perturbed in any cell.
  std::uint64_t genes() const;
  /// Those perturbed in at least `min_cells` cells, largest mean shift first, equal ones by token.
  std::vector<RankedEffect> ranked(std::uint64_t min_cells) const;

 private:
  /// One quantity of one gene.
  struct Sums {
    RunningMoments effect;
    RunningMoments standing;  // within-cell AUROC less a half
    double variance = 0.0;    // of the sum of standings, if ranks were drawn at random
  };
  /// … in the cells of one group.
  struct GroupSums {
    std::uint64_t cells = 0;
    double standing = 0.0;
    double variance = 0.0;  // as Sums::variance
  };
  GeneStanding standing_of(std::size_t token, std::size_t quantity) const;
  void test_groups(std::size_t place, GeneStanding& standing) const;
  void add_standings(const std::vector<cells::TokenId>& genes, std::span<const double> effects,
                     std::size_t quantity, std::int32_t group);
  std::size_t place_of(std::size_t token, std::size_t quantity) const {
    return token * quantities_ + quantity;
  }

  std::size_t quantities_;  // the shift, then each state
  std::size_t groups_;
  std::vector<Sums> sums_;             // [tokens, quantities]
  std::vector<GroupSums> group_sums_;  // [tokens, quantities, groups]
  std::uint64_t cells_ = 0;
};

}  // namespace biodta::analysis
