#pragma once
/// @file
/// What a perturbation does to genes, summed over cells as they stream by.

#include <biodta/analysis/statistics.hpp>

#include <cstdint>
#include <vector>

namespace biodta::analysis {

/// Effects of one perturbation by gene, over cells: shifts of contextual embeddings (measure_shifts) or
/// changes of log predicted abundance (measure_readout). Memory does not grow with cells.
struct ShiftTable {
  std::vector<RunningMoments>
      genes;                 ///< [vocabulary.token_count()], by token; a perturbed gene's entry stays empty
  RunningMoments perturbed;  ///< the perturbed genes themselves; empty where they are deleted or masked
  std::uint64_t cells = 0;   ///< cells perturbed
  RunningMoments cell;       ///< cell-level effect: of each cell, the mean over its genes but the perturbed
  /// [states] Geneformer's goal-state shift of each cell, cos(after, state) - cos(before, state); see
  /// ShiftSubjects::states.
  std::vector<RunningMoments> states;
  std::vector<ShiftTable> groups;  ///< the same by group of cells (donors, regions); empty without groups

  /// Joins what was measured on other cells: a table with the same states and groups.
  void merge(const ShiftTable& other);
};

/// A table of nothing yet.
ShiftTable make_shift_table(std::size_t tokens, std::size_t states, std::size_t groups);

}  // namespace biodta::analysis
