#include "changed_cell.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace biodta::analysis {
namespace {

bool is_token(const CellSlot& slot, cells::TokenId token) {
  return slot.token == static_cast<std::int64_t>(token);
}

/// A gene that is put where it belongs after those that stay have been lined up.
struct MovingGene {
  CellSlot slot;
  std::size_t rank = 0;  // kRankShift: where it goes
  double value = 0.0;    // kRankMove: what it goes by
};

/// Geneformer's documented meaning of a shift by quartiles, for a gene at `rank` (0 first) of `count` genes.
std::size_t shifted_rank(std::size_t rank, std::size_t count, int quartiles) {
  const int quartile = static_cast<int>(4 * rank / count) - quartiles;
  if (quartile < 0) return 0;
  if (quartile > 3) return count - 1;
  return (2 * static_cast<std::size_t>(quartile) + 1) * count / 8;
}

/// The genes of one cell in their new order.
class Arrangement {
 public:
  Arrangement(std::span<const CellSlot> genes, std::uint32_t cell, const JointPerturbation& perturbation,
              const CellRules& rules)
      : genes_(genes), cell_(cell), perturbation_(perturbation), rules_(rules) {
    overexpressed_.resize(perturbation.genes.size());
    if (std::any_of(perturbation.genes.begin(), perturbation.genes.end(),
                    [](const auto& gene) { return gene.kind == PerturbationKind::kRankMove; }))
      read_values();
  }

  std::vector<CellSlot> arranged() {
    for (std::size_t rank = 0; rank < genes_.size(); ++rank) take(rank);
    for (const auto& gene : moved_) insert_by_value(gene);
    std::stable_sort(shifted_.begin(), shifted_.end(),
                     [](const MovingGene& a, const MovingGene& b) { return a.rank < b.rank; });
    for (const auto& gene : shifted_)
      resting_.insert(resting_.begin() + static_cast<std::ptrdiff_t>(std::min(gene.rank, resting_.size())),
                      gene.slot);
    return with_front();
  }

 private:
  void read_values() {
    std::vector<cells::TokenId> tokens;
    for (const auto& gene : genes_) tokens.push_back(static_cast<cells::TokenId>(gene.token));
    values_ = rules_.values(cell_, tokens);
    const bool descends = std::is_sorted(values_.rbegin(), values_.rend());
    if (values_.size() == genes_.size() && descends && (values_.empty() || values_.back() > 0.0)) return;
    throw Error("cell " + std::to_string(cell_) + ": found " + std::to_string(values_.size()) + " values" +
                (descends ? "" : " that do not descend") + ", expected a positive one for each of its " +
                std::to_string(genes_.size()) + " genes, in the order of their ranks");
  }

  /// One gene of the unchanged cell: it stays, goes, or waits to be put elsewhere.
  void take(std::size_t rank) {
    CellSlot slot = genes_[rank];
    const auto& all = perturbation_.genes;
    const auto change =
        std::find_if(all.begin(), all.end(), [&](const auto& gene) { return is_token(slot, gene.token); });
    if (change == all.end()) return rest(slot, rank);
    const auto number = change - all.begin();
    if (!change->row.empty()) slot = {slot.token, number, RowOrigin::kReplacing};
    switch (change->kind) {
      case PerturbationKind::kReplaceRow:
        return rest(slot, rank);
      case PerturbationKind::kMask:
        return rest({cells::kMaskToken, -1, RowOrigin::kBatch}, rank);
      case PerturbationKind::kDelete:
        return;
      case PerturbationKind::kOverexpress:
        overexpressed_[static_cast<std::size_t>(number)] = slot;
        return;
      case PerturbationKind::kRankShift:
        shifted_.push_back({slot, shifted_rank(rank, genes_.size(), change->quartiles)});
        return;
      case PerturbationKind::kRankMove:
        moved_.push_back({slot, 0, values_[rank] * change->fold_change});
        return;
    }
  }

  void rest(const CellSlot& slot, std::size_t rank) {
    resting_.push_back(slot);
    if (!values_.empty()) resting_values_.push_back(values_[rank]);
  }

  /// As rank value encoding orders genes: by value, equal ones by token.
  void insert_by_value(const MovingGene& gene) {
    std::size_t place = 0;
    while (place < resting_.size() &&
           (resting_values_[place] > gene.value ||
            (resting_values_[place] == gene.value && resting_[place].token < gene.slot.token)))
      ++place;
    resting_.insert(resting_.begin() + static_cast<std::ptrdiff_t>(place), gene.slot);
    resting_values_.insert(resting_values_.begin() + static_cast<std::ptrdiff_t>(place), gene.value);
  }

