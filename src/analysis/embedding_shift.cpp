#include "perturbed_batches.hpp"
#include "shift_meter.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/model/autocast.hpp>
#include <biodta/support/error.hpp>

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <functional>
#include <optional>
#include <string>

namespace biodta::analysis {
namespace {

std::size_t state_count(const ShiftSubjects& subjects) {
  return subjects.states_SH.defined() ? static_cast<std::size_t>(subjects.states_SH.size(0)) : 0;
}

void check_subjects(const ShiftSubjects& subjects, std::int64_t hidden_size) {
  const auto& states_SH = subjects.states_SH;
  if (states_SH.defined() && (states_SH.dim() != 2 || states_SH.size(1) != hidden_size))
    throw Error("embeddings of cell states are not [S, " + std::to_string(hidden_size) + "]");
  for (const std::int32_t group : subjects.group_of_cell)
    if (group >= static_cast<std::int64_t>(subjects.groups))
      throw Error("a cell is in group " + std::to_string(group) + " of " + std::to_string(subjects.groups));
}

/// What is done as the work goes on.
struct MeterCalls {
  ShiftMeter::Visitor visit;                            ///< with each changed cell
  std::function<void(std::uint64_t tokens)> batch_ran;  ///< after each batch; with all tokens run so far
  std::function<void(std::uint64_t cells)> cells_done;  ///< after each unchanged batch; with all cells so far
};

/// Runs every cell, unchanged and changed.
void run_meter(model::MaskedLanguageModel& model, torch::Device device, const ShiftSubjects& subjects,
               std::span<const std::uint32_t> cells, const PerturbationsOfCell& perturbations,
               const ShiftOptions& options, const MeterCalls& calls) {
  const c10::InferenceMode no_gradients;
  const model::AutocastGuard autocast(options.bfloat16 ? std::optional(torch::kBFloat16) : std::nullopt,
                                      device);
  check_subjects(subjects, model->config().bert.hidden_size);
  LayerRunner runner(model, device, subjects.bank, options.layer);
  ShiftMeter meter(runner, options.measure, subjects.states_SH);
  for_each_perturbed_batch(
      subjects, rules_of(subjects), cells, perturbations, {options.batch_tokens},
      [&](const data::PackedBatch& unchanged) { meter.begin(unchanged); },
      [&](const PerturbedBatch& changed) {
        meter.measure(changed, calls.visit);
        if (calls.batch_ran) calls.batch_ran(runner.tokens_run());
      },
      [&](std::uint64_t done) {
        if (calls.cells_done) calls.cells_done(done);
      });
}

/// Tells a progress, where there is one.
std::function<void(std::uint64_t)> updates_of(support::Progress* progress) {
  if (progress == nullptr) return {};
  return [progress](std::uint64_t done) { progress->update(done); };
}

void observe(const MeasuredCell& cell, const ShiftObserver& observer) {
  if (!observer) return;
  for (std::size_t i = 0; i < cell.token.size(); ++i)
    observer({cell.cell, cell.perturbation, cell.token[i], cell.shift[i]});
}

/// Cell-level effects, of a ShiftTable or a GeneEffect.
template <class Effect>
void add_cell_effect(const MeasuredCell& cell, Effect& effect) {
  if (std::isnan(cell.mean)) return;
  effect.cell.add(cell.mean);
  for (std::size_t i = 0; i < cell.states.size(); ++i) effect.states[i].add(cell.states[i]);
}

void add_to_table(const MeasuredCell& cell, ShiftTable& table) {
  ++table.cells;
  for (std::size_t i = 0; i < cell.token.size(); ++i)
    (cell.perturbed[i] != 0 ? table.perturbed : table.genes[cell.token[i]]).add(cell.shift[i]);
  add_cell_effect(cell, table);
}

}  // namespace

void describe(support::OptionVisitor& visit, ShiftOptions& options) {
  visit.field("layer", options.layer,
              "layer whose embeddings are compared: -1 = last, -2 = penultimate (the paper's)");
  visit.field("batch_tokens", options.batch_tokens, "tokens a forward pass", support::at_least(1));
  visit.choice("measure", options.measure,
               {{"cosine", ShiftMeasure::kCosine}, {"euclidean", ShiftMeasure::kEuclidean}},
               "how far an embedding moved: 1 - cosine similarity (the paper's), or the distance");
  visit.field("bfloat16", options.bfloat16,
              "matrix products in bfloat16: faster where the processor has it; its rounding moves shifts by "
              "up to some 1e-4");
}

std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const JointPerturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress,
                                       const ShiftObserver& observer) {
  check_all(perturbations, rules_of(subjects), subjects);
  const auto empty = make_shift_table(static_cast<std::size_t>(model->config().vocabulary_size),
                                      state_count(subjects), subjects.groups);
  std::vector<ShiftTable> tables(perturbations.size(), empty);
  const auto add = [&](const MeasuredCell& cell) {
    ShiftTable& table = tables[cell.perturbation];
    add_to_table(cell, table);
    const auto group = subjects.group_of_cell.empty() ? -1 : subjects.group_of_cell[cell.cell];
    if (group >= 0) add_to_table(cell, table.groups[static_cast<std::size_t>(group)]);
    observe(cell, observer);
  };
  run_meter(model, device, subjects, cells, same_for_all(perturbations), options,
            {add, {}, updates_of(progress)});
  return tables;
}

