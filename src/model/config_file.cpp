#include <biodta/model/config.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace biodta::model {
namespace {

using nlohmann::json;

constexpr int kFormatVersion = 1;

const char* name_of(TokenEmbedding kind) {
  return kind == TokenEmbedding::kAdapter ? "adapter" : "table";
}
const char* name_of(Decoder decoder) {
  switch (decoder) {
    case Decoder::kOwn:
      return "own";
    case Decoder::kTied:
      return "tied";
    case Decoder::kAdapter:
      return "adapter";
  }
  throw Error("unknown decoder");
}
const char* name_of(InputMap map) {
  switch (map) {
    case InputMap::kNone:
      return "none";
    case InputMap::kStandardised:
      return "standardised";
    case InputMap::kWhitened:
      return "whitened";
  }
  throw Error("unknown input map");
}

/// One object of the file, whose fields are taken by name and type.
class Fields {
 public:
  Fields(const std::filesystem::path& path, std::string place, const json& object)
      : path_(&path), place_(std::move(place)), object_(&object) {}

  bool has(const char* name) const { return object_->contains(name); }

  std::int64_t integer(const char* name) const {
    const auto& value = at(name, "a whole number");
    if (!value.is_number_integer()) refuse(name, value.dump(), "a whole number");
    return value.get<std::int64_t>();
  }
  std::vector<std::int64_t> integers(const char* name) const {
    const auto& value = at(name, "an array of whole numbers");
    const bool fits = value.is_array() && std::all_of(value.begin(), value.end(), [](const json& one) {
                        return one.is_number_integer();
                      });
    if (!fits) refuse(name, value.dump(), "an array of whole numbers");
    return value.get<std::vector<std::int64_t>>();
  }
  std::map<std::string, std::string> texts(const char* name) const {
    const auto& value = at(name, "an object of texts");
    const bool fits = value.is_object() && std::all_of(value.begin(), value.end(),
                                                       [](const json& one) { return one.is_string(); });
    if (!fits) refuse(name, value.dump(), "an object of texts");
    return value.get<std::map<std::string, std::string>>();
  }
  double number(const char* name) const {
    const auto& value = at(name, "a number");
    if (!value.is_number()) refuse(name, value.dump(), "a number");
    return value.get<double>();
  }
  bool truth(const char* name) const {
    const auto& value = at(name, "true or false");
    if (!value.is_boolean()) refuse(name, value.dump(), "true or false");
    return value.get<bool>();
  }
  template <class E>
  E choice(const char* name, std::initializer_list<E> known) const {
    std::string names;
    for (const E one : known) names += (names.empty() ? "" : ", ") + std::string(name_of(one));
    const auto& value = at(name, names);
    for (const E one : known) {
      if (value == name_of(one)) return one;
    }
    refuse(name, value.dump(), names);
  }
  /// The field must be absent or hold this.
  void require(const char* name, const json& expected) const {
    if (has(name) && (*object_)[name] != expected) refuse(name, (*object_)[name].dump(), expected.dump());
  }
  Fields object(const char* name) const {
    const auto& value = at(name, "an object");
    if (!value.is_object()) refuse(name, value.dump(), "an object");
    return {*path_, place_ + name + ".", value};
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& found,
                           const std::string& expected) const {
    throw InputError(*path_, place_ + name, found, expected);
  }

 private:
  const json& at(const char* name, const std::string& expected) const {
    if (!has(name)) refuse(name, "nothing", expected);
    return (*object_)[name];
  }

  const std::filesystem::path* path_;
  std::string place_;
  const json* object_;
};

json parse(const std::filesystem::path& path) {
  const std::string text = support::read_text_file(path);
  auto parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) throw InputError(path, "", "no JSON object", "a model's config.json");
  return parsed;
}

/// Whatever Hugging Face's BERT can be that this one is not.
void require_our_kind(const Fields& fields) {
  fields.require("model_type", "bert");
  if (!fields.has("hidden_act"))
    fields.refuse("hidden_act", "nothing, which Hugging Face reads as gelu", "\"relu\"");
  fields.require("hidden_act", "relu");
  fields.require("position_embedding_type", "absolute");
  fields.require("is_decoder", false);
  fields.require("add_cross_attention", false);
  fields.require("pad_token_id", 0);
  fields.require("type_vocab_size", 2);
}

BertConfig read_bert(const Fields& fields) {
  BertConfig bert;
  bert.layers = fields.integer("num_hidden_layers");
  bert.hidden_size = fields.integer("hidden_size");
  bert.heads = fields.integer("num_attention_heads");
  bert.intermediate_size = fields.integer("intermediate_size");
  bert.max_positions = fields.integer("max_position_embeddings");
  bert.hidden_dropout = fields.number("hidden_dropout_prob");
  bert.attention_dropout = fields.number("attention_probs_dropout_prob");
  bert.layer_norm_epsilon = fields.number("layer_norm_eps");
  bert.initializer_range = fields.number("initializer_range");
  return bert;
}

