#pragma once
/// @file
/// Sizes of the model. Defaults are the paper's (A.1), which are Geneformer's 6-layer model (Theodoris et al.
/// 2023).

#include <biodta/support/options.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace biodta::model {

struct BertConfig {
  std::int64_t layers = 6;
  std::int64_t hidden_size = 256;
  std::int64_t heads = 4;
  std::int64_t intermediate_size = 512;
  std::int64_t max_positions = 2048;  ///< longest sequence
  double hidden_dropout = 0.02;
  double attention_dropout = 0.02;
  double layer_norm_epsilon = 1e-12;
  double initializer_range = 0.02;  ///< standard deviation of weights at the start
  /// In training, a layer keeps its input alone and is run once more in the backward pass: less memory for
  /// about a third more computing, and the same numbers bit by bit. A matter of the run, not of the model:
  /// config.json does not have it.
  bool recompute = false;
};
void describe(support::OptionVisitor& visit, BertConfig& config);

/// Where a gene token's input embedding comes from.
enum class TokenEmbedding {
  kAdapter,  ///< a small network over the gene's embedding row, softplus(Linear(E)) at first: Bio-DTA
  kTable     ///< a learned row a token: the adapter-free twin
};

/// A fixed map of the bank's rows before the adapter, computed once from the reference rows and saved with
/// the model.
enum class InputMap {
  kNone,
  kStandardised,  ///< each feature to mean 0, standard deviation 1
  kWhitened  ///< standardised, then rotated to principal axes scaled by 1/sqrt(lambda + shrinkage × mean
             ///< lambda)
};

/// What follows each linear layer of the adapter.
enum class Activation {
  kSoftplus,  ///< log(1 + exp(x)): the paper's
  kRelu,
  kGelu,  ///< x · Φ(x), exact
  kNone
};
/// As in YAML and config.json: "softplus", …
const char* name_of(Activation activation);

struct EmbedderConfig {
  TokenEmbedding kind = TokenEmbedding::kAdapter;
  Activation activation = Activation::kSoftplus;  ///< adapter only
  std::int64_t hidden_size = 0;  ///< of a layer inside the adapter; 0 = none, as in the paper; adapter only
  InputMap input_map = InputMap::kWhitened;  ///< adapter only
  double shrinkage = 0.1;                    ///< whitening only
  /// Standard deviation at the start of the table, and of the vectors of learned_tokens.
  double table_initializer_range = 0.02;
  /// Standard deviation of the adapter's weights at the start; 0 = 1/sqrt(inputs of the layer).
  double adapter_initializer_range = 0.0;
};
void describe(support::OptionVisitor& visit, EmbedderConfig& config);

/// How the masked-LM head names a token.
enum class Decoder {
  kOwn,     ///< its own [V, H] matrix: Bio-DTA's default
  kTied,    ///< the embedding table: the twin's default, as in BERT; table only
  kAdapter  ///< what the adapter makes of the token's row, so that genes never seen in training can be named;
            ///< adapter only
};

struct ModelConfig {
  BertConfig bert;
  EmbedderConfig embedding;
  Decoder decoder = Decoder::kOwn;
  /// Dense layer, ReLU and layer norm before the decoder, as in BERT. Without them the decoder reads the last
  /// layer directly, which small models learn faster; such a model is no Hugging Face BERT.
  bool head_transform = true;
  std::int64_t vocabulary_size = 0;  ///< tokens, specials included; set from the corpus
  std::int64_t row_size = 0;         ///< E, from the bank; 0 for the table
  /// Values of a row that come from each kind of bank, in order: each part has an adapter of its own. Empty =
  /// one part. Set from the bank.
  std::vector<std::int64_t> row_parts = {};
  /// Tokens, ascending, that have a learned vector of their own instead of a row: genes that the bank had
  /// none for, and special tokens besides pad and mask; adapter only. Set from the corpus and the bank.
  std::vector<std::int64_t> learned_tokens = {};
  /// How the bank's reference rows were made, by the names of its provenance: a finished model refuses rows
  /// that were made otherwise. Set from the bank.
  std::map<std::string, std::string> row_origin = {};
};
/// Describes what a person sets: bert, embedding, decoder.
void describe(support::OptionVisitor& visit, ModelConfig& config);

/// Throws ConfigError for sizes that contradict each other (hidden size not divisible by heads, tied decoder
/// without a table, …).
void validate(const ModelConfig& config);

/// config.json: Hugging Face's BERT field names, and Bio-DTA's own under "biodta".
void write_model_config(const std::filesystem::path& path, const ModelConfig& config);
ModelConfig read_model_config(const std::filesystem::path& path);

}  // namespace biodta::model
