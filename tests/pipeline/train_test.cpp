#include "train_runs.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/model/masked_language_model.hpp>
#include <biodta/pipeline/train.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kNoDropout{"model.bert.hidden_dropout=0", "model.bert.attention_dropout=0"};

/// Runs what must fail: exit code 1, one line of error that holds the parts, no model.
void expect_failure(const TrainWorld& world, const std::vector<std::string>& settings,
                    const std::vector<std::string>& parts, const std::vector<std::string>& others = {}) {
  auto process = world.start("bad", settings, others);
  EXPECT_EQ(process.wait(), 1);
  std::istringstream log(process.log());
  std::string error;
  int errors = 0;
  for (std::string line; std::getline(log, line);) {
    if (!line.starts_with("error: ")) continue;
    error = line;
    ++errors;
  }
  EXPECT_EQ(errors, 1) << process.log();
  for (const auto& part : parts) EXPECT_THAT(error, HasSubstr(part));
  EXPECT_FALSE(std::filesystem::exists(world / "bad/model"));
}

TEST(Train, WritesARunFolderThatHoldsTheModel) {
  const TrainWorld world;
  world.train("run", {});
  const auto model = model::load_model(world / "run/model");
  const auto vocabulary = cells::Vocabulary::read(world / "run/model/vocabulary.tsv");
  EXPECT_EQ(vocabulary, cells::Corpus::open(world / "corpus.h5").vocabulary());
  EXPECT_EQ(model->config().vocabulary_size, 26);
  EXPECT_EQ(model->config().row_size, 6);
  EXPECT_EQ(world.metrics("run", "train").size(), 20U);
  EXPECT_EQ(world.metrics("run", "evaluation").size(), 2U);
  TrainOptions resolved;
  support::read_options(resolved, world / "run/config.yaml");
  EXPECT_EQ(resolved.training.max_steps, 20);
  EXPECT_EQ(resolved.corpus, std::filesystem::absolute(world / "corpus.h5"));
  EXPECT_EQ(resolved.output, std::filesystem::absolute(world / "run"));
}

TEST(Train, LearnsWhatTheCellsHaveInCommon) {
  const TrainWorld world;
  world.train("run", with(kNoDropout, "training.max_steps=250"));
  const auto evaluations = world.metrics("run", "evaluation");
  // 24 genes: a model that knows nothing has log 24 = 3.18.
  EXPECT_LT(evaluations.back().at("loss").get<double>(), 2.8);
  EXPECT_LT(evaluations.back().at("loss").get<double>(), evaluations.front().at("loss").get<double>());
}

/// Where one of these moves, every run that anyone repeats moves: say so in the change that does it.
TEST(Train, KeepsItsLossCurve) {
  const TrainWorld world;
  world.train("run", {"training.max_steps=40", "training.log_every=4"});
  constexpr std::array kLosses{3.25560, 3.18602, 3.22247, 3.17296, 3.15683,
                               3.15777, 3.12428, 3.08444, 2.96275, 3.04252};
  const auto steps = world.metrics("run", "train");
  ASSERT_EQ(steps.size(), kLosses.size());
  for (std::size_t i = 0; i < kLosses.size(); ++i)
    EXPECT_NEAR(steps[i].at("loss").get<double>(), kLosses[i], 1e-4) << steps[i];
}

TEST(Train, RanksThatShareABatchGiveTheLossesOfOneRank) {
  const TrainWorld world;
  world.train("one", with(kNoDropout, "sampler.batch_size=16"));
  world.train("two", with(kNoDropout, "sampler.batch_size=8"), {"--processes", "2"});
  world.train("accumulated",
              with(with(kNoDropout, "sampler.batch_size=4"), "training.gradient_accumulation=2"),
              {"--processes", "2"});
  world.train("four", with(kNoDropout, "sampler.batch_size=4"), {"--processes", "4"});
  const auto expected = world.metrics("one", "train");
  ASSERT_EQ(expected.size(), 20U);
  for (const std::string run : {"two", "accumulated", "four"}) {
    const auto found = world.metrics(run, "train");
    ASSERT_EQ(found.size(), 20U) << run;
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_NEAR(found[i].at("loss").get<double>(), expected[i].at("loss").get<double>(), 1e-5)
          << run << ", step " << i;
      EXPECT_EQ(found[i].at("tokens"), expected[i].at("tokens"));
    }
    EXPECT_NEAR(world.metrics(run, "evaluation").back().at("loss").get<double>(),
                world.metrics("one", "evaluation").back().at("loss").get<double>(), 1e-5);
  }
}

