#include <biodta/model/masked_language_model.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <ATen/ops/equal.h>

#include <string>

namespace biodta::model {
namespace {

constexpr const char* kConfigName = "config.json";
constexpr const char* kWeightsName = "model.safetensors";

/// Drops an entry that Hugging Face may write beside the one it is tied to; refuses one that differs.
void drop_alias(weights::NamedTensors& tensors, const std::string& alias, const std::string& of,
                const std::filesystem::path& path) {
  const auto found = tensors.find(alias);
  if (found == tensors.end()) return;
  const auto original = tensors.find(of);
  if (original != tensors.end() && !at::equal(found->second, original->second)) {
    throw InputError(path, alias, "values of its own", "the same as " + of);
  }
  tensors.erase(found);
}

}  // namespace

void save_model(const MaskedLanguageModel& model, const std::filesystem::path& folder) {
  weights::write_safetensors(folder / kWeightsName, weights::state_of(*model), {{"format", "pt"}});
  write_model_config(folder / kConfigName, model->config());
}

std::filesystem::path weights_file(const std::filesystem::path& folder) {
  for (const char* name : {kWeightsName, "pytorch_model.bin"}) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  throw InputError(folder, "", "neither model.safetensors nor pytorch_model.bin", "a model's weights");
}

MaskedLanguageModel load_model(const std::filesystem::path& folder) {
  const ModelConfig config = read_model_config(folder / kConfigName);
  const auto path = weights_file(folder);
  auto tensors = weights::read_tensors(path).tensors;
  tensors.erase("bert.embeddings.position_ids");
  drop_alias(tensors, "cls.predictions.decoder.bias", "cls.predictions.bias", path);
  if (config.decoder == Decoder::kTied) {
    drop_alias(tensors, "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight", path);
  }
  MaskedLanguageModel model(config);
  weights::load_state(*model, tensors, path);
  model->eval();
  return model;
}

}  // namespace biodta::model
