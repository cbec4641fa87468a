#include "testing.hpp"

#include <biodta/analysis/saturation_scan.hpp>
#include <biodta/support/random.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

/// 1 − cosine similarity, summed by hand.
double plain_shift(const torch::Tensor& a_RE, const torch::Tensor& b_RE) {
  double ab = 0, aa = 0, bb = 0;
  const auto a = a_RE.flatten().contiguous(), b = b_RE.flatten().contiguous();
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double x = a.data_ptr<float>()[i], y = b.data_ptr<float>()[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return 1.0 - ab / std::sqrt(aa * bb);
}

TEST(SaturationScan, holds_every_base_around_the_tss_changed_to_each_other_one) {
  auto embedder = enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  const enformer::ExpressionReadout readout{"human", {1, 3}, 3};
  support::RandomStream random(4);
  GeneWindow window{"c", 1000, 300, 428, ""};
  while (window.sequence.size() < 256) window.sequence += "ACGT"[random.below(4)];
  window.sequence[128] = 'N';
  EXPECT_EQ(saturation_mutants_of(window, 3), 15U);

  const auto scan = scan_saturation(embedder, readout, window, 3, /*batch=*/4);
  const auto reference = embedder.embed(std::vector<std::string>{window.sequence}, &readout);
  EXPECT_NEAR(scan.reference_expression, reference.expression[0], 1e-6 * reference.expression[0]);
  std::size_t next = 0;
  for (std::int64_t position = 425; position < 431; ++position) {
    const auto at = static_cast<std::size_t>(position - 300);
    if (window.sequence[at] == 'N') continue;
    for (const char alt : {'A', 'C', 'G', 'T'}) {
      if (alt == window.sequence[at]) continue;
      ASSERT_LT(next, scan.effects.size());
      const auto& effect = scan.effects[next++];
      EXPECT_EQ(effect.edit,
                (genome::Edit{position, std::string(1, window.sequence[at]), std::string(1, alt)}));
      auto mutant = window.sequence;
      mutant[at] = alt;
      const auto alone = embedder.embed(std::vector<std::string>{mutant}, &readout);
      EXPECT_NEAR(effect.expression, alone.expression[0], 1e-5 * alone.expression[0]);
      EXPECT_NEAR(effect.shift, plain_shift(alone.rows_NRE, reference.rows_NRE), 1e-7);
    }
  }
  EXPECT_EQ(next, scan.effects.size());
}

}  // namespace
}  // namespace biodta::analysis
