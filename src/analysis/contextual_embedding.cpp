#include "layer_runner.hpp"

#include <biodta/analysis/contextual_embedding.hpp>

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

namespace biodta::analysis {
namespace {

torch::Tensor on_device(const std::vector<std::int64_t>& values, torch::Device device) {
  return at::tensor(values, torch::kInt64).to(device);
}

torch::TensorOptions doubles(torch::Device device) {
  return torch::TensorOptions(torch::kFloat64).device(device);
}

}  // namespace

void describe(support::OptionVisitor& visit, ContextualEmbeddingOptions& options) {
  visit.field("layer", options.layer,
              "layer whose output is the embedding: -1 = last, -2 = penultimate, 0 = the input");
  visit.field("batch_tokens", options.batch_tokens, "tokens a forward pass", support::at_least(1));
}

struct ContextualEmbedder::Implementation {
  LayerRunner runner;
  ShiftSubjects subjects;
  std::int64_t batch_tokens;
};

ContextualEmbedder::ContextualEmbedder(model::MaskedLanguageModel& model, torch::Device device,
                                       const ShiftSubjects& subjects,
                                       const ContextualEmbeddingOptions& options)
    : implementation_(std::make_unique<Implementation>(
          Implementation{{model, device, subjects.bank, options.layer}, subjects, options.batch_tokens})) {}
ContextualEmbedder::~ContextualEmbedder() = default;
ContextualEmbedder::ContextualEmbedder(ContextualEmbedder&&) noexcept = default;

void ContextualEmbedder::embed(std::span<const std::uint32_t> cells, const Visitor& visit) {
  const c10::InferenceMode no_gradients;
  auto& [runner, subjects, batch_tokens] = *implementation_;
  for (const auto& group : pack_by_length(subjects.cells, cells, batch_tokens)) {
    const data::PackedBatch batch = subjects.cells.build(group);
    visit(batch, runner.run(batch));
  }
}

torch::Tensor cell_means(const data::PackedBatch& batch, const torch::Tensor& states_TH,
                         cells::TokenId first_gene_token) {
  const c10::InferenceMode no_gradients;
  // Special tokens are gathered in a row of their own behind the cells.
  const auto cells = static_cast<std::int64_t>(batch.lengths.size());
  std::vector<std::int64_t> cell_of;
  std::vector<double> genes(batch.lengths.size(), 0.0);
  cell_of.reserve(batch.tokens.size());
  for (std::int64_t cell = 0; cell < cells; ++cell) {
    for (std::int64_t i = 0; i < batch.lengths[static_cast<std::size_t>(cell)]; ++i) {
      const bool gene = batch.tokens[cell_of.size()] >= static_cast<std::int64_t>(first_gene_token);
      cell_of.push_back(gene ? cell : cells);
      if (gene) ++genes[static_cast<std::size_t>(cell)];
    }
  }
  const auto device = states_TH.device();
  auto sum_BH = at::zeros({cells + 1, states_TH.size(1)}, doubles(device));
  sum_BH.index_add_(0, on_device(cell_of, device), states_TH.to(torch::kFloat64));
  const auto genes_B1 = at::tensor(genes, torch::kFloat64).to(device).unsqueeze(1);
  return (sum_BH.narrow(0, 0, cells) / genes_B1).to(torch::kCPU, torch::kFloat32).contiguous();
}

GeneMeans::GeneMeans(std::int64_t tokens, std::int64_t hidden_size, torch::Device device)
    : sum_VH_(at::zeros({tokens, hidden_size}, doubles(device))),
      cells_(static_cast<std::size_t>(tokens), 0) {}

void GeneMeans::add(const data::PackedBatch& batch, const torch::Tensor& states_TH) {
  const c10::InferenceMode no_gradients;
  sum_VH_.index_add_(0, on_device(batch.tokens, sum_VH_.device()), states_TH.to(torch::kFloat64));
  for (const std::int64_t token : batch.tokens) ++cells_[static_cast<std::size_t>(token)];
}

torch::Tensor GeneMeans::means(std::span<const cells::TokenId> tokens) const {
  const c10::InferenceMode no_gradients;
  std::vector<std::int64_t> rows(tokens.begin(), tokens.end());
  std::vector<double> counts;
  for (const cells::TokenId token : tokens) counts.push_back(static_cast<double>(cells_.at(token)));
  const auto device = sum_VH_.device();
  const auto counts_G1 = at::tensor(counts, torch::kFloat64).to(device).unsqueeze(1);
  return (sum_VH_.index_select(0, on_device(rows, device)) / counts_G1)
      .to(torch::kCPU, torch::kFloat32)
      .contiguous();
}

}  // namespace biodta::analysis
