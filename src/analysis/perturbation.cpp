#include "changed_cell.hpp"

#include <biodta/analysis/perturbation.hpp>
#include <biodta/support/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

void check_rows(const Perturbation& gene, const embedding::EmbeddingBank* bank) {
  const bool leaves = gene.kind == PerturbationKind::kDelete || gene.kind == PerturbationKind::kMask;
  if (gene.row.empty() && gene.reference_row.empty()) {
    if (gene.kind == PerturbationKind::kReplaceRow) throw Error("a row is to be replaced, but none is given");
    return;
  }
  if (leaves) throw Error("a gene that is deleted or masked has no row to replace");
  if (bank == nullptr) return;
  for (const auto* row : {&gene.row, &gene.reference_row})
    if (!row->empty() && row->size() != bank->row_size())
      throw Error("a replacing row has " + std::to_string(row->size()) + " values, the bank's rows have " +
                  std::to_string(bank->row_size()));
}

}  // namespace

void check(const JointPerturbation& perturbation, const CellRules& rules) {
  if (perturbation.genes.empty()) throw Error("a perturbation names no gene");
  for (auto gene = perturbation.genes.begin(); gene != perturbation.genes.end(); ++gene) {
    const std::string name = "the perturbation of token " + std::to_string(gene->token);
    if (gene->token < rules.first_gene_token) throw Error(name + " is one of a special token");
    if (std::any_of(perturbation.genes.begin(), gene,
                    [&](const Perturbation& other) { return other.token == gene->token; }))
      throw Error("token " + std::to_string(gene->token) + " is perturbed twice at once");
    check_rows(*gene, rules.bank);
    const bool shifts = gene->kind == PerturbationKind::kRankShift;
    if (shifts && (gene->quartiles == 0 || std::abs(gene->quartiles) > 3))
      throw Error(name + " shifts by " + std::to_string(gene->quartiles) +
                  " quartiles, expected 1 to 3 or -1 to -3");
    if (gene->kind != PerturbationKind::kRankMove) continue;
    if (!rules.values) throw Error(name + " moves its rank, but there are no values to find the rank by");
    if (!std::isfinite(gene->fold_change) || gene->fold_change <= 0.0)
      throw Error(name + " has the fold change " + std::to_string(gene->fold_change) +
                  ", expected one above 0");
  }
}

std::vector<JointPerturbation> each_alone(std::span<const Perturbation> perturbations) {
  std::vector<JointPerturbation> result;
  for (const auto& perturbation : perturbations) result.push_back({{perturbation}});
  return result;
}

PerturbedBatchBuilder::PerturbedBatchBuilder(const data::PackedBatch& unchanged, const CellRules& rules)
    : unchanged_(unchanged), rules_(rules) {
  std::size_t first = 0;
  for (const std::int64_t length : unchanged.lengths) {
    first_.push_back(first);
    first += static_cast<std::size_t>(length);
  }
  if (!unchanged.tokens.empty())
    place_.assign(
        static_cast<std::size_t>(*std::max_element(unchanged.tokens.begin(), unchanged.tokens.end())) + 1,
        -1);
}

bool PerturbedBatchBuilder::add(std::size_t cell, const JointPerturbation& perturbation, std::size_t index) {
  std::vector<CellSlot> slots;
  slots.reserve(static_cast<std::size_t>(unchanged_.lengths[cell]) + perturbation.genes.size());
  for (std::size_t i = first_[cell]; i < first_[cell] + static_cast<std::size_t>(unchanged_.lengths[cell]);
       ++i)
    slots.push_back(
        {unchanged_.tokens[i], unchanged_.row.empty() ? -1 : unchanged_.row[i], RowOrigin::kBatch});
  const std::uint32_t corpus_cell = unchanged_.cells.empty() ? 0 : unchanged_.cells[cell];
  const auto changed = change_cell(std::move(slots), unchanged_.rows, corpus_cell, perturbation, rules_);
  if (!changed) return false;
  append(changed->changed, index, perturbation, cell, result_.batch);
  if (changed->own_reference) append(changed->reference, index, perturbation, cell, result_.reference);
  result_.cells.push_back(static_cast<std::uint32_t>(cell));
  result_.perturbation.push_back(index);
  append_pairs(cell, changed->own_reference, perturbation);
  return true;
}

