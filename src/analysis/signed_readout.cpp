#include "perturbed_batches.hpp"
#include "readout_meter.hpp"

#include <biodta/analysis/signed_readout.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace biodta::analysis {
namespace {

// Logits, and changes by cell and gene, that are held at once: 64 MiB each.
constexpr double kLogitsAtOnce = 1 << 24;   // float32
constexpr double kChangesAtOnce = 1 << 23;  // float64

BatchLimits readout_limits(const ReadoutOptions& options, std::int64_t vocabulary) {
  const double slots = kLogitsAtOnce / static_cast<double>(vocabulary);
  const double tokens = std::min(static_cast<double>(options.batch_tokens), slots / options.share);
  const double cells = std::min(slots, kChangesAtOnce / static_cast<double>(vocabulary));
  return {std::max<std::int64_t>(1, static_cast<std::int64_t>(tokens)),
          std::max<std::size_t>(1, static_cast<std::size_t>(cells))};
}

bool is_perturbed(const JointPerturbation& perturbation, std::int64_t token) {
  return std::any_of(perturbation.genes.begin(), perturbation.genes.end(), [&](const Perturbation& gene) {
    return static_cast<std::int64_t>(gene.token) == token;
  });
}

/// The perturbations for every cell in which a gene is left to mask.
PerturbationsOfCell where_genes_are_left(std::span<const JointPerturbation> perturbations,
                                         cells::TokenId first_gene) {
  return [=](std::span<const std::int64_t> tokens, const AddPerturbation& add) {
    for (std::size_t i = 0; i < perturbations.size(); ++i) {
      const bool left = std::any_of(tokens.begin(), tokens.end(), [&](std::int64_t token) {
        return token >= static_cast<std::int64_t>(first_gene) && !is_perturbed(perturbations[i], token);
      });
      if (left) add(perturbations[i], i);
    }
  };
}

/// Adds one cell's changes, by token, to a table.
void add_changes(std::span<const double> change, std::span<const cells::TokenId> genes,
                 const JointPerturbation& perturbation, ShiftTable& table) {
  ++table.cells;
  double sum = 0.0;
  std::size_t count = 0;
  for (const cells::TokenId token : genes) {
    if (is_perturbed(perturbation, token)) {
      table.perturbed.add(change[token]);
      continue;
    }
    table.genes[token].add(change[token]);
    sum += change[token];
    ++count;
  }
  if (count > 0) table.cell.add(sum / static_cast<double>(count));
}

/// The changes of genes alone; NaN elsewhere.
std::vector<double> of_genes(std::span<const double> change, std::span<const cells::TokenId> genes) {
  std::vector<double> result(change.size(), std::numeric_limits<double>::quiet_NaN());
  for (const cells::TokenId token : genes) result[token] = change[token];
  return result;
}

}  // namespace

void describe(support::OptionVisitor& visit, ReadoutOptions& options) {
  visit.field("share", options.share, "share of a cell's genes that are masked, the same before and after",
              support::greater_than(0.0));
  visit.field("draws", options.draws, "how often masks are drawn", support::at_least(1));
  visit.field("seed", options.seed, "of the masks");
  visit.field("batch_tokens", options.batch_tokens, "tokens a forward pass at most", support::at_least(1));
}

std::vector<std::size_t> masked_genes(std::span<const char> candidates, const ReadoutOptions& options,
                                      std::uint64_t draw, std::uint32_t cell) {
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto random = support::RandomStream::of({static_cast<std::uint64_t>(options.seed), draw, cell});
  random.shuffle(order);
  std::erase_if(order, [&](std::size_t gene) { return candidates[gene] == 0; });
  const auto wanted =
      static_cast<std::size_t>(std::llround(options.share * static_cast<double>(candidates.size())));
  order.resize(std::min(order.size(), std::max<std::size_t>(wanted, 1)));
  return order;
}

std::vector<ShiftTable> measure_readout(model::MaskedLanguageModel& model, torch::Device device,
                                        const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                        std::span<const JointPerturbation> perturbations,
                                        const ReadoutOptions& options, support::Progress* progress,
                                        const ReadoutObserver& observer) {
  const c10::InferenceMode no_gradients;
  if (options.share <= 0.0 || options.draws < 1) throw Error("a readout without masks reads nothing");
  const CellRules rules = rules_of(subjects);
  check_all(perturbations, rules, subjects);
  const auto vocabulary = static_cast<std::size_t>(model->config().vocabulary_size);
  const auto& genes = subjects.cells.genes();
  std::vector<ShiftTable> tables(perturbations.size(), make_shift_table(vocabulary, 0, subjects.groups));
  ReadoutMeter meter(model, device, subjects, options);
  const auto add = [&](std::uint32_t cell, std::size_t index, std::span<const double> change) {
    add_changes(change, genes, perturbations[index], tables[index]);
    const auto group = subjects.group_of_cell.empty() ? -1 : subjects.group_of_cell[cell];
    if (group >= 0)
      add_changes(change, genes, perturbations[index],
                  tables[index].groups.at(static_cast<std::size_t>(group)));
    if (observer) observer(cell, index, of_genes(change, genes));
  };
  for_each_perturbed_batch(
      subjects, rules, cells, where_genes_are_left(perturbations, rules.first_gene_token),
      readout_limits(options, model->config().vocabulary_size),
      [&](const data::PackedBatch& unchanged) { meter.begin(unchanged); },
      [&](const PerturbedBatch& changed) {
        const auto change_BV = meter.measure(changed);
        for (std::size_t i = 0; i < changed.cells.size(); ++i)
          add(changed.batch.cells[i], changed.perturbation[i],
              {change_BV[static_cast<std::int64_t>(i)].const_data_ptr<double>(), vocabulary});
      },
      [&](std::uint64_t done) {
        if (progress != nullptr) progress->update(done);
      });
  return tables;
}

}  // namespace biodta::analysis