/// The "biodta" section.
void read_own(const Fields& fields, ModelConfig& config) {
  if (const auto version = fields.integer("format_version"); version != kFormatVersion) {
    fields.refuse("format_version", std::to_string(version), std::to_string(kFormatVersion));
  }
  config.row_size = fields.integer("row_size");
  config.decoder = fields.choice("decoder", {Decoder::kOwn, Decoder::kTied, Decoder::kAdapter});
  if (fields.has("learned_tokens")) config.learned_tokens = fields.integers("learned_tokens");
  if (fields.has("row_parts")) config.row_parts = fields.integers("row_parts");
  if (fields.has("row_origin")) config.row_origin = fields.texts("row_origin");
  config.head_transform = !fields.has("head_transform") || fields.truth("head_transform");
  const Fields embedding = fields.object("embedding");
  config.embedding.kind = embedding.choice("kind", {TokenEmbedding::kAdapter, TokenEmbedding::kTable});
  if (embedding.has("activation")) {  // files of before know the paper's adapter alone
    config.embedding.activation = embedding.choice(
        "activation", {Activation::kSoftplus, Activation::kRelu, Activation::kGelu, Activation::kNone});
  }
  if (embedding.has("hidden_size")) config.embedding.hidden_size = embedding.integer("hidden_size");
  config.embedding.input_map =
      embedding.choice("input_map", {InputMap::kNone, InputMap::kStandardised, InputMap::kWhitened});
  config.embedding.shrinkage = embedding.number("shrinkage");
  config.embedding.table_initializer_range = embedding.number("table_initializer_range");
  config.embedding.adapter_initializer_range = embedding.number("adapter_initializer_range");
}

/// A BERT as Hugging Face writes it: a table, tied unless it says otherwise.
void assume_table(const Fields& fields, ModelConfig& config) {
  config.embedding.kind = TokenEmbedding::kTable;
  config.embedding.table_initializer_range = config.bert.initializer_range;
  const bool tied = !fields.has("tie_word_embeddings") || fields.truth("tie_word_embeddings");
  config.decoder = tied ? Decoder::kTied : Decoder::kOwn;
}

}  // namespace

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::kSoftplus:
      return "softplus";
    case Activation::kRelu:
      return "relu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kNone:
      return "none";
  }
  throw Error("unknown activation");
}

void write_model_config(const std::filesystem::path& path, const ModelConfig& config) {
  const auto& bert = config.bert;
  const nlohmann::ordered_json document = {
      {"architectures", {"BertForMaskedLM"}},
      {"model_type", "bert"},
      {"vocab_size", config.vocabulary_size},
      {"hidden_size", bert.hidden_size},
      {"num_hidden_layers", bert.layers},
      {"num_attention_heads", bert.heads},
      {"intermediate_size", bert.intermediate_size},
      {"hidden_act", "relu"},
      {"hidden_dropout_prob", bert.hidden_dropout},
      {"attention_probs_dropout_prob", bert.attention_dropout},
      {"max_position_embeddings", bert.max_positions},
      {"type_vocab_size", 2},
      {"initializer_range", bert.initializer_range},
      {"layer_norm_eps", bert.layer_norm_epsilon},
      {"pad_token_id", 0},
      {"tie_word_embeddings", config.decoder == Decoder::kTied},
      {"biodta",
       {{"format_version", kFormatVersion},
        {"row_size", config.row_size},
        {"row_parts", config.row_parts},
        {"decoder", name_of(config.decoder)},
        {"head_transform", config.head_transform},
        {"learned_tokens", config.learned_tokens},
        {"row_origin", config.row_origin},
        {"embedding",
         {{"kind", name_of(config.embedding.kind)},
          {"activation", name_of(config.embedding.activation)},
          {"hidden_size", config.embedding.hidden_size},
          {"input_map", name_of(config.embedding.input_map)},
          {"shrinkage", config.embedding.shrinkage},
          {"table_initializer_range", config.embedding.table_initializer_range},
          {"adapter_initializer_range", config.embedding.adapter_initializer_range}}}}}};
  support::write_text_file(path, document.dump(2) + "\n");
}

ModelConfig read_model_config(const std::filesystem::path& path) {
  const json document = parse(path);
  const Fields fields(path, "", document);
  require_our_kind(fields);
  ModelConfig config;
  config.bert = read_bert(fields);
  config.vocabulary_size = fields.integer("vocab_size");
  if (fields.has("biodta")) {
    read_own(fields.object("biodta"), config);
  } else {
    assume_table(fields, config);
  }
  try {
    validate(config);
  } catch (const ConfigError& error) {
    throw InputError(path.string() + ": " + error.what(), error.hint());
  }
  return config;
}

}  // namespace biodta::model
