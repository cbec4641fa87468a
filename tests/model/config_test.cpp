#include "fixtures.hpp"

#include <biodta/model/config.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <fstream>

namespace biodta::model {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using namespace biodta::model::testing;

void expect_equal(const ModelConfig& a, const ModelConfig& b) {
  EXPECT_EQ(a.bert.layers, b.bert.layers);
  EXPECT_EQ(a.bert.hidden_size, b.bert.hidden_size);
  EXPECT_EQ(a.bert.heads, b.bert.heads);
  EXPECT_EQ(a.bert.intermediate_size, b.bert.intermediate_size);
  EXPECT_EQ(a.bert.max_positions, b.bert.max_positions);
  EXPECT_EQ(a.bert.hidden_dropout, b.bert.hidden_dropout);
  EXPECT_EQ(a.bert.attention_dropout, b.bert.attention_dropout);
  EXPECT_EQ(a.bert.layer_norm_epsilon, b.bert.layer_norm_epsilon);
  EXPECT_EQ(a.bert.initializer_range, b.bert.initializer_range);
  EXPECT_EQ(a.embedding.kind, b.embedding.kind);
  EXPECT_EQ(a.embedding.input_map, b.embedding.input_map);
  EXPECT_EQ(a.embedding.shrinkage, b.embedding.shrinkage);
  EXPECT_EQ(a.embedding.table_initializer_range, b.embedding.table_initializer_range);
  EXPECT_EQ(a.embedding.adapter_initializer_range, b.embedding.adapter_initializer_range);
  EXPECT_EQ(a.decoder, b.decoder);
  EXPECT_EQ(a.vocabulary_size, b.vocabulary_size);
  EXPECT_EQ(a.row_size, b.row_size);
}

TEST(ModelConfig, comes_back_from_its_file_as_it_was) {
  const TemporaryFolder folder;
  auto adapted = small_config(96);
  adapted.bert.hidden_dropout = 0.02;
  adapted.bert.layer_norm_epsilon = 1e-12;
  adapted.embedding.input_map = InputMap::kStandardised;
  adapted.embedding.adapter_initializer_range = 0.07;
  write_model_config(folder / "config.json", adapted);
  expect_equal(read_model_config(folder / "config.json"), adapted);
  auto twin = small_config(0);
  twin.decoder = Decoder::kTied;
  twin.embedding.table_initializer_range = 0.5;
  write_model_config(folder / "config.json", twin);
  expect_equal(read_model_config(folder / "config.json"), twin);
}

TEST(ModelConfig, of_hugging_face_is_a_tied_table) {
  const auto config = read_model_config(fixture("bert") / "table" / "config.json");
  EXPECT_EQ(config.embedding.kind, TokenEmbedding::kTable);
  EXPECT_EQ(config.decoder, Decoder::kTied);
  EXPECT_EQ(config.bert.layers, 3);
  EXPECT_EQ(config.vocabulary_size, 40);
}

TEST(ModelConfig, has_the_papers_sizes_by_default) {
  const BertConfig bert;
  EXPECT_EQ(bert.layers, 6);
  EXPECT_EQ(bert.hidden_size, 256);
  EXPECT_EQ(bert.heads, 4);
  EXPECT_EQ(bert.intermediate_size, 512);
  EXPECT_EQ(bert.max_positions, 2048);
}

/// What a fixture's config.json becomes after one replacement.
std::string refusal(const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  auto text = support::read_text_file(fixture("bert") / "adapter" / "config.json");
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  support::write_text_file(folder / "config.json", text);
  return expect_error<InputError>([&] { read_model_config(folder / "config.json"); }, {"config.json"});
}

TEST(ModelConfig, that_is_damaged_is_refused_with_field_found_and_expected) {
  EXPECT_NE(refusal("\"relu\"", "\"gelu\"").find("hidden_act"), std::string::npos);
  EXPECT_NE(refusal("\"hidden_size\": 24", "\"hidden_size\": \"24\"").find("a whole number"),
            std::string::npos);
  EXPECT_NE(refusal("\"hidden_size\": 24", "\"hidden_width\": 24").find("found nothing"), std::string::npos);
  EXPECT_NE(refusal("\"hidden_size\": 24", "\"hidden_size\": 25").find("multiple of heads"),
            std::string::npos);
  EXPECT_NE(refusal("\"whitened\"", "\"bleached\"").find("biodta.embedding.input_map"), std::string::npos);
  EXPECT_NE(refusal("\"row_size\": 10", "\"row_size\": 0").find("row size"), std::string::npos);
  EXPECT_NE(refusal("\"format_version\": 1", "\"format_version\": 2").find("format_version"),
            std::string::npos);
  EXPECT_NE(refusal("\"decoder\": \"own\"", "\"decoder\": \"tied\"").find("decoder is tied"),
            std::string::npos);
  EXPECT_NE(refusal("{", "[").find("no JSON object"), std::string::npos);
}

TEST(ModelConfig, that_contradicts_itself_is_refused) {
  auto config = small_config(0);
  config.bert.heads = 3;
  expect_error<ConfigError>([&] { validate(config); }, {"hidden_size", "heads (3)"});
  config = small_config(6);
  config.decoder = Decoder::kTied;
  expect_error<ConfigError>([&] { validate(config); }, {"decoder is tied", "embedding.kind: table"});
  config = small_config(6);
  config.row_size = 0;
  expect_error<ConfigError>([&] { validate(config); }, {"row size"});
  config = small_config(0);
  config.vocabulary_size = 2;
  expect_error<ConfigError>([&] { validate(config); }, {"2 tokens"});
  config = small_config(6);
  config.embedding.shrinkage = 0.0;
  expect_error<ConfigError>([&] { validate(config); }, {"shrinkage"});
}

TEST(ModelConfig, reads_what_a_person_sets) {
  const TemporaryFolder folder;
  std::ofstream(folder / "model.yaml")
      << "bert: {layers: 3, hidden_size: 64}\n"
         "embedding: {kind: table, table_initializer_range: 0.5}\ndecoder: tied\n";
  ModelConfig config;
  support::read_options(config, folder / "model.yaml");
  EXPECT_EQ(config.bert.layers, 3);
  EXPECT_EQ(config.embedding.kind, TokenEmbedding::kTable);
  EXPECT_EQ(config.embedding.table_initializer_range, 0.5);
  EXPECT_EQ(config.decoder, Decoder::kTied);
}

}  // namespace
}  // namespace biodta::model
