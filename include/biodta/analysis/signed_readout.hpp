#pragma once
/// @file
/// Whether a perturbation sends a gene up or down. A cosine similarity says that an embedding moved, not
/// where to; the model's own prediction does: how much abundance it expects of each gene in what it cannot
/// see.
///
/// Some genes of a cell are masked, the same before and after. For every gene x,
///
///     dR(x) = log sum over masked slots of p(x) after  -  the same before  (nats; below 0: x goes down)
///
/// averaged over draws of masks. For mutants that raise expression a plainly trained model does not answer
/// the right way to a replaced row, nor, with the small changes that such mutants predict, to a move of rank
/// along with it (README, "What it finds").

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/perturbation.hpp>
#include <biodta/analysis/shift_table.hpp>
#include <biodta/cells/vocabulary.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/reporter.hpp>

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace biodta::analysis {

struct ReadoutOptions {
  double share = 0.15;  ///< of a cell's genes that are masked; one at least
  std::int64_t draws = 2;
  std::int64_t seed = 0;
  std::int64_t batch_tokens = 16384;  ///< tokens a forward pass at most; fewer for large vocabularies
};
void describe(support::OptionVisitor& visit, ReadoutOptions& options);

/// Which genes of a cell are masked: the first of an order that depends on (seed, draw, cell) and on the
/// cell's genes alone, so that the same genes are masked whatever is perturbed, but for the perturbed ones.
/// @param genes      of the unchanged cell, in its order.
/// @param candidates [genes] 1 where a gene may be masked.
/// @return indices into `genes`, in the order drawn: round(share × genes), at least one, at most the
/// candidates.
std::vector<std::size_t> masked_genes(std::span<const char> candidates, const ReadoutOptions& options,
                                      std::uint64_t draw, std::uint32_t cell);

/// dR of one cell, by token: [vocabulary], NaN for tokens that are no gene the model reads.
using ReadoutObserver =
    std::function<void(std::uint32_t cell, std::size_t perturbation, std::span<const double> change)>;

/// Measures dR on every cell that the perturbations can be done to. A perturbed gene is never masked, and is
/// reported apart (ShiftTable::perturbed: what the model expects of it elsewhere). Genes that the model
/// cannot name (neither row nor vector) are in no table. Only slots that are masked are decoded, and memory
/// does not grow with cells. ShiftTable::cell is the mean change of all genes; there are no states.
///
/// A model whose decoder reads the vocabulary's rows is asked about each gene's reference row, before and
/// after.
/// @param model  in eval mode, already on `device`.
/// @return one table a perturbation, in order.
std::vector<ShiftTable> measure_readout(model::MaskedLanguageModel& model, torch::Device device,
                                        const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                        std::span<const JointPerturbation> perturbations,
                                        const ReadoutOptions& options, support::Progress* progress = nullptr,
                                        const ReadoutObserver& observer = {});

}  // namespace biodta::analysis
