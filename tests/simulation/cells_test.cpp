// Counts of a whole world, held against what its truth says about them.
#include <biodta/simulation/world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace biodta::simulation {
namespace {

constexpr std::size_t kGenes = 160;
constexpr std::size_t kFirstOfPool = 42;  // 12 factors, 30 housekeeping genes

WorldOptions all_cells(bool regulation) {
  WorldOptions options;
  options.seed = 21;
  options.loci.count = 1;
  options.regulation = regulation;
  return options;
}

/// Counts as a dense matrix.
class Counts {
 public:
  explicit Counts(const World& world)
      : genes_(world.genes.size()), values_(world.cells.type.size() * genes_, 0.0F) {
    const cells::CountBlock& block = world.cells.counts;
    for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
      for (std::uint64_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
        values_[cell * genes_ + block.genes[i]] = block.counts[i];
      }
    }
  }
  double at(std::size_t cell, std::size_t gene) const { return values_[cell * genes_ + gene]; }
  std::size_t cells() const { return values_.size() / genes_; }

 private:
  std::size_t genes_;
  std::vector<float> values_;
};

/// log of the ratio of a gene's mean in a factor's home type where the factor is seen, to where it is not.
double log_response(const World& world, const Counts& counts, std::size_t factor, std::size_t gene) {
  double sum[2] = {0.0, 0.0};
  double cells[2] = {0.0, 0.0};
  for (std::size_t cell = 0; cell < counts.cells(); ++cell) {
    if (world.cells.type[cell] != static_cast<std::int32_t>(factor % 6)) continue;
    const int on = counts.at(cell, factor) >= 3 ? 1 : 0;
    sum[on] += counts.at(cell, gene);
    cells[on] += 1.0;
  }
  return std::log((sum[1] + 0.5) / cells[1]) - std::log((sum[0] + 0.5) / cells[0]);
}

std::vector<int> regulators_of(const World& world, std::size_t gene) {
  std::vector<int> factors;
  for (const Regulation& edge : world.regulation) {
    if (edge.target == gene) factors.push_back(static_cast<int>(edge.factor));
  }
  return factors;
}

TEST(Cells, AreWellFormedAndSpreadEvenlyOverTypesAndDonors) {
  const World world = simulate_world(all_cells(true));
  const cells::CountBlock& block = world.cells.counts;
  ASSERT_EQ(block.cell_count(), 6000U);
  ASSERT_EQ(block.offsets.back(), block.genes.size());
  for (std::size_t cell = 0; cell < 6000; ++cell) {
    for (std::uint64_t i = block.offsets[cell]; i < block.offsets[cell + 1]; ++i) {
      ASSERT_LT(block.genes[i], kGenes);
      ASSERT_TRUE(block.counts[i] >= 1.0F && block.counts[i] == std::floor(block.counts[i]));
      ASSERT_TRUE(i == block.offsets[cell] || block.genes[i - 1] < block.genes[i]);
    }
  }
  for (std::int32_t type = 0; type < 6; ++type) {
    EXPECT_NEAR(static_cast<double>(std::count(world.cells.type.begin(), world.cells.type.end(), type)),
                1000.0, 5 * 29.0);
  }
  for (std::int32_t donor = 0; donor < 32; ++donor) {
    EXPECT_NEAR(static_cast<double>(std::count(world.cells.donor.begin(), world.cells.donor.end(), donor)),
                187.5, 5 * 13.5);
  }
}

TEST(Cells, ExpressAboutFiftyGenesEachInEverySeed) {
  for (std::int64_t seed = 0; seed < 3; ++seed) {
    WorldOptions options = all_cells(true);
    options.seed = seed;
    options.cells.count = 1500;
    const World world = simulate_world(options);
    const auto& offsets = world.cells.counts.offsets;
    std::uint64_t most = 0;
    for (std::size_t cell = 0; cell + 1 < offsets.size(); ++cell)
      most = std::max(most, offsets[cell + 1] - offsets[cell]);
    const double mean = static_cast<double>(offsets.back()) / 1500.0;
    EXPECT_GT(mean, 42.0);
    EXPECT_LT(mean, 60.0);
    EXPECT_LE(most, 100U);
  }
}

