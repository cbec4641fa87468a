#pragma once
/// @file
/// What is done to a gene in a cell, and which token of the changed cell is which token of the unchanged one.
///
/// Tokens are matched by what they are, never by where they stand: after a deletion everything ranked below
/// it moves up by one, and a shift computed position by position would compare each gene with its neighbour.

#include <biodta/cells/vocabulary.hpp>
#include <biodta/data/packed_batch.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace biodta::analysis {

enum class PerturbationKind {
  kReplaceRow,  ///< the gene keeps its place, its embedding row becomes another: in silico mutagenesis (paper
                ///< section 3)
  kDelete       ///< the gene's token is taken out: in silico deletion (Theodoris et al. 2023)
};

struct Perturbation {
  PerturbationKind kind = PerturbationKind::kDelete;
  cells::TokenId token = cells::kPadToken;
  /// kReplaceRow only, [row size of the bank]: the gene's row after, and the row that it is compared with
  /// (its reference row: a mutant is made from the reference genome, whatever context the cell has).
  std::vector<float> row;
  std::vector<float> reference_row;
};

/// Some cells of a batch, changed, and how their tokens answer to the unchanged ones.
struct PerturbedBatch {
  /// The cells that hold the gene, changed. After kReplaceRow, `row` of the gene's tokens is `rows.size()`:
  /// one past the bank's rows, where the caller appends Perturbation::row.
  data::PackedBatch batch;
  std::vector<std::uint32_t> cells;   ///< [B'] of which cell of the unchanged batch (index into its lengths)
  std::vector<std::int64_t> before;   ///< [P] index into the unchanged batch's tokens …
  std::vector<std::int64_t> after;    ///< [P] … and into the changed one's: the same gene of the same cell
  std::vector<std::uint32_t> cell;    ///< [P] of which cell (index into `cells`)
  std::vector<cells::TokenId> token;  ///< [P] which gene
};

/// Makes the changed cells. Cells without the gene are left out. The perturbed gene itself is among the pairs
/// after kReplaceRow, and cannot be after kDelete. Throws Error when a gene stands twice in a cell.
/// @param unchanged  as BatchBuilder::build makes it, with `row` when kReplaceRow is asked for.
PerturbedBatch perturb(const data::PackedBatch& unchanged, const Perturbation& perturbation);

}  // namespace biodta::analysis
