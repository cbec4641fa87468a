#pragma once
/// @file
/// What is done to genes of a cell, and which token of the changed cell is which token of the unchanged one.
///
/// Deletion and overexpression are Geneformer's in silico perturbations (Theodoris et al. 2023), inhibition
/// and activation those that its documentation describes. Tokens are matched by what they are, never by where
/// they stand: after a deletion everything ranked below it moves up by one, and a shift computed position by
/// position compares each gene with its neighbour.

#include <biodta/cells/vocabulary.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <tuple>
#include <vector>

namespace biodta::analysis {

enum class PerturbationKind {
  kReplaceRow,  ///< the gene keeps its place, its embedding row becomes another: in silico mutagenesis (paper
                ///< section 3)
  kDelete,      ///< the gene's token is taken out: in silico deletion
  kOverexpress,  ///< the gene moves to the front (after <cls>), an absent one is put there; what then exceeds
                 ///< the longest cell is cut off the end, and off the cell that it is compared with
  kRankShift,    ///< the gene moves up (activation) or down (inhibition) by quartiles of the cell's genes: to
                 ///< the middle of the quartile reached, to the front or the end beyond the last one
  kRankMove,     ///< the gene moves to the rank that its value times a fold change would have had
  kMask          ///< the mask token takes the gene's place: nothing else moves
};

/// What is done to one gene.
struct Perturbation {
  PerturbationKind kind = PerturbationKind::kDelete;
  cells::TokenId token = cells::kPadToken;
  /// [row size of the bank]: the gene's row after, for kReplaceRow and, on request, along with any move of
  /// rank; empty = as it is.
  std::vector<float> row;
  /// The row that it is compared with (the gene's reference row: a mutant is made from the reference genome,
  /// whatever context the cell has); empty = the one that the gene has in the cell.
  std::vector<float> reference_row;
  int quartiles = 0;         ///< kRankShift: 1 to 3 up, -1 to -3 down
  double fold_change = 1.0;  ///< kRankMove: above 0
};

/// Several genes changed in a cell at once, each in its own way. It is done to the cells that hold every gene
/// that is not overexpressed: as in Geneformer, a deletion needs all of its genes there, while absent genes
/// are overexpressed into every cell. Ranks and quartiles are those of the unchanged cell; of several
/// overexpressed genes the first comes first.
struct JointPerturbation {
  std::vector<Perturbation> genes;
};
/// Each alone.
std::vector<JointPerturbation> each_alone(std::span<const Perturbation> perturbations);

/// Rank values (count / median, or anything that orders genes as the cell does) of a cell's genes, in the
/// order of `tokens`, which descends. A cell cut at its longest length keeps a gene that falls below its last
/// one as the last.
/// @param cell  index in the corpus.
using CellValues =
    std::function<std::vector<double>(std::uint32_t cell, std::span<const cells::TokenId> tokens)>;

/// What changing a cell takes beyond its tokens; what a kind does not need may be left out.
struct CellRules {
  cells::TokenId first_gene_token = cells::kFirstGeneToken;
  std::size_t max_length = std::numeric_limits<std::size_t>::max();  ///< special tokens included
  /// To tell whether a gene has Perturbation::reference_row in a cell; nullptr = it has.
  const embedding::EmbeddingBank* bank = nullptr;
  /// Bank row of a gene in a cell of the corpus, -1 for none; for absent genes that are overexpressed.
  std::function<std::int64_t(cells::TokenId gene, std::uint32_t cell)> row_of;
  CellValues values;  ///< kRankMove only
};

/// Throws Error for a perturbation that contradicts itself or lacks what it needs: no gene, a gene twice,
/// rows of another size or without a bank, a fold change or quartiles out of range, a rank move without
/// values.
void check(const JointPerturbation& perturbation, const CellRules& rules);

/// Some cells of a batch, changed, and how their tokens answer to the unchanged ones.
struct PerturbedBatch {
  data::PackedBatch batch;  ///< [B'] the changed cells
  /// Those of them, not changed, that are compared in another form than the unchanged batch has: a gene in
  /// its reference row, or cut as the changed cell was. Its `rows` are those of `batch`.
  data::PackedBatch reference;
  /// Rows that the caller appends to those of both batches, one after the other: `row` of a token with
  /// Perturbation::row is `rows.size()` or more.
  std::vector<float> extra_rows;
  std::vector<std::uint32_t> cells;  ///< [B'] of which cell of the unchanged batch (index into its lengths)
  std::vector<std::size_t> perturbation;  ///< [B'] which one, as given to PerturbedBatchBuilder::add
  /// [P] index into the unchanged batch's tokens, or, from their number T on, T + index into `reference` …
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;    ///< [P] … and into the changed one's: the same gene of the same cell
  std::vector<std::uint32_t> cell;    ///< [P] of which cell (index into `cells`), ascending
  std::vector<cells::TokenId> token;  ///< [P] which gene; special tokens are in no pair
  std::vector<char> perturbed;        ///< [P] 1 for a gene that was itself changed, else 0
};

struct CellSlot;

/// Gathers changed cells of one unchanged batch, of any number of perturbations.
class PerturbedBatchBuilder {
 public:
  /// @param unchanged  as BatchBuilder::build makes it; must outlive the builder.
  /// @param rules      must outlive the builder.
  PerturbedBatchBuilder(const data::PackedBatch& unchanged, const CellRules& rules);

  /// Adds a cell, changed. False, and nothing added, where the cell lacks a gene (see JointPerturbation) or
  /// no gene would be left of it. Throws Error when a gene stands twice in the cell.
  /// @param cell   index into the unchanged batch's lengths.
  /// @param index  told again in PerturbedBatch::perturbation; another for each perturbation.
  bool add(std::size_t cell, const JointPerturbation& perturbation, std::size_t index);
  /// Tokens of the changed cells so far.
  std::size_t token_count() const noexcept { return result_.batch.tokens.size(); }
  /// What was gathered; the builder is empty again.
  PerturbedBatch take();

 private:
  void append(const std::vector<CellSlot>& slots, std::size_t index, const JointPerturbation& perturbation,
              std::size_t cell, data::PackedBatch& batch);
  void append_pairs(std::size_t cell, bool own_reference, const JointPerturbation& perturbation);
  std::int64_t row_number(const CellSlot& slot, std::size_t index, const JointPerturbation& perturbation);

  const data::PackedBatch& unchanged_;
  const CellRules& rules_;
  std::vector<std::size_t> first_;  // [B] of each unchanged cell's tokens
  PerturbedBatch result_;
  std::vector<std::int64_t> inserted_;  // bank rows beyond the unchanged batch's
  // (perturbation, gene, before or after) of each extra row, by which cells share it.
  std::map<std::tuple<std::size_t, std::size_t, bool>, std::int64_t> extra_;
  std::vector<std::int64_t> place_;  // by token, of the cell at hand; -1 elsewhere
};

/// All cells of a batch to which it can be done. The genes perturbed are among the pairs where they stay.
PerturbedBatch perturb(const data::PackedBatch& unchanged, const JointPerturbation& perturbation,
                       const CellRules& rules = {});

}  // namespace biodta::analysis
