#include <biodta/model/hugging_face.hpp>
#include <biodta/support/error.hpp>
#include <biodta/weights/state.hpp>
#include <biodta/weights/tensor_file.hpp>

#include <ATen/ops/zeros.h>

#include <set>
#include <string>

namespace biodta::model {
namespace {

constexpr const char* kEmbeddings = "bert.embeddings.";
constexpr const char* kSpecialVectors = "bert.embeddings.special_embeddings.weight";
constexpr const char* kLearnedVectors = "bert.embeddings.learned_embeddings.weight";
constexpr const char* kDecoder = "cls.predictions.decoder.weight";
constexpr const char* kWordVectors = "bert.embeddings.word_embeddings.weight";

std::set<std::string> names_of(const MaskedLanguageModel& model) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : weights::state_of(*model)) names.insert(name);
  return names;
}

}  // namespace

torch::Tensor word_embeddings_of(MaskedLanguageModel& model, const torch::Tensor& tokens_U,
                                 const torch::Tensor& rows_UE) {
  const torch::NoGradGuard no_gradients;
  const auto adapted_UH = model->adapt(rows_UE).to(torch::kCPU);
  const auto state = weights::state_of(*model);
  const auto& specials = state.at(kSpecialVectors);
  auto table_VH = at::zeros({model->config().vocabulary_size, adapted_UH.size(1)});
  table_VH.narrow(0, 0, specials.size(0)).copy_(specials);
  const auto& learned = model->config().learned_tokens;
  if (!learned.empty())
    table_VH.index_copy_(0, torch::tensor(learned, torch::kInt64), state.at(kLearnedVectors));
  table_VH.index_copy_(0, tokens_U.to(torch::kCPU), adapted_UH);
  return table_VH;
}

MaskedLanguageModel with_table(const MaskedLanguageModel& model, const torch::Tensor& word_embeddings_VH,
                               const torch::Tensor& reference_VH) {
  ModelConfig config = model->config();
  const bool decodes_by_adapter = config.decoder == Decoder::kAdapter;
  if (decodes_by_adapter && !reference_VH.defined())
    throw Error("a decoder that scores against the adapter needs the vectors of the reference rows");
  config.embedding = {.kind = TokenEmbedding::kTable};
  config.learned_tokens.clear();
  config.decoder = Decoder::kOwn;
  config.row_size = 0;
  config.row_parts.clear();
  config.row_origin.clear();
  MaskedLanguageModel table(config);
  auto tensors = weights::state_of(*model);
  const auto wanted = names_of(table);
  std::erase_if(tensors, [&](const auto& entry) {
    return entry.first.starts_with(kEmbeddings) && !wanted.contains(entry.first);
  });
  tensors[kWordVectors] = word_embeddings_VH;
  if (decodes_by_adapter) tensors[kDecoder] = reference_VH;
  weights::load_state(*table, tensors, "the model with a table");
  table->eval();
  return table;
}

void require_hugging_face_head(const ModelConfig& config, const std::filesystem::path& folder) {
  if (config.head_transform) return;
  throw ConfigError(
      "hf: found " + folder.string() +
          " without head_transform, expected a model with it: every BertForMaskedLM has a dense "
          "layer before its decoder",
      "train with model.head_transform: true; cell and gene embeddings need no head");
}

void save_hugging_face(const MaskedLanguageModel& model, const std::filesystem::path& folder) {
  if (model->config().embedding.kind == TokenEmbedding::kAdapter)
    throw Error("a model with an adapter is no BertForMaskedLM before its rows are made a table");
  require_hugging_face_head(model->config(), folder);
  save_model(model, folder);
  // transformers ties the decoder's bias to the head's in some versions and reads it under its own name in
  // others.
  auto tensors = weights::state_of(*model);
  tensors["cls.predictions.decoder.bias"] = tensors.at("cls.predictions.bias").clone();
  weights::write_safetensors(folder / "model.safetensors", tensors, {{"format", "pt"}});
}

}  // namespace biodta::model
