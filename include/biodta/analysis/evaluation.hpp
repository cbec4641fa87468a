#pragma once
/// @file
/// From mean shifts of genes to the answers of the paper's section 3: which genes moved, whether gene sets
/// moved more than other genes (Table 1), and how many true targets stand among the top genes (Figure 3,
/// A.1).
///
/// Genes are the unit of every test, not cells: cells of one sample are no independent evidence.

#include <biodta/analysis/gene_sets.hpp>
#include <biodta/analysis/shift_table.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/cells/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biodta::analysis {

struct RankedGene {
  cells::TokenId token = 0;
  std::uint64_t cells = 0;
  double mean_shift = 0.0;
  double standard_deviation = 0.0;  ///< over cells; NaN for one cell
};

/// Genes seen in at least `min_cells` cells, largest mean shift first, ties by token.
struct GeneRanking {
  std::vector<RankedGene> genes;
  std::uint64_t too_few_cells = 0;  ///< genes seen, but in fewer cells
};
/// @param forms  in which each cell was measured: a gene is in so many times the cells.
GeneRanking rank_genes(const ShiftTable& shifts, std::uint64_t min_cells, std::uint64_t forms = 1);
/// The ranking without genes that are missing from any of the others: for comparing methods on one
/// population.
GeneRanking common_genes(const GeneRanking& ranking, std::span<const GeneRanking> others);

/// What a set is compared with.
enum class Complement {
  kAllOthers,  ///< all other scored genes
  kInNoSet     ///< scored genes that are in none of the listed sets: other sets may hold targets too
};

struct GeneSetTestOptions {
  Complement complement = Complement::kAllOthers;
  /// kInNoSet: the sets whose genes are no complement; empty = the sets tested. Not owned.
  std::span<const GeneSet> listed;
  Alternative alternative = Alternative::kTwoSided;
};

/// One gene set against its complement.
struct GeneSetTest {
  std::string set;
  std::size_t listed = 0;     ///< genes in the file
  std::size_t matched = 0;    ///< … in the vocabulary
  std::size_t scored = 0;     ///< … in the ranking
  double median_shift = 0.0;  ///< of the scored genes of the set; NaN when none
  double median_shift_others = 0.0;
  double auroc =
      0.0;  ///< above 0.5: the set moves more than other genes; NaN where the set or its complement is empty
  double p = 1.0;          ///< Wilcoxon rank-sum, two-sided unless asked otherwise; NaN likewise
  double fdr = 1.0;        ///< Benjamini-Hochberg over the sets tested
  double auroc_low = 0.0;  ///< 95 % interval of auroc; see Auroc. NaN likewise
  double auroc_high = 0.0;
  std::size_t others = 0;  ///< genes of the complement
};
/// Genes are taken for independent, here and in the interval: see set_specificity.hpp for a P that is right
/// where genes move together, matched_null.hpp for one that holds expression equal.
std::vector<GeneSetTest> test_gene_sets(const GeneRanking& ranking, std::span<const GeneSet> sets,
                                        const GeneSetTestOptions& options = {});

/// The ranking without genes that are in some listed set and not in `set`: what Complement::kInNoSet
/// compares, for any of the tests of one set.
GeneRanking without_other_sets(const GeneRanking& ranking, const GeneSet& set,
                               std::span<const GeneSet> listed);

/// A share with the middle 95 % of what random sets give; low = high = value where it was counted.
struct Share {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Precision and recall of one set among the k genes that moved most.
struct PrecisionRecall {
  std::string method;
  std::string set;
  std::int64_t k = 0;
  std::size_t population = 0;  ///< genes ranked
  std::size_t in_set = 0;      ///< of them in the set
  double hits = 0.0;           ///< of the set among the top k; an expectation for random sets
  Share precision;             ///< hits / min(k, population)
  Share recall;                ///< hits / in_set; NaN when in_set is 0
};
/// One entry a set and k, sets outermost.
std::vector<PrecisionRecall> precision_recall(std::string_view method, const GeneRanking& ranking,
                                              std::span<const GeneSet> sets,
                                              std::span<const std::int64_t> top_k);
/// What k genes drawn at random give: the exact expectation, and the middle 95 % of `draws` seeded draws.
std::vector<PrecisionRecall> random_precision_recall(std::string_view method, const GeneRanking& ranking,
                                                     std::span<const GeneSet> sets,
                                                     std::span<const std::int64_t> top_k, std::uint64_t draws,
                                                     std::uint64_t seed);

/// The same sets after perturbing other genes: what any perturbation does to them.
struct ControlSummary {
  std::string set;
  std::size_t controls = 0;  ///< control genes for which the set could be tested
  double mean_auroc = 0.0;   ///< NaN when controls is 0, as all below
  double lowest_auroc = 0.0;
  double highest_auroc = 0.0;
  double median_p = 1.0;
  std::size_t significant = 0;  ///< controls with P < 0.05 and AUROC above 0.5
};
/// @param tests  one list a control gene, each in the order of `sets`.
std::vector<ControlSummary> summarise_controls(std::span<const GeneSet> sets,
                                               std::span<const std::vector<GeneSetTest>> tests);

}  // namespace biodta::analysis
