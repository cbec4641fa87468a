#include "perturbed_batches.hpp"

#include "layer_runner.hpp"

#include <biodta/support/error.hpp>

#include <algorithm>
#include <string>

namespace biodta::analysis {
namespace {

/// Cuts groups of cells to at most so many.
std::vector<std::vector<std::uint32_t>> at_most(const std::vector<std::vector<std::uint32_t>>& groups,
                                                std::size_t most) {
  std::vector<std::vector<std::uint32_t>> result;
  for (const auto& group : groups) {
    for (std::size_t first = 0; first < group.size(); first += std::min(most, group.size() - first)) {
      const auto begin = group.begin() + static_cast<std::ptrdiff_t>(first);
      result.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(std::min(most, group.size() - first)));
    }
  }
  return result;
}

/// Changed cells of one unchanged batch, handed on whenever no more fit.
class FillingBatch {
 public:
  FillingBatch(const data::PackedBatch& unchanged, const CellRules& rules, const BatchLimits& limits,
               const std::function<void(const PerturbedBatch&)>& visit)
      : unchanged_(unchanged), builder_(unchanged, rules), limits_(limits), visit_(visit) {}

  void add(std::size_t cell, const JointPerturbation& perturbation, std::size_t index) {
    const std::size_t at_most =
        static_cast<std::size_t>(unchanged_.lengths[cell]) + perturbation.genes.size();
    if (builder_.token_count() + at_most > static_cast<std::size_t>(limits_.tokens)) hand_on();
    held_ += builder_.add(cell, perturbation, index) ? 1 : 0;
    if (held_ == limits_.cells) hand_on();
  }

  void hand_on() {
    if (held_ > 0) visit_(builder_.take());
    held_ = 0;
  }

 private:
  const data::PackedBatch& unchanged_;
  PerturbedBatchBuilder builder_;
  const BatchLimits& limits_;
  const std::function<void(const PerturbedBatch&)>& visit_;
  std::size_t held_ = 0;
};

}  // namespace

CellRules rules_of(const ShiftSubjects& subjects) {
  return {
      subjects.cells.first_gene_token(), subjects.cells.max_length(), subjects.bank,
      [&cells = subjects.cells](cells::TokenId gene, std::uint32_t cell) { return cells.row_of(gene, cell); },
      subjects.values};
}

void check_all(std::span<const JointPerturbation> perturbations, const CellRules& rules,
               const ShiftSubjects& subjects) {
  const auto& read = subjects.cells.genes();
  for (const auto& perturbation : perturbations) {
    check(perturbation, rules);
    for (const auto& gene : perturbation.genes) {
      if (!gene.row.empty() && subjects.bank == nullptr)
        throw Error("a row can only be replaced in a model that reads rows of a bank");
      if (gene.kind == PerturbationKind::kOverexpress && gene.row.empty() &&
          !std::binary_search(read.begin(), read.end(), gene.token))
        throw Error("token " + std::to_string(gene.token) +
                    " cannot be overexpressed: the model has neither a row nor a vector for it");
    }
  }
}

PerturbationsOfCell same_for_all(std::span<const JointPerturbation> perturbations) {
  return [perturbations](std::span<const std::int64_t>, const AddPerturbation& add) {
    for (std::size_t i = 0; i < perturbations.size(); ++i) add(perturbations[i], i);
  };
}

void for_each_perturbed_batch(const ShiftSubjects& subjects, const CellRules& rules,
                              std::span<const std::uint32_t> cells, const PerturbationsOfCell& perturbations,
                              const BatchLimits& limits,
                              const std::function<void(const data::PackedBatch&)>& begin,
                              const std::function<void(const PerturbedBatch&)>& visit,
                              const std::function<void(std::uint64_t)>& end) {
  std::uint64_t done = 0;
  for (const auto& group : at_most(pack_by_length(subjects.cells, cells, limits.tokens), limits.cells)) {
    const data::PackedBatch unchanged = subjects.cells.build(group);
    begin(unchanged);
    FillingBatch filling(unchanged, rules, limits, visit);
    const std::int64_t* tokens = unchanged.tokens.data();
    for (std::size_t cell = 0; cell < group.size(); ++cell) {
      const std::span<const std::int64_t> own(tokens, static_cast<std::size_t>(unchanged.lengths[cell]));
      perturbations(own, [&](const JointPerturbation& perturbation, std::size_t index) {
        filling.add(cell, perturbation, index);
      });
      tokens += unchanged.lengths[cell];
    }
    filling.hand_on();
    done += group.size();
    end(done);
  }
}

}  // namespace biodta::analysis
