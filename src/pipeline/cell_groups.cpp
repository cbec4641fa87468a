#include "cell_groups.hpp"

#include <biodta/analysis/cell_selection.hpp>
#include <biodta/analysis/cell_states.hpp>
#include <biodta/support/error.hpp>

#include <cstddef>
#include <utility>

namespace biodta::pipeline {

CellGroups groups_of(const cells::Corpus& corpus, const std::string& column,
                     std::span<const std::uint32_t> cells) {
  if (column.empty()) return {};
  const auto values = corpus.obs(column);
  if (!values.categorical())
    throw ConfigError("cells.group_column: found the numbers of '" + column +
                      "', expected a column of names");
  std::vector<std::int32_t> number(values.categories.size(), -1);
  for (const std::uint32_t cell : cells)
    if (values.codes[cell] >= 0) number[static_cast<std::size_t>(values.codes[cell])] = 0;
  CellGroups groups;
  for (std::size_t category = 0; category < number.size(); ++category) {
    if (number[category] < 0) continue;
    number[category] = static_cast<std::int32_t>(groups.names.size());
    groups.names.push_back(values.categories[category]);
  }
  groups.of_cell.assign(values.codes.size(), -1);
  for (const std::uint32_t cell : cells)
    if (values.codes[cell] >= 0) groups.of_cell[cell] = number[static_cast<std::size_t>(values.codes[cell])];
  return groups;
}

std::vector<CellState> states_of(const cells::Corpus& corpus, const PerturbedCellsOptions& options,
                                 std::int64_t seed) {
  std::vector<CellState> states;
  for (const auto& filter : options.states) {
    auto cells = analysis::select_cells(corpus, {{filter}, options.state_cells, seed});
    if (cells.empty())
      throw ConfigError("cells.states: no cell has " + filter + ", expected states that cells are in");
    states.push_back({filter, std::move(cells)});
  }
  return states;
}

torch::Tensor embed_states(PerturbedRun& run, torch::Device device, const analysis::ShiftSubjects& subjects,
                           std::span<const CellState> states, const analysis::ShiftOptions& shift) {
  if (states.empty()) return {};
  std::vector<std::vector<std::uint32_t>> cells;
  for (const auto& state : states) cells.push_back(state.cells);
  return analysis::state_embeddings(run.model, device, subjects, cells, {shift.layer, shift.batch_tokens});
}

}  // namespace biodta::pipeline
