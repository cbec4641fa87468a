#pragma once
/// @file
/// Donors or regions that cells belong to, and states toward which they may move. Internal to the room.

#include "perturbed_run.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/cells/corpus.hpp>
#include <biodta/pipeline/mutagenesis.hpp>

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {

/// Donors or regions that cells belong to.
struct CellGroups {
  std::vector<std::string> names;
  std::vector<std::int32_t> of_cell;  ///< [cells of the corpus], -1 = in none; empty without groups
};

/// Groups of the chosen cells by an obs column, in the column's order; none where it is not named. Others are
/// not numbered, since sums are kept of each. Throws ConfigError for a column of numbers.
CellGroups groups_of(const cells::Corpus& corpus, const std::string& column,
                     std::span<const std::uint32_t> cells);

/// Cells of a state toward which others may move.
struct CellState {
  std::string name;
  std::vector<std::uint32_t> cells;
};

/// Draws cells of each state. Throws ConfigError for a state that no cell is in.
std::vector<CellState> states_of(const cells::Corpus& corpus, const PerturbedCellsOptions& options,
                                 std::int64_t seed);

/// The mean embedding of each state, [S, H]; undefined without states.
/// @param subjects  of the run.
torch::Tensor embed_states(PerturbedRun& run, torch::Device device, const analysis::ShiftSubjects& subjects,
                           std::span<const CellState> states, const analysis::ShiftOptions& shift);

}  // namespace biodta::pipeline
