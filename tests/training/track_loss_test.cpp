#include <biodta/training/track_loss.hpp>

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <tuple>

namespace biodta::training {
namespace {

constexpr std::int64_t kWindows = 3, kTrackBins = 5, kTracks = 2;

std::pair<torch::Tensor, torch::Tensor> random_tracks() {
  torch::manual_seed(8);
  return {torch::rand({kWindows, kTrackBins, kTracks}) + 0.1,
          torch::poisson(2 * torch::ones({kWindows, kTrackBins, kTracks}))};
}

TEST(TrackLoss, PoissonIsTheFormula) {
  const auto [output, target] = random_tracks();
  double expected = 0;
  const auto o = output.accessor<float, 3>(), y = target.accessor<float, 3>();
  for (int b = 0; b < kWindows; ++b)
    for (int n = 0; n < kTrackBins; ++n)
      for (int t = 0; t < kTracks; ++t) expected += o[b][n][t] - y[b][n][t] * std::log(o[b][n][t]);
  EXPECT_NEAR(track_loss_sum(output, target, {}).item<double>(), expected, 1e-4);
}

TEST(TrackLoss, PoissonMultinomialIsTheFormula) {
  const auto [output, target] = random_tracks();
  const auto o = output.accessor<float, 3>(), y = target.accessor<float, 3>();
  double expected = 0;
  for (int b = 0; b < kWindows; ++b) {
    for (int t = 0; t < kTracks; ++t) {
      double predicted = 0, measured = 0;
      for (int n = 0; n < kTrackBins; ++n) {
        predicted += o[b][n][t];
        measured += y[b][n][t];
      }
      for (int n = 0; n < kTrackBins; ++n) expected -= y[b][n][t] * std::log(o[b][n][t] / predicted);
      expected += 0.3 * (predicted - measured * std::log(predicted));
    }
  }
  const TrackLossOptions options{TrackLoss::kPoissonMultinomial, 0.3};
  EXPECT_NEAR(track_loss_sum(output, target, options).item<double>(), expected, 1e-4);
}

TEST(TrackLoss, WithFullWeightOfTheTotalTheMultinomialIsThePoissonLoss) {
  const auto [output, target] = random_tracks();
  const TrackLossOptions whole{TrackLoss::kPoissonMultinomial, 1.0};
  EXPECT_NEAR(track_loss_sum(output, target, whole).item<double>(),
              track_loss_sum(output, target, {}).item<double>(), 1e-4);
}

TEST(TrackLoss, IsFiniteWhereNothingIsPredicted) {
  const auto zeros = torch::zeros({1, 4, 1}), ones = torch::ones({1, 4, 1});
  for (const auto kind : {TrackLoss::kPoisson, TrackLoss::kPoissonMultinomial})
    EXPECT_TRUE(std::isfinite(track_loss_sum(zeros, ones, {kind, 0.2}).item<double>()));
}

}  // namespace
}  // namespace biodta::training