  std::vector<CellSlot> with_front() {
    std::vector<CellSlot> result;
    for (std::size_t i = 0; i < overexpressed_.size(); ++i) {
      if (perturbation_.genes[i].kind != PerturbationKind::kOverexpress) continue;
      result.push_back(overexpressed_[i] ? *overexpressed_[i] : inserted(i));
    }
    result.insert(result.end(), resting_.begin(), resting_.end());
    return result;
  }

  CellSlot inserted(std::size_t number) const {
    const Perturbation& gene = perturbation_.genes[number];
    const auto token = static_cast<std::int64_t>(gene.token);
    if (!gene.row.empty()) return {token, static_cast<std::int64_t>(number), RowOrigin::kReplacing};
    const std::int64_t row = rules_.row_of ? rules_.row_of(gene.token, cell_) : -1;
    return {token, row, row < 0 ? RowOrigin::kBatch : RowOrigin::kBank};
  }

  std::span<const CellSlot> genes_;
  std::uint32_t cell_;
  const JointPerturbation& perturbation_;
  const CellRules& rules_;
  std::vector<double> values_;  // [genes], empty without a rank move
  std::vector<CellSlot> resting_;
  std::vector<double> resting_values_;
  std::vector<MovingGene> moved_;
  std::vector<MovingGene> shifted_;
  std::vector<std::optional<CellSlot>> overexpressed_;  // by place in the perturbation
};

bool can_be_done(std::span<const CellSlot> genes, const JointPerturbation& perturbation) {
  return std::all_of(perturbation.genes.begin(), perturbation.genes.end(), [&](const Perturbation& change) {
    return change.kind == PerturbationKind::kOverexpress ||
           std::any_of(genes.begin(), genes.end(),
                       [&](const CellSlot& slot) { return is_token(slot, change.token); });
  });
}

/// Gives the genes of a cell the rows that their changed ones are compared with; whether any is another.
bool take_reference_rows(std::span<CellSlot> genes, std::span<const std::int64_t> rows,
                         const JointPerturbation& perturbation, const embedding::EmbeddingBank* bank) {
  bool any = false;
  for (std::size_t i = 0; i < perturbation.genes.size(); ++i) {
    const Perturbation& change = perturbation.genes[i];
    if (change.reference_row.empty() || bank == nullptr) continue;
    for (auto& slot : genes) {
      if (!is_token(slot, change.token)) continue;
      if (slot.row >= 0) {
        const auto own =
            bank->row(static_cast<embedding::RowIndex>(rows[static_cast<std::size_t>(slot.row)]));
        if (std::equal(own.begin(), own.end(), change.reference_row.begin(), change.reference_row.end()))
          continue;
      }
      slot = {slot.token, static_cast<std::int64_t>(i), RowOrigin::kReference};
      any = true;
    }
  }
  return any;
}

/// Takes `count` slots out from before the last `tail`.
void cut(std::vector<CellSlot>& slots, std::size_t count, std::size_t tail) {
  const auto end = slots.end() - static_cast<std::ptrdiff_t>(tail);
  slots.erase(end - static_cast<std::ptrdiff_t>(count), end);
}

}  // namespace

std::optional<ChangedCell> change_cell(std::vector<CellSlot> slots, std::span<const std::int64_t> rows,
                                       std::uint32_t cell, const JointPerturbation& perturbation,
                                       const CellRules& rules) {
  const auto is_gene = [&](const CellSlot& slot) {
    return slot.token >= static_cast<std::int64_t>(rules.first_gene_token);
  };
  const auto begin = std::find_if(slots.begin(), slots.end(), is_gene);
  const auto end = std::find_if(slots.rbegin(), std::make_reverse_iterator(begin), is_gene).base();
  const std::span<CellSlot> genes(begin, end);
  if (!can_be_done(genes, perturbation)) return std::nullopt;
  const auto tail = static_cast<std::size_t>(slots.end() - end);

  ChangedCell result;
  result.changed.assign(slots.begin(), begin);
  const std::vector<CellSlot> arranged = Arrangement(genes, cell, perturbation, rules).arranged();
  if (std::none_of(arranged.begin(), arranged.end(), is_gene)) return std::nullopt;
  result.changed.insert(result.changed.end(), arranged.begin(), arranged.end());
  result.changed.insert(result.changed.end(), end, slots.end());

  result.own_reference = take_reference_rows(genes, rows, perturbation, rules.bank);
  result.reference = std::move(slots);
  if (result.changed.size() > rules.max_length) {
    const std::size_t overflow = result.changed.size() - rules.max_length;
    cut(result.changed, std::min(overflow, arranged.size()), tail);
    cut(result.reference, std::min(overflow, result.reference.size() - tail), tail);
    result.own_reference = true;
  }
  return result;
}

}  // namespace biodta::analysis
