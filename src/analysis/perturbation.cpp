#include <biodta/analysis/perturbation.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <string>
#include <unordered_map>

namespace biodta::analysis {
namespace {

/// Copies one cell into `changed`, with the change made.
void append_changed(const data::PackedBatch& unchanged, std::size_t begin, std::size_t end,
                    const Perturbation& perturbation, data::PackedBatch& changed) {
  const auto extra_row = static_cast<std::int64_t>(unchanged.rows.size());
  std::int64_t position = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const bool is_gene = unchanged.tokens[i] == static_cast<std::int64_t>(perturbation.token);
    if (is_gene && perturbation.kind == PerturbationKind::kDelete) continue;
    changed.tokens.push_back(unchanged.tokens[i]);
    changed.positions.push_back(position++);
    if (!unchanged.row.empty()) changed.row.push_back(is_gene ? extra_row : unchanged.row[i]);
  }
  changed.lengths.push_back(position);
}

/// Pairs the tokens of the cell that was appended last with the unchanged cell's, by identity.
void append_pairs(const data::PackedBatch& unchanged, std::size_t begin, std::size_t end,
                  PerturbedBatch& result) {
  const data::PackedBatch& changed = result.batch;
  const auto cell = static_cast<std::uint32_t>(changed.lengths.size() - 1);
  const auto length = static_cast<std::size_t>(changed.lengths.back());
  const std::size_t first = changed.tokens.size() - length;
  std::unordered_map<std::int64_t, std::size_t> place;
  place.reserve(length);
  for (std::size_t i = first; i < first + length; ++i)
    if (!place.emplace(changed.tokens[i], i).second)
      throw Error("token " + std::to_string(changed.tokens[i]) +
                  " stands twice in one cell, so its shift has no meaning");
  for (std::size_t i = begin; i < end; ++i) {
    const auto found = place.find(unchanged.tokens[i]);
    if (found == place.end()) continue;
    result.before.push_back(static_cast<std::int64_t>(i));
    result.after.push_back(static_cast<std::int64_t>(found->second));
    result.cell.push_back(cell);
    result.token.push_back(static_cast<cells::TokenId>(unchanged.tokens[i]));
  }
}

}  // namespace

PerturbedBatch perturb(const data::PackedBatch& unchanged, const Perturbation& perturbation) {
  PerturbedBatch result;
  result.batch.rows = unchanged.rows;
  const auto gene = static_cast<std::int64_t>(perturbation.token);
  std::size_t begin = 0;
  for (std::size_t index = 0; index < unchanged.lengths.size(); ++index) {
    const std::size_t end = begin + static_cast<std::size_t>(unchanged.lengths[index]);
    const auto first = unchanged.tokens.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = unchanged.tokens.begin() + static_cast<std::ptrdiff_t>(end);
    // A cell of the gene alone has nothing left after its deletion.
    const bool empty = perturbation.kind == PerturbationKind::kDelete && end - begin == 1;
    if (!empty && std::find(first, last, gene) != last) {
      result.cells.push_back(static_cast<std::uint32_t>(index));
      if (!unchanged.cells.empty()) result.batch.cells.push_back(unchanged.cells[index]);
      append_changed(unchanged, begin, end, perturbation, result.batch);
      append_pairs(unchanged, begin, end, result);
    }
    begin = end;
  }
  return result;
}

}  // namespace biodta::analysis
