#include "small_enformer.hpp"
#include "testing.hpp"

#include <biodta/enformer/model_folder.hpp>
#include <biodta/enformer/one_hot.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/random.hpp>
#include <biodta/training/tss_readout.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace biodta::training {
namespace {

using biodta::testing::expect_error;

TEST(TssReadout, IsWhatTheSequenceEmbedderCallsExpression) {
  const biodta::testing::TemporaryFolder folder;
  auto model = biodta::testing::small_enformer_model();
  enformer::save_enformer(model, folder.path());
  auto embedder = enformer::SequenceEmbedder::load(folder.path());
  support::RandomStream random(2);
  std::vector<std::string> windows(3, std::string(biodta::testing::kSmallWindow, 'A'));
  for (auto& window : windows)
    for (auto& base : window) base = "ACGT"[random.below(4)];

  model->eval();
  const torch::NoGradGuard no_grad;
  const auto output = model->forward(enformer::one_hot(windows), "planted");
  for (const std::int64_t bins : {1, 3, 4, 8}) {
    const enformer::ExpressionReadout readout{"planted", {1, 0}, bins};
    const auto expected = embedder.embed(windows, &readout).expression;
    const auto found = TssReadout({{1, 0}, bins}, model->config(), 2).expression(output);
    for (std::int64_t i = 0; i < 3; ++i)
      EXPECT_NEAR(found[i].item<double>(), expected[static_cast<std::size_t>(i)], 1e-4) << bins;
  }
}

TEST(TssReadout, OfATurnedWindowReadsTheBinsTurnedBack) {
  const auto output = torch::arange(16, torch::kFloat32).view({2, 8, 1});
  const TssReadout readout({{0}, 3}, biodta::testing::small_enformer_config(), 1);
  // The TSS is the first base of bin 4: bins 3, 4 and 5, which in a turned window are 4, 3 and 2.
  const auto sums = readout.sums(output, torch::tensor({false, true}));
  EXPECT_EQ(sums[0][0].item<float>(), 3 + 4 + 5);
  EXPECT_EQ(sums[1][0].item<float>(), (8 + 4) + (8 + 3) + (8 + 2));
}

TEST(TssReadout, RefusesBinsAndTracksThatThereAreNot) {
  const auto config = biodta::testing::small_enformer_config();
  const auto refused = [&](TssReadoutOptions options, std::initializer_list<std::string_view> parts) {
    expect_error<ConfigError>([&] { TssReadout(options, config, 2); }, parts);
  };
  refused({{0}, 9}, {"readout.bins", "9", "8 bins"});
  refused({{2}, 3}, {"readout.tracks", "2", "2 tracks"});
  refused({{}, 3}, {"readout.tracks", "none"});
}

}  // namespace
}  // namespace biodta::training
