#include <biodta/analysis/cell_states.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/isnan.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <string>

namespace biodta::analysis {
namespace {

/// Mean of the rows that are numbers, as they come.
class MeanOfCells {
 public:
  explicit MeanOfCells(std::int64_t hidden_size) : sum_H_(at::zeros({hidden_size}, torch::kFloat64)) {}
  void add(const torch::Tensor& cells_BH) {
    const auto known_B = at::isnan(cells_BH).any(1).logical_not();
    sum_H_ += cells_BH.index({known_B}).to(torch::kFloat64).sum(0);
    count_ += known_B.sum().item<std::int64_t>();
  }
  std::int64_t count() const { return count_; }
  torch::Tensor mean() const { return sum_H_ / static_cast<double>(count_); }

 private:
  torch::Tensor sum_H_;
  std::int64_t count_ = 0;
};

}  // namespace

torch::Tensor state_embeddings(model::MaskedLanguageModel& model, torch::Device device,
                               const ShiftSubjects& subjects,
                               std::span<const std::vector<std::uint32_t>> cells_of_state,
                               const ContextualEmbeddingOptions& options) {
  ContextualEmbedder embedder(model, device, subjects, options);
  std::vector<torch::Tensor> states;
  for (const auto& cells : cells_of_state) {
    MeanOfCells state(model->config().bert.hidden_size);
    embedder.embed(cells, [&](const data::PackedBatch& batch, const torch::Tensor& states_TH) {
      state.add(cell_means(batch, states_TH, subjects.cells.first_gene_token()));
    });
    if (state.count() == 0)
      throw Error("cell state " + std::to_string(states.size()) + " has no cell with a gene");
    states.push_back(state.mean());
  }
  return at::stack(states);
}

}  // namespace biodta::analysis
