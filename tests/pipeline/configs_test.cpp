// The configurations that come with the project.
#include "testing.hpp"

#include <biodta/pipeline/train.hpp>
#include <biodta/support/options.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

namespace biodta::pipeline {
namespace {

TrainOptions read_config(const std::string& name) {
  TrainOptions options;
  support::read_options(options,
                        std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "configs" / name);
  return options;
}

/// Of a BERT with tied decoder, by hand: embeddings with norm, encoder, masked-LM head.
double parameters(const model::BertConfig& bert, double vocabulary) {
  const auto hidden = static_cast<double>(bert.hidden_size),
             wide = static_cast<double>(bert.intermediate_size),
             positions = static_cast<double>(bert.max_positions), layers = static_cast<double>(bert.layers);
  const double layer = 4 * (hidden * hidden + hidden) + 2 * hidden * wide + wide + hidden + 4 * hidden;
  return (vocabulary + positions + 4) * hidden + layers * layer + hidden * hidden + 3 * hidden + vocabulary;
}

TEST(Configs, PretrainIsThePapersRun) {
  const auto options = read_config("pretrain.yaml");
  const auto& bert = options.model.bert;
  EXPECT_EQ(bert.layers, 6);
  EXPECT_EQ(bert.hidden_size, 256);
  EXPECT_EQ(bert.heads, 4);
  EXPECT_EQ(bert.intermediate_size, 512);
  EXPECT_EQ(bert.max_positions, 2048);
  EXPECT_EQ(options.model.embedding.kind, model::TokenEmbedding::kAdapter);
  EXPECT_EQ(options.sampler.batch_size, 12);
  EXPECT_EQ(options.sampler.order, data::BatchOrder::kShuffled);
  EXPECT_EQ(options.training.epochs, 3);
  EXPECT_EQ(options.optimizer.learning_rate, 1e-3);
  EXPECT_EQ(options.optimizer.weight_decay, 1e-3);
  EXPECT_TRUE(options.optimizer.scale_learning_rate_by_ranks);
  EXPECT_EQ(options.schedule.warmup_steps, 10000);
}

TEST(Configs, GeneformersSizesHaveTheParametersTheyAreNamedAfter) {
  struct Published {
    const char* config;
    double vocabulary;
    double millions;
  };
  for (const auto& [config, vocabulary, millions] :
       {Published{"geneformer/v1_10m.yaml", 25426, 10.3}, Published{"geneformer/v1_12l.yaml", 25426, 39.6},
        Published{"geneformer/v2_104m.yaml", 20275, 104}, Published{"geneformer/v2_316m.yaml", 20275, 316}}) {
    const auto options = read_config(config);
    EXPECT_NEAR(parameters(options.model.bert, vocabulary) / 1e6, millions, 0.02 * millions) << config;
    EXPECT_EQ(options.model.bert.hidden_size / options.model.bert.heads, 64) << config;
    EXPECT_EQ(options.sampler.batch_size * options.training.gradient_accumulation * 4, 144) << config;
    auto sized = options.model;
    sized.vocabulary_size = static_cast<std::int64_t>(vocabulary);
    EXPECT_NO_THROW(model::validate(sized)) << config;
  }
}

}  // namespace
}  // namespace biodta::pipeline
