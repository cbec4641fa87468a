#include "layer_runner.hpp"

#include <biodta/data/tensors.hpp>
#include <biodta/support/error.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <string>
#include <utility>

namespace biodta::analysis {

std::vector<std::vector<std::uint32_t>> pack_by_length(const data::BatchBuilder& builder,
                                                       std::span<const std::uint32_t> cells,
                                                       std::int64_t most) {
  std::vector<std::pair<std::size_t, std::uint32_t>> sized;
  sized.reserve(cells.size());
  for (const std::uint32_t cell : cells) sized.emplace_back(builder.tokens_of(cell).size(), cell);
  std::stable_sort(sized.begin(), sized.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<std::uint32_t>> groups;
  std::size_t tokens = 0;
  for (const auto& [length, cell] : sized) {
    if (length == 0) continue;
    if (groups.empty() || tokens + length > static_cast<std::size_t>(most)) {
      groups.emplace_back();
      tokens = 0;
    }
    groups.back().push_back(cell);
    tokens += length;
  }
  return groups;
}

LayerRunner::LayerRunner(model::MaskedLanguageModel& model, torch::Device device,
                         const embedding::EmbeddingBank* bank, std::int64_t layer)
    : model_(model), device_(device), layer_(layer) {
  const std::int64_t layers = model->config().bert.layers;
  if (layer > layers || layer < -(layers + 1))
    throw ConfigError("layer: found " + std::to_string(layer) + ", expected " +
                      std::to_string(-(layers + 1)) + " to " + std::to_string(layers) + " (the model has " +
                      std::to_string(layers) + " layers)");
  if (bank != nullptr) values_ = data::bank_tensor(*bank).to(device);
}

model::PackedSequences LayerRunner::input(const data::PackedBatch& batch,
                                          std::span<const float> extra) const {
  model::PackedSequences input = data::to_tensors(batch, values_, device_);
  if (!extra.empty()) {
    auto* values = const_cast<float*>(extra.data());
    const std::int64_t size = values_.size(1);
    const auto rows_XE =
        at::from_blob(values, {static_cast<std::int64_t>(extra.size()) / size, size}, torch::kFloat32);
    input.rows_UE = at::cat({input.rows_UE, rows_XE.to(device_)});
  }
  return input;
}

torch::Tensor LayerRunner::run(const data::PackedBatch& batch, std::span<const float> extra) {
  tokens_run_ += batch.tokens.size();
  return model_->hidden_states(input(batch, extra), {layer_}).at(0);
}

}  // namespace biodta::analysis
