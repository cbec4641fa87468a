#include <biodta/model/bert_encoder.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/model/masked_token_head.hpp>
#include <biodta/model/sequence_layout.hpp>
#include <biodta/support/error.hpp>

#include <string>

namespace biodta::model {
namespace {

/// Entries of hidden_states by number from 0, negative ones counted from the end.
std::vector<std::int64_t> resolve(const std::vector<std::int64_t>& layers, std::int64_t count) {
  std::vector<std::int64_t> resolved;
  for (const std::int64_t layer : layers) {
    const std::int64_t number = layer < 0 ? layer + count + 1 : layer;
    if (number < 0 || number > count) {
      throw Error("layer " + std::to_string(layer) +
                  " was asked for, but the model has layers 0 (embeddings) to " + std::to_string(count));
    }
    resolved.push_back(number);
  }
  return resolved;
}

}  // namespace

struct MaskedLanguageModelImpl::Parts {
  Bert bert;
  MaskedTokenHead head;
};

MaskedLanguageModelImpl::MaskedLanguageModelImpl(const ModelConfig& config) : config_(config) {
  validate(config_);
  parts_ = std::make_unique<Parts>(
      Parts{register_module("bert", Bert(config_)), register_module("cls", MaskedTokenHead(config_))});
}

MaskedLanguageModelImpl::~MaskedLanguageModelImpl() = default;

void MaskedLanguageModelImpl::initialise(std::uint64_t seed) {
  parts_->bert->initialise(seed);
  parts_->head->initialise(seed);
}

AdapterEmbedder& MaskedLanguageModelImpl::adapter() {
  auto* const adapter = dynamic_cast<AdapterEmbedder*>(&parts_->bert->tokens());
  if (adapter == nullptr) throw Error("the model has a table of token embeddings, not an adapter");
  return *adapter;
}

void MaskedLanguageModelImpl::fit_input_map(const torch::Tensor& reference_rows_GE) {
  adapter().fit_input_map(reference_rows_GE);
}

void MaskedLanguageModelImpl::set_vocabulary_rows(const torch::Tensor& row_V, const torch::Tensor& rows_UE) {
  if (config_.decoder != Decoder::kAdapter)
    throw Error("the model was given rows of its vocabulary, but its decoder does not read them");
  if (row_V.dim() != 1 || row_V.size(0) < config_.vocabulary_size) {
    throw Error("rows were given for " + std::to_string(row_V.size(0)) + " tokens, expected at least the " +
                std::to_string(config_.vocabulary_size) + " of the model's vocabulary");
  }
  adapter().set_vocabulary_rows(row_V, rows_UE);
}

torch::Tensor MaskedLanguageModelImpl::adapt(const torch::Tensor& rows_UE) {
  return adapter().adapt(rows_UE);
}

torch::Tensor MaskedLanguageModelImpl::map_rows(const torch::Tensor& rows_UE) {
  return adapter().map_rows(rows_UE);
}

torch::Tensor MaskedLanguageModelImpl::forward(const PackedSequences& input, const torch::Tensor& masked_M) {
  const auto layout = make_layout(input);
  const auto selection = select_queries(layout, masked_M);
  const auto hidden_MH = parts_->bert->forward_at(reorder(input, layout), layout, selection);
  return score(selection.restore_M.defined() ? gather_rows(hidden_MH, selection.restore_M) : hidden_MH);
}

std::vector<torch::Tensor> MaskedLanguageModelImpl::hidden_states(const PackedSequences& input,
                                                                  const std::vector<std::int64_t>& layers) {
  return parts_->bert->hidden_states(input, resolve(layers, config_.bert.layers));
}

torch::Tensor MaskedLanguageModelImpl::score(const torch::Tensor& hidden_MH) {
  if (config_.decoder == Decoder::kOwn) return parts_->head->forward(hidden_MH, {});
  const auto table_VH = parts_->bert->tokens().table();
  if (!table_VH.defined())
    throw Error("the model's decoder needs the rows of the vocabulary, which were not given");
  return parts_->head->forward(hidden_MH, table_VH);
}

}  // namespace biodta::model
