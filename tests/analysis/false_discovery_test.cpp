#include <biodta/analysis/false_discovery.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace biodta::analysis {
namespace {

struct TestedThing {
  double p = 1.0;
  double fdr = 1.0;
};

TEST(FalseDiscovery, IsSetInEachEntryInItsPlace) {
  // By hand: 0.04 * 3 / 3 = 0.04, 0.01 * 3 / 1 = 0.03, 0.03 * 3 / 2 = 0.045 and thus the next one's 0.04.
  std::vector<TestedThing> things = {{0.04}, {0.01}, {0.03}};
  set_false_discovery_rates(things, &TestedThing::p, &TestedThing::fdr);
  EXPECT_NEAR(things[0].fdr, 0.04, 1e-15);
  EXPECT_NEAR(things[1].fdr, 0.03, 1e-15);
  EXPECT_NEAR(things[2].fdr, 0.04, 1e-15);
}

TEST(FalseDiscovery, LeavesOutWhatWasNotTested) {
  std::vector<TestedThing> things = {{std::numeric_limits<double>::quiet_NaN()}, {0.02}};
  set_false_discovery_rates(
      things, [](const TestedThing& thing) { return thing.p; },
      [](TestedThing& thing) -> double& { return thing.fdr; });
  EXPECT_TRUE(std::isnan(things[0].fdr));
  EXPECT_NEAR(things[1].fdr, 0.02, 1e-15);
}

}  // namespace
}  // namespace biodta::analysis
