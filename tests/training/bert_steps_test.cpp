// A BERT through the whole loop, against PyTorch's and transformers' numbers (scripts/fixtures/bert.py).
#include "model/fixtures.hpp"
#include "testing.hpp"

#include <biodta/training/optimizer.hpp>
#include <biodta/training/schedule.hpp>
#include <biodta/training/trainer.hpp>

#include <ATen/ops/cross_entropy_loss.h>
#include <gtest/gtest.h>

#include <vector>

namespace biodta::training {
namespace {

/// The fixture's batch at every step.
class OneBatchTask : public Task {
 public:
  OneBatchTask()
      : model_(model::load_model(testing::fixture("bert") / "table")),
        numbers_(model::testing::reference("table")) {}

  torch::nn::Module& module() override { return *model_; }
  torch::Device device() const override { return torch::kCPU; }
  std::uint64_t steps_per_epoch() const override { return 5; }
  std::string_view unit() const override { return "tokens"; }
  void start_epoch(std::uint64_t, std::uint64_t) override {}
  MicroBatchLoss forward(std::uint64_t, std::int64_t) override {
    const auto logits = model_->forward(model::testing::batch_of(numbers_), numbers_.at("masked"));
    const auto& targets = numbers_.at("targets");
    const auto sum = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum);
    return {sum, static_cast<double>(targets.numel()), 1};
  }
  Metrics evaluate(distributed::Communicator&) override { return {}; }

 private:
  model::MaskedLanguageModel model_;
  weights::NamedTensors numbers_;
};

class LossesObserver : public Observer {
 public:
  void on_step(const StepReport& report) override { losses.push_back(report.loss); }
  std::vector<double> losses;
};

std::vector<double> run(Task& task, const OptimizerOptions& optimizer_options, std::int64_t steps,
                        const ScheduleOptions& schedule_options) {
  FusedAdam optimizer(task.module(), optimizer_options);
  const auto ranks = distributed::make_communicator({}, torch::kCPU);
  const Schedule schedule(schedule_options, static_cast<std::uint64_t>(steps));
  LossesObserver losses;
  TrainerParts parts{
      .task = task, .optimizer = optimizer, .schedule = schedule, .ranks = *ranks, .observers = {&losses}};
  Trainer(parts, {.max_steps = steps, .clip_norm = 1.0, .evaluate_every = 0, .log_every = 1},
          optimizer_options.learning_rate)
      .run();
  return losses.losses;
}

TEST(BertSteps, FiveEqualThoseOfPyTorchAndTransformers) {
  const auto expected =
      weights::read_tensors(testing::fixture("bert") / "table" / "five_steps.safetensors").tensors;
  OneBatchTask task;
  const auto losses = run(task, {.learning_rate = 1e-3, .weight_decay = 0.01}, 5, {.warmup_steps = 5});
  ASSERT_EQ(losses.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(losses[i], expected.at("losses")[static_cast<std::int64_t>(i)].item<double>(), 1e-5) << i;
  int compared = 0;
  for (const auto& parameter : task.module().named_parameters()) {
    // Its true gradient is zero, and Adam makes a whole step of what rounding leaves.
    if (parameter.key().ends_with("self.key.bias")) continue;
    EXPECT_LT(model::testing::difference(parameter.value().detach(), expected.at(parameter.key())), 2e-5)
        << parameter.key();
    ++compared;
  }
  EXPECT_GT(compared, 50);
}

}  // namespace
}  // namespace biodta::training
