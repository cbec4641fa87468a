#pragma once
/// @file
/// A model as Hugging Face's BertForMaskedLM: an adapter becomes the table of what it gives for chosen rows.

#include <biodta/model/masked_language_model.hpp>

#include <torch/types.h>

#include <filesystem>

namespace biodta::model {

/// The input embedding of every token when each gene has one row for good: learned vectors for pad and mask,
/// the adapter's output for the tokens given, the learned vectors of ModelConfig::learned_tokens, and zeros
/// for all others. Adapter only.
/// @param tokens_U  int64, each token at most once, none of them pad, mask or learned
/// @param rows_UE   float32, the row of each
/// @return [V, H]
torch::Tensor word_embeddings_of(MaskedLanguageModel& model, const torch::Tensor& tokens_U,
                                 const torch::Tensor& rows_UE);

/// A model with a table in the place of its adapter, all other weights the same and the decoder its own: it
/// gives what the model gives for the rows that the table was made of.
/// @param word_embeddings_VH  as word_embeddings_of gives them
/// @param reference_VH        the same for the reference rows, against which Decoder::kAdapter scores; not
///                            needed for another decoder. Throws Error where it is and is missing.
MaskedLanguageModel with_table(const MaskedLanguageModel& model, const torch::Tensor& word_embeddings_VH,
                               const torch::Tensor& reference_VH = {});

/// Throws ConfigError where no BertForMaskedLM is the same function: without the head's transform.
/// @param folder  of the model, for the message
void require_hugging_face_head(const ModelConfig& config, const std::filesystem::path& folder);

/// Writes config.json and model.safetensors into an existing folder, as `BertForMaskedLM.from_pretrained`
/// reads them and load_model too. Throws Error for a model with an adapter: with_table comes first.
void save_hugging_face(const MaskedLanguageModel& model, const std::filesystem::path& folder);

}  // namespace biodta::model
