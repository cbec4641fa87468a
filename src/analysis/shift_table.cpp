#include <biodta/analysis/shift_table.hpp>
#include <biodta/support/error.hpp>

namespace biodta::analysis {

void ShiftTable::merge(const ShiftTable& other) {
  if (genes.size() != other.genes.size() || states.size() != other.states.size() ||
      groups.size() != other.groups.size())
    throw Error("tables of other genes, states or groups cannot be joined");
  for (std::size_t i = 0; i < genes.size(); ++i) genes[i].merge(other.genes[i]);
  for (std::size_t i = 0; i < states.size(); ++i) states[i].merge(other.states[i]);
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].merge(other.groups[i]);
  perturbed.merge(other.perturbed);
  cell.merge(other.cell);
  cells += other.cells;
}

ShiftTable make_shift_table(std::size_t tokens, std::size_t states, std::size_t groups) {
  ShiftTable table;
  table.genes.resize(tokens);
  table.states.resize(states);
  table.groups.assign(groups, table);
  return table;
}

}  // namespace biodta::analysis
