#include "small_corpus.hpp"
#include "testing.hpp"

#include <biodta/data/tensors.hpp>
#include <biodta/support/error.hpp>
#include <biodta/training/masked_lm_task.hpp>

#include <ATen/ops/log_softmax.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace biodta::training {
namespace {

constexpr std::size_t kGenes = 20;
constexpr std::size_t kCells = 46;
constexpr std::size_t kMaxLength = 16;

model::MaskedLanguageModel small_model(bool adapter) {
  model::ModelConfig config;
  config.bert = {.layers = 1,
                 .hidden_size = 8,
                 .heads = 2,
                 .intermediate_size = 12,
                 .max_positions = kMaxLength,
                 .hidden_dropout = 0.0,
                 .attention_dropout = 0.0};
  config.embedding.kind = adapter ? model::TokenEmbedding::kAdapter : model::TokenEmbedding::kTable;
  config.embedding.input_map = model::InputMap::kNone;
  config.bert.initializer_range = 0.5;  // so that tokens differ in probability from the start
  config.vocabulary_size = kGenes + 2;
  config.row_size = adapter ? 6 : 0;
  model::MaskedLanguageModel model(config);
  model->initialise(3);
  return model;
}

class MaskedLm : public ::testing::TestWithParam<bool> {
 protected:
  MaskedLm() {
    testing::write_small_corpus(folder_ / "corpus.h5", kCells, kGenes);
    corpus_ = std::make_unique<cells::Corpus>(cells::Corpus::open(folder_ / "corpus.h5"));
    lengths_ = corpus_->lengths();
    split_ = split_cells(*corpus_, {.share = 0.2});
    if (GetParam()) rows_ = std::make_unique<data::TokenRows>(corpus_->vocabulary(), bank_);
    batches_ = std::make_unique<data::BatchBuilder>(*corpus_, rows_.get(),
                                                    std::vector<embedding::ContextIndex>{}, kMaxLength);
  }

  MaskedLmOptions options(std::int64_t batch_size, std::int64_t accumulation = 1) const {
    MaskedLmOptions options;
    options.sampler.batch_size = batch_size;
    options.sampler.megabatch_multiplier = 2;
    options.gradient_accumulation = accumulation;
    options.seed = 9;
    return options;
  }
  torch::Tensor bank_values() const { return GetParam() ? data::bank_tensor(bank_) : torch::Tensor(); }
  MaskedLmTask task(const MaskedLmOptions& options, int rank = 0, int ranks = 1) const {
    return {small_model(GetParam()),
            {*batches_, lengths_, kMaxLength, split_, bank_values()},
            options,
            torch::kCPU,
            rank,
            ranks};
  }

  std::vector<std::uint32_t> cut_lengths() const {
    auto cut = lengths_;
    for (auto& length : cut) length = std::min<std::uint32_t>(length, kMaxLength);
    return cut;
  }

