#pragma once
/// @file
/// A task small enough to follow by hand: a linear function with dropout, fitted to points that are known in
/// advance.

#include <biodta/training/task.hpp>

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace biodta::testing {

struct LineModuleImpl : torch::nn::Module {
  explicit LineModuleImpl(double probability)
      : linear(register_module("linear", torch::nn::Linear(3, 1))),
        dropout(register_module("dropout", torch::nn::Dropout(probability))) {
    torch::manual_seed(11);
    linear->reset_parameters();
  }
  torch::Tensor forward(const torch::Tensor& x) { return dropout(linear(x)).squeeze(1); }
  torch::nn::Linear linear;
  torch::nn::Dropout dropout;
};
TORCH_MODULE(LineModule);

class LineTask : public training::Task {
 public:
  /// @param micro_batches  a step; the eight points of a step are split between them.
  explicit LineTask(std::int64_t micro_batches = 1, double dropout = 0.0)
      : micro_batches_(micro_batches), module_(dropout) {}

  torch::nn::Module& module() override { return *module_; }
  torch::Device device() const override { return torch::kCPU; }
  std::uint64_t steps_per_epoch() const override { return 5; }
  std::string_view unit() const override { return "points"; }
  void start_epoch(std::uint64_t epoch, std::uint64_t first_step) override {
    epoch_ = epoch;
    epochs.push_back(epoch);
    first_steps.push_back(first_step);
  }
  training::MicroBatchLoss forward(std::uint64_t step, std::int64_t micro_batch) override {
    if (empty.contains(micro_batch)) return {};
    const auto points = 8 / micro_batches_;
    const auto [x, y] = data(epoch_, step);
    const auto error =
        module_(x.narrow(0, micro_batch * points, points)) - y.narrow(0, micro_batch * points, points);
    torch::Tensor sum = error.pow(2).sum() * loss_factor;
    if (breaks(step, micro_batch)) sum = sum * std::numeric_limits<double>::quiet_NaN();
    if (step == overflowing_step) sum = sum * 1e36;
    // The value of this is 0, its derivative there is infinite.
    if (step == steep_step) sum = sum + (module_->linear->weight * 0.0).square().sqrt().sum();
    return {sum, static_cast<double>(points), static_cast<double>(points)};
  }
  std::string describe_micro_batch(std::uint64_t epoch, std::uint64_t step,
                                   std::uint64_t slot) const override {
    return "points " + std::to_string(epoch) + "/" + std::to_string(step) + "/" + std::to_string(slot);
  }
  training::Metrics evaluate(distributed::Communicator&) override {
    if (!held_out_losses.empty()) {
      const auto index =
          std::min<std::size_t>(static_cast<std::size_t>(evaluations), held_out_losses.size() - 1);
      ++evaluations;
      return {{"loss", held_out_losses[index]}};
    }
    ++evaluations;
    EXPECT_FALSE(module_->is_training());
    EXPECT_FALSE(torch::GradMode::is_enabled());
    return {{"weight", module_->linear->weight[0][0].item<double>()}};
  }

  /// The eight points of a step: x [8, 3], y [8].
  static std::pair<torch::Tensor, torch::Tensor> data(std::uint64_t epoch, std::uint64_t step) {
    auto generator = at::detail::createCPUGenerator(100 * epoch + step);
    const auto x = torch::randn({8, 3}, generator);
    return {x, x.select(1, 0) * 2.0 - x.select(1, 2) + 0.5};
  }

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t broken_step = kNever;       ///< of every epoch: its loss is no number
  std::int64_t broken_micro_batch = -1;     ///< the one of them that it is; -1 = all
  std::uint64_t overflowing_step = kNever;  ///< of every epoch: its loss is far too large for float16
  std::uint64_t steep_step = kNever;        ///< of every epoch: its gradient is no number, its loss is one
  bool always_broken = false;
  double loss_factor = 1.0;
  std::vector<double> held_out_losses;  ///< of one evaluation after another; empty = no loss is told
  std::set<std::int64_t> empty;         ///< micro-batches without data
  std::vector<std::uint64_t> epochs;
  std::vector<std::uint64_t> first_steps;
  int evaluations = 0;

  LineModule& line() { return module_; }

 private:
  bool breaks(std::uint64_t step, std::int64_t micro_batch) const {
    if (always_broken) return true;
    return step == broken_step && (broken_micro_batch < 0 || micro_batch == broken_micro_batch);
  }

  std::int64_t micro_batches_;
  LineModule module_;
  std::uint64_t epoch_ = 0;
};

}  // namespace biodta::testing
