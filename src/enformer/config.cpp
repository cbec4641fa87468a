#include <biodta/enformer/config.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <nlohmann/json.hpp>

#include <string_view>

namespace biodta::enformer {
namespace {

using Json = nlohmann::ordered_json;  // heads keep their order

void require(bool holds, const std::string& message) {
  if (!holds) throw ConfigError("enformer: " + message);
}

/// Reads a field into `value`; without the field the default stays, as in enformer-pytorch.
template <class T>
void read_field(const Json& json, const char* name, T& value, const char* expected,
                const std::filesystem::path& path) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  const bool fits = std::is_integral_v<T> ? found->is_number_integer() : found->is_number();
  if (!fits) throw InputError(path, name, found->dump(), expected);
  value = found->get<T>();
}

void read_heads(const Json& json, EnformerConfig& config, const std::filesystem::path& path) {
  const auto found = json.find("output_heads");
  if (found == json.end()) return;
  if (!found->is_object())
    throw InputError(path, "output_heads", found->dump(), "heads with their numbers of tracks");
  config.heads_out.clear();
  for (const auto& [name, tracks] : found->items()) {
    if (!tracks.is_number_integer())
      throw InputError(path, "output_heads." + name, tracks.dump(), "a number of tracks");
    config.heads_out.emplace_back(name, tracks.get<std::int64_t>());
  }
}

}  // namespace

void describe(support::OptionVisitor& visit, EnformerConfig& config) {
  visit.field("dim", config.dim, "channels of the transformer", support::at_least(2));
  visit.field("depth", config.depth, "transformer blocks", support::at_least(0));
  visit.field("heads", config.heads, "attention heads; dim / heads must be a multiple of 6",
              support::at_least(1));
  visit.field("key_size", config.key_size, "attention key size of a head", support::at_least(1));
  visit.field("num_downsamples", config.num_downsamples,
              "halvings of the length; a bin is 2^num_downsamples bp", support::between(3, 30));
  visit.field("dim_divisible_by", config.dim_divisible_by, "tower widths are rounded to multiples of this",
              support::at_least(1));
  visit.field("target_length", config.target_length, "bins kept around the middle; -1 = all",
              support::at_least(-1));
  visit.field("window", config.window, "input length in bp, a multiple of the bin", support::at_least(1));
  visit.field("dropout", config.dropout, "dropout of the transformer; an eighth of it before the heads",
              support::between(0, 1));
  visit.field("attention_dropout", config.attention_dropout, "dropout of attention weights",
              support::between(0, 1));
  visit.field("position_dropout", config.position_dropout, "dropout of the positional basis",
              support::between(0, 1));
}

void validate(const EnformerConfig& config) {
  require(config.dim >= 2 && config.dim % 2 == 0,
          "dim is " + std::to_string(config.dim) + ", expected an even number");
  require(config.dim_divisible_by >= 1 && config.dim % config.dim_divisible_by == 0,
          "dim is " + std::to_string(config.dim) + ", expected a multiple of dim_divisible_by (" +
              std::to_string(config.dim_divisible_by) + ")");
  require(config.depth >= 0, "depth is negative");
  require(config.heads >= 1 && config.dim % config.heads == 0 && (config.dim / config.heads) % 6 == 0,
          "dim / heads is " + std::to_string(config.dim) + " / " + std::to_string(config.heads) +
              ", expected a multiple of 6");
  require(config.key_size >= 1, "key_size is " + std::to_string(config.key_size) + ", expected at least 1");
  require(config.num_downsamples >= 3 && config.num_downsamples <= 30,
          "num_downsamples is " + std::to_string(config.num_downsamples) + ", expected 3 to 30");
  require(config.window >= 1 && config.window % config.bin_size() == 0,
          "window is " + std::to_string(config.window) + " bp, expected a multiple of the bin of " +
              std::to_string(config.bin_size()) + " bp");
  require(config.target_length == -1 || config.target_length >= 1,
          "target_length is " + std::to_string(config.target_length) +
              ", expected at least 1, or -1 for no crop");
  // An odd surplus costs one bin more than asked, which may leave none.
  require(config.target_length <= config.sequence_bins() &&
              (config.target_length != 1 || config.sequence_bins() % 2 == 1),
          "target_length is " + std::to_string(config.target_length) + ", but the window has " +
              std::to_string(config.sequence_bins()) + " bins");
  for (const double dropout : {config.dropout, config.attention_dropout, config.position_dropout}) {
    require(dropout >= 0 && dropout < 1,
            "a dropout is " + std::to_string(dropout) + ", expected 0 to below 1");
  }
  for (const auto& [name, tracks] : config.heads_out) {
    require(!name.empty() && name.find('.') == std::string::npos,
            "a head is named \"" + name + "\", expected a name without dots");
    require(tracks >= 1, "head " + name + " has " + std::to_string(tracks) + " tracks, expected at least 1");
  }
}

void write_enformer_config(const std::filesystem::path& path, const EnformerConfig& config) {
  Json heads = Json::object();
  for (const auto& [name, tracks] : config.heads_out) heads[name] = tracks;
  const Json json = {{"model_type", "enformer"},
                     {"dim", config.dim},
                     {"depth", config.depth},
                     {"heads", config.heads},
                     {"output_heads", heads},
                     {"target_length", config.target_length},
                     {"attn_dim_key", config.key_size},
                     {"dropout_rate", config.dropout},
                     {"attn_dropout", config.attention_dropout},
                     {"pos_dropout", config.position_dropout},
                     {"use_checkpointing", false},
                     {"use_convnext", false},
                     {"num_downsamples", config.num_downsamples},
                     {"dim_divisible_by", config.dim_divisible_by},
                     // Its table is the basis used here; it exists for 1,536 bins alone.
                     {"use_tf_gamma", config.sequence_bins() == 1536},
                     {"biodta_window", config.window}};
  support::write_text_file(path, json.dump(2) + "\n");
}

EnformerConfig read_enformer_config(const std::filesystem::path& path) {
  const Json json = Json::parse(support::read_text_file(path), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    throw InputError(path, "", "text that is not a JSON object", "an Enformer's config.json");
  EnformerConfig config;
  constexpr const char* kNumber = "a number";
  constexpr const char* kInteger = "an integer";
  read_field(json, "dim", config.dim, kInteger, path);
  read_field(json, "depth", config.depth, kInteger, path);
  read_field(json, "heads", config.heads, kInteger, path);
  read_heads(json, config, path);
  read_field(json, "target_length", config.target_length, kInteger, path);
  read_field(json, "attn_dim_key", config.key_size, kInteger, path);
  read_field(json, "dropout_rate", config.dropout, kNumber, path);
  read_field(json, "attn_dropout", config.attention_dropout, kNumber, path);
  read_field(json, "pos_dropout", config.position_dropout, kNumber, path);
  read_field(json, "num_downsamples", config.num_downsamples, kInteger, path);
  read_field(json, "dim_divisible_by", config.dim_divisible_by, kInteger, path);
  read_field(json, "biodta_window", config.window, kInteger, path);
  try {
    validate(config);
  } catch (const ConfigError& error) {
    throw InputError(path.string() + ": " + error.what());
  }
  return config;
}

}  // namespace biodta::enformer