std::int64_t PerturbedBatchBuilder::row_number(const CellSlot& slot, std::size_t index,
                                               const JointPerturbation& perturbation) {
  if (slot.origin == RowOrigin::kBatch) return slot.row;
  if (slot.origin == RowOrigin::kBank) {
    const auto& rows = unchanged_.rows;
    const auto known = std::lower_bound(rows.begin(), rows.end(), slot.row);
    if (known != rows.end() && *known == slot.row) return known - rows.begin();
    const auto found = std::find(inserted_.begin(), inserted_.end(), slot.row);
    const auto number = static_cast<std::int64_t>(rows.size()) + (found - inserted_.begin());
    if (found == inserted_.end()) inserted_.push_back(slot.row);
    return number;
  }
  const auto gene = static_cast<std::size_t>(slot.row);
  const bool after = slot.origin == RowOrigin::kReplacing;
  const auto [entry, is_new] =
      extra_.emplace(std::tuple(index, gene, after), static_cast<std::int64_t>(extra_.size()));
  if (is_new) {
    const auto& values = after ? perturbation.genes[gene].row : perturbation.genes[gene].reference_row;
    result_.extra_rows.insert(result_.extra_rows.end(), values.begin(), values.end());
  }
  return -2 - entry->second;  // after the rows, whose number is known in the end
}

void PerturbedBatchBuilder::append(const std::vector<CellSlot>& slots, std::size_t index,
                                   const JointPerturbation& perturbation, std::size_t cell,
                                   data::PackedBatch& batch) {
  std::int64_t position = 0;
  for (const auto& slot : slots) {
    batch.tokens.push_back(slot.token);
    batch.positions.push_back(position++);
    if (!unchanged_.row.empty()) batch.row.push_back(row_number(slot, index, perturbation));
  }
  batch.lengths.push_back(position);
  if (!unchanged_.cells.empty()) batch.cells.push_back(unchanged_.cells[cell]);
}

void PerturbedBatchBuilder::append_pairs(std::size_t cell, bool own_reference,
                                         const JointPerturbation& perturbation) {
  const data::PackedBatch& before = own_reference ? result_.reference : unchanged_;
  const std::size_t first =
      own_reference ? before.tokens.size() - static_cast<std::size_t>(before.lengths.back()) : first_[cell];
  const auto length =
      static_cast<std::size_t>(own_reference ? before.lengths.back() : unchanged_.lengths[cell]);
  const std::size_t offset = own_reference ? unchanged_.tokens.size() : 0;
  const std::span<const std::int64_t> tokens(before.tokens.data() + first, length);
  for (std::size_t i = 0; i < length; ++i) {
    auto& place = place_[static_cast<std::size_t>(tokens[i])];
    const bool special = tokens[i] < static_cast<std::int64_t>(rules_.first_gene_token);
    if (place >= 0 && !special)
      throw Error("token " + std::to_string(tokens[i]) +
                  " stands twice in one cell, so its shift has no meaning");
    if (!special) place = static_cast<std::int64_t>(offset + first + i);
  }
  const auto& changed = result_.batch;
  const auto begin = changed.tokens.size() - static_cast<std::size_t>(changed.lengths.back());
  for (std::size_t i = begin; i < changed.tokens.size(); ++i) {
    const auto token = static_cast<std::size_t>(changed.tokens[i]);
    if (token >= place_.size() || place_[token] < 0) continue;
    result_.before.push_back(place_[token]);
    result_.after.push_back(static_cast<std::int64_t>(i));
    result_.cell.push_back(static_cast<std::uint32_t>(result_.cells.size() - 1));
    result_.token.push_back(static_cast<cells::TokenId>(token));
    result_.perturbed.push_back(std::any_of(perturbation.genes.begin(), perturbation.genes.end(),
                                            [&](const Perturbation& gene) { return gene.token == token; })
                                    ? 1
                                    : 0);
  }
  for (const std::int64_t token : tokens) place_[static_cast<std::size_t>(token)] = -1;
}

PerturbedBatch PerturbedBatchBuilder::take() {
  for (auto* batch : {&result_.batch, &result_.reference}) {
    batch->rows = unchanged_.rows;
    batch->rows.insert(batch->rows.end(), inserted_.begin(), inserted_.end());
    for (auto& row : batch->row)
      if (row < -1) row = static_cast<std::int64_t>(batch->rows.size()) - 2 - row;
  }
  inserted_.clear();
  extra_.clear();
  return std::exchange(result_, {});
}

PerturbedBatch perturb(const data::PackedBatch& unchanged, const JointPerturbation& perturbation,
                       const CellRules& rules) {
  check(perturbation, rules);
  PerturbedBatchBuilder builder(unchanged, rules);
  for (std::size_t cell = 0; cell < unchanged.lengths.size(); ++cell) builder.add(cell, perturbation, 0);
  return builder.take();
}

}  // namespace biodta::analysis