std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const Perturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress,
                                       const ShiftObserver& observer) {
  const auto alone = each_alone(perturbations);
  return measure_shifts(model, device, subjects, cells, std::span<const JointPerturbation>(alone), options,
                        progress, observer);
}

std::vector<GeneEffect> measure_every_gene(model::MaskedLanguageModel& model, torch::Device device,
                                           const ShiftSubjects& subjects,
                                           std::span<const std::uint32_t> cells, const Perturbation& how,
                                           const ShiftOptions& options, support::Progress* progress,
                                           const ShiftObserver& observer,
                                           const CellEffectObserver& tell_effect) {
  if (!how.row.empty() || !how.reference_row.empty())
    throw Error("a row that replaces every gene's is of no gene");
  const auto first_gene = subjects.cells.first_gene_token();
  JointPerturbation one{{how}};
  one.genes.front().token = first_gene;
  check(one, rules_of(subjects));
  std::vector<GeneEffect> effects(static_cast<std::size_t>(model->config().vocabulary_size));
  for (auto& effect : effects) effect.states.resize(state_count(subjects));
  const auto every_gene = [&](std::span<const std::int64_t> tokens, const AddPerturbation& add) {
    for (const std::int64_t token : tokens) {
      if (token < static_cast<std::int64_t>(first_gene)) continue;
      one.genes.front().token = static_cast<cells::TokenId>(token);
      add(one, static_cast<std::size_t>(token));
    }
  };
  const auto add = [&](const MeasuredCell& cell) {
    add_cell_effect(cell, effects[cell.perturbation]);
    if (tell_effect && !std::isnan(cell.mean))
      tell_effect({cell.cell, static_cast<cells::TokenId>(cell.perturbation), cell.mean, cell.states});
    observe(cell, observer);
  };
  run_meter(model, device, subjects, cells, every_gene, options, {add, updates_of(progress), {}});
  return effects;
}

ForwardTokens forward_tokens(const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                             std::span<const JointPerturbation> perturbations, const ShiftOptions& options) {
  const CellRules rules = rules_of(subjects);
  check_all(perturbations, rules, subjects);
  ForwardTokens tokens;
  std::int64_t batch = 0;
  bool reference_needed = false;
  for_each_perturbed_batch(
      subjects, rules, cells, same_for_all(perturbations), {options.batch_tokens},
      [&](const data::PackedBatch& unchanged) {
        batch = static_cast<std::int64_t>(unchanged.tokens.size());
        reference_needed = false;
      },
      [&](const PerturbedBatch& changed) {
        if (changed.before.empty()) return;
        tokens.perturbed += changed.batch.tokens.size();
        tokens.reference += changed.reference.tokens.size();
        for (const std::int64_t index : changed.before) reference_needed = reference_needed || index < batch;
      },
      [&](std::uint64_t) {
        if (reference_needed) tokens.reference += static_cast<std::uint64_t>(batch);
      });
  return tokens;
}

ForwardTokens forward_tokens_of_every_gene(const ShiftSubjects& subjects,
                                           std::span<const std::uint32_t> cells, PerturbationKind how) {
  const auto first_gene = subjects.cells.first_gene_token();
  ForwardTokens tokens;
  for (const std::uint32_t cell : cells) {
    std::uint64_t genes = 0;
    const auto own = subjects.cells.tokens_of(cell);
    for (const cells::TokenId token : own) genes += token >= first_gene ? 1 : 0;
    const bool deletes = how == PerturbationKind::kDelete;
    tokens.reference += own.size();
    if (genes == 1 && (deletes || how == PerturbationKind::kMask)) continue;  // no other gene to measure
    tokens.perturbed += genes * (own.size() - (deletes ? 1 : 0));
  }
  return tokens;
}

}  // namespace biodta::analysis
