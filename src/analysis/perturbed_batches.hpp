#pragma once
/// @file
/// Cells of a corpus, unchanged and perturbed, in batches of near-equal length. Internal to the room.

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/perturbation.hpp>
#include <biodta/data/packed_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>

namespace biodta::analysis {

/// What changing the subjects' cells takes.
CellRules rules_of(const ShiftSubjects& subjects);

/// Checks perturbations against what they are done to. Throws Error, also where a gene that the model does
/// not read would be put into cells.
void check_all(std::span<const JointPerturbation> perturbations, const CellRules& rules,
               const ShiftSubjects& subjects);

/// Hands out the perturbations of a cell of a batch, each with its number.
using AddPerturbation = std::function<void(const JointPerturbation& perturbation, std::size_t index)>;
using PerturbationsOfCell =
    std::function<void(std::span<const std::int64_t> tokens, const AddPerturbation& add)>;
/// The same ones for every cell. @param perturbations  must outlive it.
PerturbationsOfCell same_for_all(std::span<const JointPerturbation> perturbations);

/// How much is held at once.
struct BatchLimits {
  std::int64_t tokens = 0;                                      ///< of a batch; one cell at least
  std::size_t cells = std::numeric_limits<std::size_t>::max();  ///< of a batch
};

/// Visits unchanged batches, and for each the batches of its changed cells, of whatever perturbations, as
/// full as the limits allow.
/// @param begin  called with each unchanged batch before its changed ones.
/// @param visit  called with each batch of changed cells.
/// @param end    called with the number of (unchanged) cells done so far, after each unchanged batch.
void for_each_perturbed_batch(const ShiftSubjects& subjects, const CellRules& rules,
                              std::span<const std::uint32_t> cells, const PerturbationsOfCell& perturbations,
                              const BatchLimits& limits,
                              const std::function<void(const data::PackedBatch&)>& begin,
                              const std::function<void(const PerturbedBatch&)>& visit,
                              const std::function<void(std::uint64_t)>& end);

}  // namespace biodta::analysis
