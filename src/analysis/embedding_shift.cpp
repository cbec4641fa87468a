#include "layer_runner.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/support/error.hpp>

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <string>

namespace biodta::analysis {
namespace {

torch::Tensor index_tensor(const std::vector<std::int64_t>& values, torch::Device device) {
  return torch::tensor(values, torch::kInt64).to(device);
}

/// 1 - cosine similarity of rows, in double, on the CPU.
torch::Tensor cosine_shift(const torch::Tensor& before_PH, const torch::Tensor& after_PH) {
  const auto a = before_PH.to(torch::kFloat64);
  const auto b = after_PH.to(torch::kFloat64);
  const auto norms = (a.square().sum(1) * b.square().sum(1)).sqrt();
  return (1.0 - (a * b).sum(1) / norms).to(torch::kCPU).contiguous();
}

/// Whether the gene already has its reference row in every cell that holds it.
bool has_reference_row(const data::PackedBatch& batch, const embedding::EmbeddingBank& bank,
                       const Perturbation& perturbation) {
  std::int64_t seen = -1;  // cells of one context share a row: compare each once
  for (std::size_t i = 0; i < batch.tokens.size(); ++i) {
    if (batch.tokens[i] != static_cast<std::int64_t>(perturbation.token) || batch.row[i] == seen) continue;
    seen = batch.row[i];
    const auto row = bank.row(static_cast<embedding::RowIndex>(batch.rows[static_cast<std::size_t>(seen)]));
    if (!std::equal(row.begin(), row.end(), perturbation.reference_row.begin(),
                    perturbation.reference_row.end()))
      return false;
  }
  return true;
}

/// One perturbation of one batch: the hidden states of its pairs, before and after, and the shifts they make.
class BatchMeter {
 public:
  BatchMeter(LayerRunner& runner, const embedding::EmbeddingBank* bank, const data::PackedBatch& unchanged)
      : runner_(runner), bank_(bank), unchanged_(unchanged) {}

  void measure(const Perturbation& perturbation, std::size_t index, ShiftTable& table,
               const ShiftObserver& observer) {
    const PerturbedBatch changed = perturb(unchanged_, perturbation);
    if (changed.cells.empty()) return;
    table.cells += changed.cells.size();
    if (changed.before.empty()) return;
    const auto after_TH = runner_.run(changed.batch, perturbation.row);
    const auto before_PH = unchanged_states(perturbation, changed);
    const auto shift_P =
        cosine_shift(before_PH, after_TH.index_select(0, index_tensor(changed.after, runner_.device())));
    const double* shifts = shift_P.const_data_ptr<double>();
    for (std::size_t pair = 0; pair < changed.token.size(); ++pair) {
      const cells::TokenId token = changed.token[pair];
      (token == perturbation.token ? table.perturbed : table.genes[token]).add(shifts[pair]);
      if (observer) observer({changed.batch.cells[changed.cell[pair]], index, token, shifts[pair]});
    }
  }

 private:
  torch::Tensor unchanged_states(const Perturbation& perturbation, const PerturbedBatch& changed) {
    const bool own = perturbation.kind == PerturbationKind::kReplaceRow &&
                     !has_reference_row(unchanged_, *bank_, perturbation);
    if (own) {
      Perturbation reference = perturbation;
      reference.row = perturbation.reference_row;
      const PerturbedBatch unmutated = perturb(unchanged_, reference);
      return runner_.run(unmutated.batch, reference.row)
          .index_select(0, index_tensor(unmutated.after, runner_.device()));
    }
    if (!states_TH_.defined()) states_TH_ = runner_.run(unchanged_);
    return states_TH_.index_select(0, index_tensor(changed.before, runner_.device()));
  }

  LayerRunner& runner_;
  const embedding::EmbeddingBank* bank_;
  const data::PackedBatch& unchanged_;
  torch::Tensor states_TH_;  // of the unchanged cells, once for all perturbations
};

void check(const Perturbation& perturbation, const embedding::EmbeddingBank* bank) {
  if (perturbation.kind != PerturbationKind::kReplaceRow) return;
  if (bank == nullptr) throw Error("a row can only be replaced in a model that reads rows of a bank");
  if (perturbation.row.size() != bank->row_size() || perturbation.reference_row.size() != bank->row_size())
    throw Error("a replacing row has " + std::to_string(perturbation.row.size()) +
                " values, the bank's rows have " + std::to_string(bank->row_size()));
}

}  // namespace

void describe(support::OptionVisitor& visit, ShiftOptions& options) {
  visit.field("layer", options.layer,
              "layer whose embeddings are compared: -1 = last, -2 = penultimate (the paper's)");
  visit.field("batch_tokens", options.batch_tokens, "tokens a forward pass", support::at_least(1));
}

std::vector<ShiftTable> measure_shifts(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects, std::span<const std::uint32_t> cells,
                                       std::span<const Perturbation> perturbations,
                                       const ShiftOptions& options, support::Progress* progress,
                                       const ShiftObserver& observer) {
  const c10::InferenceMode no_gradients;
  for (const auto& perturbation : perturbations) check(perturbation, subjects.bank);
  LayerRunner runner(model, device, subjects.bank, options.layer);
  std::vector<ShiftTable> tables(perturbations.size());
  for (auto& table : tables) table.genes.resize(static_cast<std::size_t>(model->config().vocabulary_size));

  std::uint64_t done = 0;
  for (const auto& group : pack_by_length(subjects.cells, cells, options.batch_tokens)) {
    const data::PackedBatch unchanged = subjects.cells.build(group);
    BatchMeter meter(runner, subjects.bank, unchanged);
    for (std::size_t i = 0; i < perturbations.size(); ++i)
      meter.measure(perturbations[i], i, tables[i], observer);
    done += group.size();
    if (progress != nullptr) progress->update(done);
  }
  return tables;
}

}  // namespace biodta::analysis