TEST(Train, SeveralBanksServeAsOne) {
  const TrainWorld world;
  world.train("one", {});
  const auto bank = testing::small_bank(24, 6);
  const auto genes_of = [&](std::uint32_t first, std::uint32_t end) {
    const auto part = [&](const std::vector<std::string>& texts) {
      return std::vector<std::string>(texts.begin() + first, texts.begin() + end);
    };
    const auto rows = bank.values().subspan(first * bank.row_size(), (end - first) * bank.row_size());
    return embedding::EmbeddingBank(part(bank.gene_ids()), part(bank.symbols()), 1, bank.width(),
                                    {rows.begin(), rows.end()});
  };
  genes_of(0, 10).write(world / "first.h5");
  genes_of(8, 24).write(world / "second.h5");
  world.train(
      "several", {},
      {"--embeddings", (world / "first.h5").string(), "--embeddings", (world / "second.h5").string()});
  expect_equal_runs(world, "one", "several");
}

TEST(Train, BanksOfOtherKindsHaveAdaptersOfTheirOwn) {
  const TrainWorld world;
  testing::small_bank(24, 4).write(world / "protein.h5");
  const std::vector<std::string> further{"further_embeddings=[" + (world / "protein.h5").string() + "]"};
  world.train("run", further);
  const auto config = nlohmann::json::parse(testing::bytes_of(world / "run/model/config.json")).at("biodta");
  EXPECT_EQ(config.at("row_parts"), (std::vector{6, 4}));
  auto tensors = weights::read_tensors(world / "run/model/model.safetensors").tensors;
  EXPECT_EQ(tensors.at("bert.embeddings.adapter_2.weight").sizes(), torch::IntArrayRef({16, 4}));
  EXPECT_LT(world.metrics("run", "train").back().at("loss"),
            world.metrics("run", "train").front().at("loss"));
}

double last_loss(const TrainWorld& world, const std::string& run) {
  return world.metrics(run, "train").back().at("loss").get<double>();
}

TEST(Train, TwoRanksInFloat16TrainAndAgreeOnTheScale) {
  const TrainWorld world;
  const std::vector<std::string> half{"training.precision=fp16", "training.gradient_accumulation=2"};
  world.train("two", half, {"--processes", "2"});
  const auto steps = world.metrics("two", "train");
  ASSERT_EQ(steps.size(), 20U);
  world.train("fp32", {"training.gradient_accumulation=2"}, {"--processes", "2"});
  EXPECT_NEAR(steps.back().at("loss").get<double>(), last_loss(world, "fp32"), 0.02);
  EXPECT_GE(steps.back().at("loss_scale").get<double>(), 1.0);
  // What goes on from a checkpoint knows the scale on every rank.
  world.train("later", with(half, "training.resume_from=" + (world / "two/checkpoints/step-15").string()),
              {"--processes", "2"});
  EXPECT_EQ(world.metrics("later", "train").back(), steps.back());
}

TEST(Train, ALearningRateThatBreaksItEndsInOneLineAndNoCheckpointOfIt) {
  const TrainWorld world;
  expect_failure(world, {"optimizer.learning_rate=1e38", "optimizer.beta1=0", "training.checkpoint_every=1"},
                 {"finite", "step", "checkpoints/step-"});
}

TEST(Train, TheTwinNeedsNoBank) {
  const TrainWorld world;
  world.train("twin", {"model.embedding.kind=table", "model.decoder=tied"});
  EXPECT_EQ(model::load_model(world / "twin/model")->config().row_size, 0);
}

