#include <biodta/model/config.hpp>
#include <biodta/support/error.hpp>

#include <string>

namespace biodta::model {

void describe(support::OptionVisitor& visit, BertConfig& config) {
  visit.field("layers", config.layers, "transformer layers", support::at_least(1));
  visit.field("hidden_size", config.hidden_size, "width of token embeddings and layers",
              support::at_least(1));
  visit.field("heads", config.heads, "attention heads a layer; must divide hidden_size",
              support::at_least(1));
  visit.field("intermediate_size", config.intermediate_size, "width of the feed-forward part",
              support::at_least(1));
  visit.field("max_positions", config.max_positions, "longest sequence, in tokens", support::at_least(1));
  visit.field("hidden_dropout", config.hidden_dropout, "dropout after embeddings and in every layer",
              support::between(0, 0.99));
  visit.field("attention_dropout", config.attention_dropout, "dropout of attention weights",
              support::between(0, 0.99));
  visit.field("layer_norm_epsilon", config.layer_norm_epsilon, "added to the variance in layer norms",
              support::greater_than(0));
  visit.field("initializer_range", config.initializer_range, "standard deviation of weights at the start",
              support::greater_than(0));
  visit.field(
      "recompute", config.recompute,
      "keep only the input of every layer for the backward pass and run the layer once more there: less "
      "memory, about a third more computing, the same result");
}

void describe(support::OptionVisitor& visit, EmbedderConfig& config) {
  visit.choice(
      "kind", config.kind, {{"adapter", TokenEmbedding::kAdapter}, {"table", TokenEmbedding::kTable}},
      "where a gene's token embedding comes from: an adapter on its DNA embedding, or a learned table (the "
      "adapter-free twin)");
  visit.choice("activation", config.activation,
               {{"softplus", Activation::kSoftplus},
                {"relu", Activation::kRelu},
                {"gelu", Activation::kGelu},
                {"none", Activation::kNone}},
               "what follows each linear layer of the adapter (softplus is the paper's); adapter only");
  visit.field("hidden_size", config.hidden_size,
              "width of a layer inside the adapter; 0 = none, as in the paper; adapter only",
              support::at_least(0));
  visit.choice(
      "input_map", config.input_map,
      {{"none", InputMap::kNone},
       {"standardised", InputMap::kStandardised},
       {"whitened", InputMap::kWhitened}},
      "fixed map of DNA embeddings before the adapter, computed from the reference rows; adapter only");
  visit.field("shrinkage", config.shrinkage, "share of the mean variance added to every axis when whitening",
              support::greater_than(0));
  visit.field("table_initializer_range", config.table_initializer_range,
              "standard deviation at the start of the table, and of vectors learned for genes without a row",
              support::greater_than(0));
  visit.field("adapter_initializer_range", config.adapter_initializer_range,
              "standard deviation of the adapter's weights at the start; 0 = 1/sqrt(inputs of the layer)",
              support::at_least(0));
}

void describe(support::OptionVisitor& visit, ModelConfig& config) {
  visit.section("bert", config.bert, "sizes of the encoder");
  visit.section("embedding", config.embedding, "token embeddings");
  visit.choice(
      "decoder", config.decoder,
      {{"own", Decoder::kOwn}, {"tied", Decoder::kTied}, {"adapter", Decoder::kAdapter}},
      "how the masked-LM head names a token: a matrix of its own, the embedding table (table only), or the "
      "adapter's output for the gene's reference row (adapter only)");
  visit.field("head_transform", config.head_transform,
              "dense layer, ReLU and layer norm before the decoder, as in BERT");
}

namespace {

void require_positive(std::int64_t value, const char* name) {
  if (value < 1)
    throw ConfigError("model: " + std::string(name) + " is " + std::to_string(value) +
                      ", expected at least 1");
}

void require_probability(double value, const char* name) {
  if (!(value >= 0 && value < 1)) {
    throw ConfigError("model: " + std::string(name) + " is " + std::to_string(value) +
                      ", expected 0 to below 1");
  }
}

void require_above_zero(double value, const char* name) {
  if (!(value > 0))
    throw ConfigError("model: " + std::string(name) + " is " + std::to_string(value) +
                      ", expected more than 0");
}

void validate_table(const ModelConfig& config) {
  require_above_zero(config.embedding.table_initializer_range, "table_initializer_range");
  if (config.decoder == Decoder::kAdapter) {
    throw ConfigError("model: decoder is adapter, but token embeddings are a table",
                      "set decoder: own or tied, or embedding.kind: adapter");
  }
  if (!config.learned_tokens.empty())
    throw ConfigError("model: learned_tokens are set, but a table has a learned vector for every token");
  const bool plain =
      config.embedding.activation == Activation::kSoftplus && config.embedding.hidden_size == 0;
  if (!plain) {
    throw ConfigError(
        "model: embedding.activation or embedding.hidden_size is set, but a table has no layers",
        "leave both out, or set embedding.kind: adapter");
  }
}

void validate_learned_tokens(const ModelConfig& config) {
  if (config.learned_tokens.empty()) return;
  require_above_zero(config.embedding.table_initializer_range, "table_initializer_range");
  std::int64_t before = 1;  // the mask
  for (const std::int64_t token : config.learned_tokens) {
    if (token <= before || token >= config.vocabulary_size) {
      throw ConfigError("model: learned_tokens has " + std::to_string(token) + " after " +
                        std::to_string(before) + ", expected ascending tokens of genes below " +
                        std::to_string(config.vocabulary_size));
    }
    before = token;
  }
}

void validate_adapter(const ModelConfig& config) {
  require_positive(config.row_size, "row size of the embedding bank");
  std::int64_t in_parts = 0;
  for (const auto part : config.row_parts) {
    require_positive(part, "part of a row");
    in_parts += part;
  }
  if (!config.row_parts.empty() && in_parts != config.row_size) {
    throw ConfigError("model: row_parts add up to " + std::to_string(in_parts) + ", expected the " +
                      std::to_string(config.row_size) + " values of a row");
  }
  if (config.embedding.hidden_size < 0) {
    throw ConfigError("model: embedding.hidden_size is " + std::to_string(config.embedding.hidden_size) +
                      ", expected at least 0");
  }
  if (config.embedding.input_map == InputMap::kWhitened)
    require_above_zero(config.embedding.shrinkage, "shrinkage");
  validate_learned_tokens(config);
  if (config.decoder == Decoder::kTied) {
    throw ConfigError("model: decoder is tied, but an adapter has no table to share",
                      "set decoder: own or adapter, or embedding.kind: table");
  }
}

}  // namespace

void validate(const ModelConfig& config) {
  const auto& bert = config.bert;
  require_positive(bert.layers, "layers");
  require_positive(bert.hidden_size, "hidden_size");
  require_positive(bert.heads, "heads");
  require_positive(bert.intermediate_size, "intermediate_size");
  require_positive(bert.max_positions, "max_positions");
  require_probability(bert.hidden_dropout, "hidden_dropout");
  require_probability(bert.attention_dropout, "attention_dropout");
  require_above_zero(bert.layer_norm_epsilon, "layer_norm_epsilon");
  require_above_zero(bert.initializer_range, "initializer_range");
  if (bert.hidden_size % bert.heads != 0) {
    throw ConfigError("model: hidden_size is " + std::to_string(bert.hidden_size) +
                      ", expected a multiple of heads (" + std::to_string(bert.heads) + ")");
  }
  if (config.vocabulary_size < 3) {
    throw ConfigError("model: the vocabulary has " + std::to_string(config.vocabulary_size) +
                      " tokens, expected pad, mask and at least one gene");
  }
  if (config.embedding.kind == TokenEmbedding::kTable) {
    validate_table(config);
  } else {
    validate_adapter(config);
  }
}

}  // namespace biodta::model
