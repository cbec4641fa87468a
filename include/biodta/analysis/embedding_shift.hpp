#pragma once
/// @file
/// How far contextual embeddings move when one gene of a cell is perturbed (paper section 3): the model runs
/// over the cells before and after, and each gene's hidden states are compared by cosine similarity.

#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/perturbation.hpp>
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

struct ShiftOptions {
  std::int64_t layer =
      -2;  ///< whose output is compared: -1 = last, -2 = penultimate, 0 = the input embeddings
  std::int64_t batch_tokens = 16384;  ///< tokens a forward pass; one cell at least
};
void describe(support::OptionVisitor& visit, ShiftOptions& options);

/// One measured shift, 1 - cosine similarity.
struct CellShift {
  std::uint32_t cell = 0;        ///< index in the corpus
  std::size_t perturbation = 0;  ///< index in the list given
  cells::TokenId token = 0;
  double shift = 0.0;
};
using ShiftObserver = std::function<void(const CellShift&)>;

/// What a measurement runs on. Everything must outlive the calls.
struct ShiftSubjects {
  const data::BatchBuilder& cells;
  /// The bank that `cells` was built with; nullptr for a model without one.
  const embedding::EmbeddingBank* bank = nullptr;
};

/// Runs `cells` (corpus indices) unchanged once, and changed by each perturbation in turn; each perturbation
/// sees the cells that hold its gene. Cells are packed by length, never padded; cosines are computed and
/// summed in double; memory does not grow with the number of cells.
///
/// In the unchanged cell of a row replacement the gene has Perturbation::reference_row, whatever context the
/// cell has.
/// @param model   in eval mode, already on `device`.
/// @return one table a perturbation, in order. Throws Error for a layer the model does not have.
std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const Perturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress = nullptr,
                                       const ShiftObserver& observer = {});

}  // namespace biodta::analysis