TEST(Train, DonorsOwnRowsChangeTheRun) {
  const TrainWorld world;
  world.train("reference", {"training.max_steps=5"});
  world.train("donors", {"training.max_steps=5", "bank.context_column=donor"});
  EXPECT_THAT(testing::bytes_of(world / "donors.log"), HasSubstr("225 of 300 cells have no context"));
  EXPECT_FALSE(world.model_bytes("reference") == world.model_bytes("donors"));
}

TEST(Train, Bfloat16TrainsToo) {
  const TrainWorld world;
  world.train("bf16", {"training.precision=bf16"});
  world.train("fp32", {});
  EXPECT_NEAR(last_loss(world, "bf16"), last_loss(world, "fp32"), 0.02);
}

TEST(Train, RecomputationChangesNoBitOfARun) {
  const TrainWorld world;  // with dropout
  const std::vector<std::vector<std::string>> ways{
      {}, {"training.precision=bf16"}, {"training.gradient_accumulation=2", "sampler.batch_size=4"}};
  for (std::size_t way = 0; way < ways.size(); ++way) {
    for (const std::string ranks : {"1", "2"}) {
      const auto name = std::to_string(way) + "-" + ranks;
      world.train("kept-" + name, ways[way], {"--processes", ranks});
      world.train("again-" + name, with(ways[way], "model.bert.recompute=true"), {"--processes", ranks});
      expect_equal_runs(world, "kept-" + name, "again-" + name);
    }
  }
}

TEST(Train, TheDecoderMayScoreAgainstTheAdapter) {
  const TrainWorld world;
  const auto settings = with(with(kNoDropout, "model.decoder=adapter"), "model.embedding.activation=gelu");
  world.train("one", with(settings, "training.max_steps=250"));
  const auto evaluations = world.metrics("one", "evaluation");
  EXPECT_LT(evaluations.back().at("loss").get<double>(), 2.8);  // log 24 = 3.18
  EXPECT_EQ(model::load_model(world / "one/model")->config().decoder, model::Decoder::kAdapter);
  world.train("alone", with(settings, "sampler.batch_size=16"));
  world.train("shared", with(settings, "sampler.batch_size=8"), {"--processes", "2"});
  const auto expected = world.metrics("alone", "train");
  const auto found = world.metrics("shared", "train");
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i].at("loss").get<double>(), expected[i].at("loss").get<double>(), 1e-4) << i;
}

double tokens_read(const TrainWorld& world, const std::string& run) {
  double tokens = 0;
  for (const auto& line : world.metrics(run, "train")) tokens += line.at("tokens").get<double>();
  return tokens;
}

TEST(Train, GenesWithoutARowMayLearnAVector) {
  const TrainWorld world;
  world.train("all", {});
  testing::small_bank(18, 6).write(world / "embeddings.h5");  // rows for 18 of 24 genes
  world.train("dropped", {});
  world.train("learned", {"bank.missing_rows=learned"});
  EXPECT_THAT(testing::bytes_of(world / "learned.log"), HasSubstr("learned vectors"));
  EXPECT_EQ(tokens_read(world, "learned"), tokens_read(world, "all"));
  EXPECT_LT(tokens_read(world, "dropped"), 0.8 * tokens_read(world, "all"));
  const auto model = model::load_model(world / "learned/model");
  EXPECT_EQ(model->config().learned_tokens, (std::vector<std::int64_t>{20, 21, 22, 23, 24, 25}));
  world.train("both", {"bank.missing_rows=learned", "model.decoder=adapter"}, {"--processes", "2"});
  EXPECT_EQ(model::load_model(world / "both/model")->config().learned_tokens.size(), 6U);
}

