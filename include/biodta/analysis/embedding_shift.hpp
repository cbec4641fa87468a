#pragma once
/// @file
/// How far contextual embeddings move when genes of a cell are perturbed (paper section 3): the model runs
/// over the cells before and after, and each gene's hidden states are compared by cosine similarity.

#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/shift_table.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/embedding/bank.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace biodta::analysis {

/// How far an embedding is from what it was.
enum class ShiftMeasure {
  kCosine,    ///< 1 - cosine similarity (the paper's, and Geneformer's)
  kEuclidean  ///< the length of the difference
};

struct ShiftOptions {
  std::int64_t layer =
      -2;  ///< whose output is compared: -1 = last, -2 = penultimate, 0 = the input embeddings
  std::int64_t batch_tokens = 16384;  ///< tokens a forward pass; one cell at least
  ShiftMeasure measure = ShiftMeasure::kCosine;
  /// Matrix products in bfloat16 (autocast): faster where the processor has it. Its rounding moved cosine
  /// shifts of a random model of Geneformer's size by 2e-5 on average and 2e-4 at most: too much for mutants
  /// whose shifts are not larger.
  bool bfloat16 = false;
};
void describe(support::OptionVisitor& visit, ShiftOptions& options);

/// One measured shift, of one gene in one cell.
struct CellShift {
  std::uint32_t cell = 0;  ///< index in the corpus
  std::size_t perturbation =
      0;  ///< index in the list given; the perturbed token where every gene is perturbed
  cells::TokenId token = 0;
  double shift = 0.0;
};
using ShiftObserver = std::function<void(const CellShift&)>;

/// What a measurement runs on. Everything must outlive the calls.
struct ShiftSubjects {
  const data::BatchBuilder& cells;
  /// The bank that `cells` was built with; nullptr for a model without one.
  const embedding::EmbeddingBank* bank = nullptr;
  CellValues values = {};  ///< rank values, for PerturbationKind::kRankMove
  /// [S, H] embeddings of cell states (state_embeddings) toward which the cells' shifts are measured;
  /// undefined = none.
  torch::Tensor states_SH = {};
  /// [cells of the corpus] group of each cell, below `groups`, or negative for none; empty without groups.
  std::span<const std::int32_t> group_of_cell = {};
  std::size_t groups = 0;
};

/// Runs `cells` (corpus indices) unchanged once, whatever the number of perturbations, and changed by each
/// perturbation that can be done to them (see JointPerturbation). Cells are packed by length, never padded,
/// those of different perturbations together; shifts are computed and summed in double; memory does not grow
/// with the number of cells.
///
/// A changed cell is compared with the unchanged one but for what PerturbedBatch::reference says.
///
/// Geneformer's own code labels half of the shifts after a deletion wrongly in one of its modes (everything
/// below the gene is off by one), and all of them after an overexpression in another: see
/// tests/analysis/perturbation_test.cpp for the emulation. Here tokens are matched by identity, and special
/// tokens are never matched.
/// @param model     in eval mode, already on `device`.
/// @param progress  counts cells.
/// @return one table a perturbation, in order. Throws Error for a layer the model does not have.
std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const JointPerturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress = nullptr,
                                       const ShiftObserver& observer = {});
/// The same for genes perturbed each alone.
std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const Perturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress = nullptr,
                                       const ShiftObserver& observer = {});

/// What perturbing a gene does to whole cells.
struct GeneEffect {
  RunningMoments cell;                 ///< of each cell, the mean shift of its other genes
  std::vector<RunningMoments> states;  ///< [states] as ShiftTable::states
};

/// What perturbing one gene did to one cell.
struct CellEffect {
  std::uint32_t cell = 0;  ///< index in the corpus
  cells::TokenId gene = 0;
  double shift = 0.0;              ///< mean over the cell's other genes
  std::span<const double> states;  ///< [states] as ShiftTable::states; lives for the call
};
using CellEffectObserver = std::function<void(const CellEffect&)>;

/// Perturbs every gene of every cell, one at a time, each cell's changed forms filling batches of
/// `batch_tokens`. Memory is a few numbers a token: shifts by (perturbed, affected) gene go to the observer.
/// @param how       what is done; its token is ignored, and it replaces no row.
/// @param progress  counts tokens, of forward_tokens_of_every_gene(…).total().
/// @param effects   is told of every changed cell that has another gene.
/// @return [tokens] by perturbed gene.
std::vector<GeneEffect> measure_every_gene(model::MaskedLanguageModel& model, torch::Device device,
                                           const ShiftSubjects& subjects,
                                           std::span<const std::uint32_t> cells, const Perturbation& how,
                                           const ShiftOptions& options, support::Progress* progress = nullptr,
                                           const ShiftObserver& observer = {},
                                           const CellEffectObserver& effects = {});

/// Tokens that forward passes will run over: what a measurement costs, known before it starts.
struct ForwardTokens {
  std::uint64_t reference = 0;  ///< of cells that are not changed
  std::uint64_t perturbed = 0;
  std::uint64_t total() const noexcept { return reference + perturbed; }
};
/// Of measure_shifts, to the token. Makes the changed cells, but runs no model.
ForwardTokens forward_tokens(const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                             std::span<const JointPerturbation> perturbations, const ShiftOptions& options);
/// Of measure_every_gene, from the cells' lengths alone: to the token, but where a whole batch is of cells
/// with a single gene, which leaves nothing to measure.
ForwardTokens forward_tokens_of_every_gene(const ShiftSubjects& subjects,
                                           std::span<const std::uint32_t> cells, PerturbationKind how);

}  // namespace biodta::analysis