  testing::TemporaryFolder folder_;
  embedding::EmbeddingBank bank_ = testing::small_bank(kGenes, 6);
  std::unique_ptr<cells::Corpus> corpus_;
  std::vector<std::uint32_t> lengths_;
  CellSplit split_;
  std::unique_ptr<data::TokenRows> rows_;
  std::unique_ptr<data::BatchBuilder> batches_;
};

struct Totals {
  double sum = 0;
  double count = 0;
  double units = 0;
};

Totals epoch_of(MaskedLmTask& task, std::int64_t micro_batches) {
  Totals totals;
  task.start_epoch(1, 0);
  for (std::uint64_t step = 0; step < task.steps_per_epoch(); ++step) {
    for (std::int64_t micro_batch = 0; micro_batch < micro_batches; ++micro_batch) {
      const auto loss = task.forward(step, micro_batch);
      if (loss.sum.defined()) totals.sum += loss.sum.item<double>();
      totals.count += loss.count;
      totals.units += loss.units;
    }
  }
  return totals;
}

/// Cross-entropy of every cell by itself, written out.
Totals cell_by_cell(const data::BatchBuilder& batches, const std::vector<std::uint32_t>& cells, bool adapter,
                    const torch::Tensor& bank_values, std::uint64_t seed, std::uint64_t epoch) {
  Totals totals;
  auto model = small_model(adapter);
  const torch::NoGradGuard no_grad;
  for (const auto cell : cells) {
    const auto batch = batches.build_masked(std::vector<std::uint32_t>{cell}, {}, seed, epoch);
    const auto [masked, targets] = data::masked_tensors(batch);
    const auto log_p = at::log_softmax(model->forward(data::to_tensors(batch, bank_values), masked), 1);
    for (std::int64_t i = 0; i < targets.size(0); ++i) {
      totals.sum -= log_p[i][targets[i].item<std::int64_t>()].item<double>();
    }
    totals.count += static_cast<double>(batch.masked.size());
    totals.units += static_cast<double>(batch.tokens.size());
  }
  return totals;
}

TEST_P(MaskedLm, AnEpochIsEveryTrainingCellOnce) {
  auto lm = task(options(5));
  EXPECT_EQ(lm.steps_per_epoch(), (split_.training.size() + 4) / 5);
  const auto found = epoch_of(lm, 1);
  const auto expected = cell_by_cell(*batches_, split_.training, GetParam(), bank_values(), 9, 1);
  EXPECT_EQ(found.count, expected.count);
  EXPECT_EQ(found.units, expected.units);
  EXPECT_NEAR(found.sum, expected.sum, 1e-4 * expected.sum);
}

TEST_P(MaskedLm, RanksAndMicroBatchesShareTheSameSteps) {
  auto alone = task(options(8));
  alone.start_epoch(2, 1);
  for (std::uint64_t step = 1; step < alone.steps_per_epoch(); ++step) {
    const auto expected = alone.forward(step, 0);
    double sum = 0;
    double count = 0;
    for (int rank = 0; rank < 2; ++rank) {
      auto part = task(options(2, 2), rank, 2);
      ASSERT_EQ(part.steps_per_epoch(), alone.steps_per_epoch());
      part.start_epoch(2, step);
      for (std::int64_t micro_batch = 0; micro_batch < 2; ++micro_batch) {
        const auto loss = part.forward(step, micro_batch);
        if (loss.sum.defined()) sum += loss.sum.item<double>();
        count += loss.count;
      }
    }
    EXPECT_EQ(count, expected.count);
    EXPECT_NEAR(sum, expected.sum.item<double>(), 1e-4 * sum);
  }
}

TEST_P(MaskedLm, EvaluationEqualsCellByCellAndIsTheSameEveryTime) {
  auto lm = task(options(5));
  const auto ranks = distributed::make_communicator({}, torch::kCPU);
  lm.module().eval();
  const torch::NoGradGuard no_grad;
  const auto metrics = lm.evaluate(*ranks);
  const auto expected = cell_by_cell(*batches_, split_.evaluation, GetParam(), bank_values(), 0,
                                     std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(metrics.at("masked_tokens"), expected.count);
  EXPECT_NEAR(metrics.at("loss"), expected.sum / expected.count, 1e-5);
  EXPECT_NEAR(metrics.at("perplexity"), std::exp(expected.sum / expected.count), 1e-3);
  EXPECT_GE(metrics.at("top5"), metrics.at("top1"));
  EXPECT_EQ(lm.evaluate(*ranks), metrics);
}

TEST_P(MaskedLm, EvaluationIsSplitByWhatStandsInTheTargetsPlace) {
  struct Sums {
    double loss = 0;
    double first = 0;
    double count = 0;
  };
  std::map<data::Shown, Sums> expected;
  auto model = small_model(GetParam());
  const torch::NoGradGuard no_grad;
  for (const auto cell : split_.evaluation) {
    const auto batch = batches_->build_masked(std::vector<std::uint32_t>{cell}, {}, 0,
                                              std::numeric_limits<std::uint64_t>::max());
    const auto [masked, targets] = data::masked_tensors(batch);
    const auto log_p = at::log_softmax(model->forward(data::to_tensors(batch, bank_values()), masked), 1);
    for (std::int64_t i = 0; i < targets.size(0); ++i) {
      const auto target = targets[i].item<std::int64_t>();
      auto& sums = expected[batch.shown[static_cast<std::size_t>(i)]];
      sums.loss -= log_p[i][target].item<double>();
      sums.first += log_p[i].argmax().item<std::int64_t>() == target ? 1 : 0;
      sums.count += 1;
    }
  }
  ASSERT_EQ(expected.size(), 3U) << "the held-out cells should show all three";
  auto lm = task(options(5));
  lm.module().eval();
  const auto metrics = lm.evaluate(*distributed::make_communicator({}, torch::kCPU));
  for (const auto& [shown, name] : {std::pair{data::Shown::kMask, std::string("mask")},
                                    {data::Shown::kRandom, "random"},
                                    {data::Shown::kKept, "kept"}}) {
    const auto& sums = expected.at(shown);
    EXPECT_NEAR(metrics.at("loss." + name), sums.loss / sums.count, 1e-5);
    EXPECT_DOUBLE_EQ(metrics.at("top1." + name), sums.first / sums.count);
  }
}

TEST_P(MaskedLm, CountsCellsAndTheOperationsOfItsMatrices) {
  auto lm = task(options(5));
  lm.start_epoch(0, 0);
  const auto loss = lm.forward(0, 0);
  EXPECT_EQ(loss.samples, 5);
  // The same from the shapes of the parameters themselves.
  const auto cut = cut_lengths();
  data::LengthGroupedSampler sampler(cut, split_.training, 1, options(5).sampler);
  sampler.set_epoch(0);
  const auto batch = batches_->build_masked(sampler.slot_of(0, 0, 1), {}, 9, 0);
  double expected = 0;
  for (const auto& parameter : lm.module().named_parameters()) {
    if (parameter->dim() != 2) continue;
    const auto weights = 6.0 * static_cast<double>(parameter->numel());
    if (parameter.key().starts_with("bert.encoder."))
      expected += weights * static_cast<double>(batch.tokens.size());
    if (parameter.key().starts_with("cls.")) expected += weights * static_cast<double>(batch.masked.size());
    if (parameter.key().find("adapter") != std::string::npos)  // its rows need no gradient
      expected += 4.0 / 6.0 * weights * static_cast<double>(batch.rows.size());
  }
  // One layer, 8 wide: scores and their use, each 2 length² × 8 forward, twice that backward.
  for (const auto length : batch.lengths) expected += 3 * 2 * 2 * 8.0 * static_cast<double>(length * length);
  EXPECT_DOUBLE_EQ(loss.flops, expected);
}

TEST_P(MaskedLm, NamesTheCellsOfAnyMicroBatch) {
  const auto two = options(2, 2);
  const auto lm = task(two, 0, 2);
  const auto cut = cut_lengths();
  data::LengthGroupedSampler sampler(cut, split_.training, 4, two.sampler);
  sampler.set_epoch(3);
  const auto cells = sampler.slot_of(1, 3, 4);
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(lm.describe_micro_batch(3, 1, 3),
            "cells " + std::to_string(cells[0]) + " and " + std::to_string(cells[1]) + " of the corpus");
}

TEST_P(MaskedLm, EveryParameterHasAGradient) {
  auto lm = task(options(5));
  ASSERT_TRUE(lm.uses_every_parameter());
  lm.start_epoch(0, 0);
  lm.forward(0, 0).sum.backward();
  for (const auto& parameter : lm.module().named_parameters())
    EXPECT_TRUE(parameter->grad().defined()) << parameter.key();
}

TEST_P(MaskedLm, ACheckpointOfOtherDataIsRefusedByName) {
  auto lm = task(options(5));
  auto other = task(options(6));
  EXPECT_NO_THROW(lm.load_state(lm.state()));
  testing::expect_error<CheckpointError>([&] { other.load_state(lm.state()); },
                                         {"cells an optimizer step", "found 5", "expected 6"});
}

TEST_P(MaskedLm, ACheckpointFromBeforeTheActivationCouldBeChosenIsThePapers) {
  const auto of = [&](const std::string& activation) {
    return MaskedLmTask(small_model(GetParam()),
                        {*batches_,
                         lengths_,
                         kMaxLength,
                         split_,
                         bank_values(),
                         {{"model.embedding.activation", activation}}},
                        options(5), torch::kCPU, 0, 1);
  };
  const auto before = task(options(5)).state();
  EXPECT_NO_THROW(of("softplus").load_state(before));
  testing::expect_error<CheckpointError>([&] { of("gelu").load_state(before); },
                                         {"model.embedding.activation", "found softplus", "expected gelu"});
  testing::expect_error<CheckpointError>([&] { of("softplus").load_state(of("gelu").state()); },
                                         {"found gelu", "expected softplus"});
}

INSTANTIATE_TEST_SUITE_P(Embeddings, MaskedLm, ::testing::Bool(),
                         [](const auto& adapter) { return adapter.param ? "Adapter" : "Table"; });

TEST(MaskedLmTops, CountTheTrueTokenAmongTheMostProbable) {
  // A head that ignores its input and ranks genes 2, 3, 4, … from most to least probable.
  const testing::TemporaryFolder folder;
  testing::write_small_corpus(folder / "corpus.h5", 30, kGenes);
  const auto corpus = cells::Corpus::open(folder / "corpus.h5");
  const auto lengths = corpus.lengths();
  const data::BatchBuilder batches(corpus, nullptr, {}, kMaxLength);
  auto model = small_model(false);
  {
    const torch::NoGradGuard no_grad;
    for (const auto& entry : model->named_parameters()) {
      if (entry.key().starts_with("cls.predictions.decoder") || entry.key() == "cls.predictions.bias")
        entry->zero_();
    }
    model->named_parameters()["cls.predictions.bias"].copy_(
        -torch::arange(static_cast<std::int64_t>(kGenes) + 2));
    model->named_parameters()["cls.predictions.bias"].narrow(0, 0, 2).fill_(-1000);
  }
  const auto split = split_cells(corpus, {.share = 0.5});
  MaskedLmTask task(model, {batches, lengths, kMaxLength, split, {}}, {}, torch::kCPU, 0, 1);
  double masked = 0;
  double first = 0;
  double five = 0;
  for (const auto cell : split.evaluation) {
    for (const auto target :
         batches
             .build_masked(std::vector<std::uint32_t>{cell}, {}, 0, std::numeric_limits<std::uint64_t>::max())
             .targets) {
      ++masked;
      first += target == 2 ? 1 : 0;
      five += target < 7 ? 1 : 0;
    }
  }
  const auto ranks = distributed::make_communicator({}, torch::kCPU);
  const torch::NoGradGuard no_grad;
  const auto metrics = task.evaluate(*ranks);
  EXPECT_DOUBLE_EQ(metrics.at("top1"), first / masked);
  EXPECT_DOUBLE_EQ(metrics.at("top5"), five / masked);
}

}  // namespace
}  // namespace biodta::training