TEST(Train, SpecialTokensOfTheSecondStyleHaveLearnedVectors) {
  const TrainWorld world;
  world.train("first", {});
  const auto first = cells::Corpus::open(world / "corpus.h5");
  const cells::Vocabulary framed(first.vocabulary().genes(), cells::SpecialTokens::kPadMaskClsEos);
  std::vector<cells::TokenId> tokens;
  std::vector<std::uint64_t> offsets{0};
  for (std::uint32_t cell = 0; cell < first.cell_count(); ++cell) {
    tokens.push_back(2);
    std::vector<cells::TokenId> genes;
    first.read_cell(cell, genes);
    for (const auto token : genes) tokens.push_back(token + 2);
    tokens.push_back(3);
    offsets.push_back(tokens.size());
  }
  const std::vector<cells::ObsColumn> obs{first.obs("donor")};
  cells::write_corpus(world / "framed.h5", framed, tokens, offsets, first.cell_ids(), obs);
  world.train("second", {}, {"--corpus", (world / "framed.h5").string()});
  EXPECT_EQ(model::load_model(world / "second/model")->config().learned_tokens,
            (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(tokens_read(world, "second"), tokens_read(world, "first") + 2 * 20 * 8);  // steps of 8 cells
}

TEST(Train, ADryRunWritesNothing) {
  const TrainWorld world;
  world.train("run", {}, {"--dry-run"});
  EXPECT_FALSE(std::filesystem::exists(world / "run"));
  const auto log = testing::bytes_of(world / "run.log");
  EXPECT_THAT(log, HasSubstr("225 cells to train on"));
  const auto corpus = cells::Corpus::open(world / "corpus.h5");
  std::uint64_t tokens = 0;
  const auto lengths = corpus.lengths();
  for (std::size_t cell = 0; cell < lengths.size(); ++cell) tokens += cell % 4 == 3 ? 0 : lengths[cell];
  // 28 batches of 8 and one of 1; 8 of the longest cells have all 24 genes.
  EXPECT_THAT(log,
              HasSubstr("an epoch: " + support::with_thousands(tokens) + " tokens in 29 steps of about " +
                        std::to_string(tokens / 29) + ", in 1 micro-batch on 1 rank"));
  EXPECT_THAT(log, HasSubstr("first micro-batch: 8 cells, "));
  EXPECT_THAT(log, HasSubstr("the longest cell 24, "));
  EXPECT_THAT(log, HasSubstr("distinct rows of 6"));
  EXPECT_THAT(log, HasSubstr("memory a rank, about: "));
  world.train("two", {}, {"--dry-run", "--processes", "2"});
  EXPECT_THAT(testing::bytes_of(world / "two.log"), HasSubstr("tokens in 15 steps"));
}

TEST(Train, BadSettingsAndFilesAreOneLine) {
  const TrainWorld world;
  expect_failure(world, {"training.epoch=3"}, {"training.epoch", "epochs"});
  expect_failure(world, {"optimizer.learning_rate=-1"}, {"learning_rate", "-1"});
  expect_failure(world, {"model.bert.heads=5"}, {"heads"});
  expect_failure(world, {"held_out.values=[D7]"}, {"D7", "donor"});
  expect_failure(world, {"bank.context_column=age"}, {"age", "numbers"});
  expect_failure(world, {"schedule.warmup_steps=50"}, {"warmup_steps", "20 steps"});
  expect_failure(world, {}, {"missing.h5"}, {"--corpus", (world / "missing.h5").string()});
  expect_failure(world, {"training.epoch=3"}, {"training.epoch"}, {"--processes", "2"});
  expect_failure(world, {}, {"missing.h5"},
                 {"--corpus", (world / "missing.h5").string(), "--processes", "2"});
}

TEST(Train, ABankOfOtherGenesIsRefused) {
  const TrainWorld world;
  std::vector<float> values(12, 1.0F);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  embedding::EmbeddingBank({"ENSMUSG1", "ENSG100"}, {"x", "y"}, 1, 6, values).write(world / "embeddings.h5");
  expect_failure(world, {}, {"embeddings.h5", "1 of the 24 genes", "bank.min_overlap"});
  expect_failure(world, {"bank.min_overlap=0", "bank.missing_rows=error"}, {"1 of the 24 genes", "ENSG101"});
}

TEST(Train, RanksFollowTheOptionsThenTheMachine) {
  EXPECT_EQ(ranks_to_start({.processes = 3}, "cpu"), 3);
  EXPECT_EQ(ranks_to_start({}, "cpu"), 1);
}

}  // namespace
}  // namespace biodta::pipeline