TEST(Cells, ActivatedTargetsRiseAndRepressedOnesFallWithTheirFactorAndHousekeepingDoesNeither) {
  const World world = simulate_world(all_cells(true));
  const Counts counts(world);
  int right = 0;
  int asked = 0;
  for (const Regulation& edge : world.regulation) {
    // A gene of several regulators, and a factor, answer to more than this one.
    if (edge.target < 12 || regulators_of(world, edge.target).size() > 1) continue;
    ++asked;
    right += log_response(world, counts, edge.factor, edge.target) * edge.sign > 0.2 ? 1 : 0;
  }
  EXPECT_GT(asked, 30);
  EXPECT_GE(right, asked * 9 / 10);
  double housekeeping = 0.0;
  for (std::size_t gene = 12; gene < kFirstOfPool; ++gene)
    housekeeping += log_response(world, counts, 0, gene) / 30.0;
  EXPECT_NEAR(housekeeping, 0.0, 0.1);
}

TEST(Cells, AFactorIsExpressedInItsCellTypesOnly) {
  const World world = simulate_world(all_cells(true));
  const Counts counts(world);
  for (std::size_t factor = 0; factor < 12; ++factor) {
    double sum[2] = {0.0, 0.0};
    double cells[2] = {0.0, 0.0};
    for (std::size_t cell = 0; cell < counts.cells(); ++cell) {
      const auto type = static_cast<std::size_t>(world.cells.type[cell]);
      const int home = type == factor % 6 ? 1 : 0;
      sum[home] += counts.at(cell, factor);
      cells[home] += 1.0;
    }
    // A donor's promoter may be weaker than the reference's, and a factor below an active one is a little on
    // elsewhere.
    const CellOptions& recipe = world.options.cells;
    const double expected = recipe.factor_on_share * recipe.factor_on * recipe.type_depths[factor % 6];
    EXPECT_GT(sum[1] / cells[1], 0.4 * expected) << world.genes[factor].symbol;
    EXPECT_LT(sum[0] / cells[0], 0.1 * expected) << world.genes[factor].symbol;
  }
}

TEST(Cells, AHousekeepingGenesLevelFollowsTheDonorsPromoter) {
  const World world = simulate_world(all_cells(true));
  const Counts counts(world);
  // Slope of log(donor's mean) on the donor's log strength, over all housekeeping genes, each centred: 1 by
  // the recipe.
  double covariance = 0.0;
  double variance = 0.0;
  for (std::size_t gene = 12; gene < kFirstOfPool; ++gene) {
    std::vector<double> sum(32, 0.5);
    std::vector<double> cells(32, 0.0);
    for (std::size_t cell = 0; cell < counts.cells(); ++cell) {
      const auto donor = static_cast<std::size_t>(world.cells.donor[cell]);
      sum[donor] += counts.at(cell, gene);
      cells[donor] += 1.0;
    }
    double mean_level = 0.0;
    double mean_strength = 0.0;
    for (std::size_t donor = 0; donor < 32; ++donor) {
      mean_level += std::log(sum[donor] / cells[donor]) / 32;
      mean_strength += world.donor_log_strength[donor * kGenes + gene] / 32;
    }
    for (std::size_t donor = 0; donor < 32; ++donor) {
      const double strength = world.donor_log_strength[donor * kGenes + gene] - mean_strength;
      covariance += strength * (std::log(sum[donor] / cells[donor]) - mean_level);
      variance += strength * strength;
    }
  }
  EXPECT_NEAR(covariance / variance, 1.0, 0.1);
}

TEST(Cells, WithoutRegulationTheNamedTargetsAnswerToTheirFactorNoMoreThanHousekeepingDoes) {
  const World world = simulate_world(all_cells(false));
  const Counts counts(world);
  double excess = 0.0;
  double targets = 0.0;
  for (std::size_t factor = 0; factor < 12; ++factor) {
    // Where a factor is seen, a cell is deeper: all genes rise a little.
    double depth = 0.0;
    for (std::size_t gene = 12; gene < kFirstOfPool; ++gene)
      depth += log_response(world, counts, factor, gene) / 30.0;
    for (const GeneSet& set : world.gene_sets) {
      if (set.name != factor_symbols()[factor] + " direct") continue;
      for (const std::size_t gene : set.genes) {
        excess += log_response(world, counts, factor, gene) - depth;
        targets += 1.0;
      }
    }
  }
  EXPECT_EQ(targets, 180.0);
  // A log ratio has a standard deviation of about 0.1, its mean over the targets one of less than 0.01.
  EXPECT_NEAR(excess / targets, 0.0, 0.04);
}

}  // namespace
}  // namespace biodta::simulation
