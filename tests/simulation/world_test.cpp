#include <biodta/simulation/world.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <simulation/naive_promoter.hpp>
#include <testing.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace biodta::simulation {
namespace {

using testing::donor_window;
using testing::few_cells;
using testing::naive_log_strength;
using testing::occurrences;
using testing::window_of;

/// Sign of each (factor, target) of the truth.
std::map<std::pair<std::size_t, std::size_t>, int> edges_of(const World& world) {
  std::map<std::pair<std::size_t, std::size_t>, int> edges;
  for (const Regulation& edge : world.regulation) edges[{edge.factor, edge.target}] = edge.sign;
  return edges;
}

std::set<std::size_t> set_of(const World& world, const std::string& name) {
  for (const GeneSet& set : world.gene_sets) {
    if (set.name == name) return {set.genes.begin(), set.genes.end()};
  }
  return {};
}

TEST(World, EqualOptionsGiveEqualWorldsAndAnotherSeedAnother) {
  const World one = simulate_world(few_cells(3));
  const World two = simulate_world(few_cells(3));
  const World other = simulate_world(few_cells(4));
  ASSERT_EQ(one.contigs.size(), 4U);
  for (std::size_t i = 0; i < one.contigs.size(); ++i) {
    EXPECT_EQ(one.contigs[i].sequence, two.contigs[i].sequence);
    EXPECT_NE(one.contigs[i].sequence, other.contigs[i].sequence);
  }
  EXPECT_EQ(one.cells.counts.counts, two.cells.counts.counts);
  EXPECT_EQ(one.cells.counts.genes, two.cells.counts.genes);
  EXPECT_NE(one.cells.counts.counts, other.cells.counts.counts);
  EXPECT_EQ(one.loci.tracks, two.loci.tracks);
  EXPECT_EQ(edges_of(one), edges_of(two));
  EXPECT_NE(edges_of(one), edges_of(other));
}

TEST(World, MoreCellsLeaveTheGenomeAndTheFirstCellsAsTheyWere) {
  WorldOptions options = few_cells(5);
  const World few = simulate_world(options);
  options.cells.count = 60;
  options.loci.count = 6;
  const World more = simulate_world(options);
  EXPECT_EQ(few.contigs[2].sequence, more.contigs[2].sequence);
  ASSERT_LT(few.cells.counts.counts.size(), more.cells.counts.counts.size());
  EXPECT_TRUE(std::equal(few.cells.counts.counts.begin(), few.cells.counts.counts.end(),
                         more.cells.counts.counts.begin()));
  EXPECT_TRUE(std::equal(few.loci.tracks.begin(), few.loci.tracks.end(), more.loci.tracks.begin()));
}

TEST(World, MotifsDifferInFourPlacesAndHaveThreeLetters) {
  for (std::int64_t seed = 0; seed < 5; ++seed) {
    const MotifSet motifs = simulate_world(few_cells(seed)).motifs;
    std::vector<std::string> words = motifs.promoter;
    words.push_back(motifs.tata);
    words.insert(words.end(), motifs.factors.begin(), motifs.factors.end());
    ASSERT_EQ(words.size(), 17U);
    for (std::size_t i = 0; i < words.size(); ++i) {
      EXPECT_EQ(words[i].size(), 8U);
      EXPECT_GE(std::set<char>(words[i].begin(), words[i].end()).size(), 3U);
      for (std::size_t j = 0; j < i; ++j) {
        int different = 0;
        for (std::size_t k = 0; k < 8; ++k) different += words[i][k] != words[j][k] ? 1 : 0;
        EXPECT_GE(different, 4) << words[i] << " " << words[j];
      }
    }
  }
}

TEST(World, GenesLieApartOnTheirContigsAndWindowsDoNotOverlap) {
  const World world = simulate_world(few_cells(1));
  ASSERT_EQ(world.genes.size(), 160U);
  EXPECT_EQ(world.genes[0].symbol, "GATA4");
  EXPECT_EQ(world.genes[1].symbol, "TBX5");
  EXPECT_EQ(world.genes[12].symbol, "HOUSE01");
  EXPECT_EQ(world.genes[159].id, "SIMG00000000160");
  std::set<std::string> ids;
  std::map<std::size_t, std::int64_t> end;
  for (const SimulatedGene& gene : world.genes) {
    EXPECT_TRUE(ids.insert(gene.id).second && ids.insert(gene.symbol).second);
    EXPECT_GE(gene.tss - 512, end[gene.contig] + 200);
    end[gene.contig] = gene.tss + 512;
    EXPECT_LE(end[gene.contig] + 200, static_cast<std::int64_t>(world.contigs[gene.contig].sequence.size()));
  }
  EXPECT_EQ(end.size(), 4U);
}

TEST(World, EachFactorsMotifStandsOnceOrTwiceAtItsTargetsAndNowhereElseInAnyDonor) {
  for (std::int64_t seed = 0; seed < 3; ++seed) {
    const World world = simulate_world(few_cells(seed));
    const auto edges = edges_of(world);
    for (std::size_t gene = 0; gene < world.genes.size(); ++gene) {
      const std::string reference = window_of(world, gene);
      const std::string donor = donor_window(world, gene, gene % world.donors.size());
      for (std::size_t factor = 0; factor < 12; ++factor) {
        const std::size_t count = occurrences(reference, world.motifs.factors[factor]).size();
        if (edges.contains({factor, gene})) {
          EXPECT_TRUE(count == 1 || count == 2)
              << world.genes[factor].symbol << " at " << world.genes[gene].symbol;
        } else {
          EXPECT_EQ(count, 0U) << world.genes[factor].symbol << " at " << world.genes[gene].symbol;
        }
        EXPECT_EQ(occurrences(donor, world.motifs.factors[factor]).size(), count);
      }
    }
  }
}

TEST(World, EveryGenesAndDonorsPromoterStrengthEqualsASecondImplementation) {
  const World world = simulate_world(few_cells(2));
  for (std::size_t gene = 0; gene < world.genes.size(); ++gene) {
    EXPECT_NEAR(world.genes[gene].log_strength, naive_log_strength(window_of(world, gene), world.motifs),
                1e-12);
    for (const std::size_t donor : {std::size_t{0}, std::size_t{13}, std::size_t{31}}) {
      EXPECT_NEAR(world.donor_log_strength[donor * world.genes.size() + gene],
                  naive_log_strength(donor_window(world, gene, donor), world.motifs), 1e-12);
    }
  }
}

TEST(World, PromoterMotifsLieWithinReachOfTheTssAndAThirdOfTheTataBoxesIsDamaged) {
  const World world = simulate_world(few_cells(6));
  std::size_t inside = 0;
  std::size_t outside = 0;
  int damaged = 0;
  for (std::size_t gene = 0; gene < world.genes.size(); ++gene) {
    const std::string window = window_of(world, gene);
    for (const std::string& motif : world.motifs.promoter) {
      for (const std::size_t start : occurrences(window, motif)) {
        (start + 4 >= 512 - 240 && start + 4 <= 512 + 240 ? inside : outside) += 1;
      }
    }
    int wrong = 0;
    for (std::size_t i = 0; i < 8; ++i) wrong += window[482 + i] != world.motifs.tata[i] ? 1 : 0;
    ASSERT_LE(wrong, 1);
    damaged += wrong;
  }
  // 1 to 6 a gene and 0 to 3 more for factors: 578 on average; by chance 0.06 a gene, half of them outside.
  EXPECT_NEAR(static_cast<double>(inside), 583.0, 5 * 21.5);
  EXPECT_LT(outside, 25U);
  EXPECT_NEAR(damaged, 56, 5 * 6.0);
}

TEST(World, VariantsReferToTheReferenceAndLieInTheirGenesWindow) {
  const World world = simulate_world(few_cells(7));
  std::pair<std::size_t, std::int64_t> last{0, -1};
  for (const SimulatedVariant& variant : world.variants) {
    const SimulatedGene& gene = world.genes[variant.gene];
    const std::pair<std::size_t, std::int64_t> place{gene.contig, variant.edit.position};
    EXPECT_LT(last, place);
    last = place;
    EXPECT_EQ(variant.edit.ref,
              world.contigs[gene.contig].sequence.substr(static_cast<std::size_t>(place.second), 1));
    EXPECT_NE(variant.edit.ref, variant.edit.alt);
    EXPECT_TRUE(place.second >= gene.tss - 512 && place.second < gene.tss + 512);
  }
}

TEST(World, CarriersAreAsManyAsTheAlleleFrequencySays) {
  const World world = simulate_world(few_cells(8));
  double carried = 0.0;
  double expected = 0.0;
  double variance = 0.0;
  double mean_frequency = 0.0;
  for (const SimulatedVariant& variant : world.variants) {
    EXPECT_TRUE(variant.frequency >= 0.1 && variant.frequency <= 0.5);
    EXPECT_EQ(variant.carriers.size(), 32U);
    carried += static_cast<double>(std::count(variant.carriers.begin(), variant.carriers.end(), true));
    expected += 32 * variant.frequency;
    variance += 32 * variant.frequency * (1 - variant.frequency);
    mean_frequency += variant.frequency / static_cast<double>(world.variants.size());
  }
  EXPECT_NEAR(carried, expected, 5 * std::sqrt(variance));
  EXPECT_NEAR(mean_frequency, 0.3, 5 * 0.1155 / std::sqrt(static_cast<double>(world.variants.size())));
}

TEST(World, HalfOfTheGenesHaveAMotifMakingVariantAndTwoFifthsOfTheMotifsABreakingOne) {
  const World world = simulate_world(few_cells(9));
  std::set<std::size_t> made;
  int broken = 0;
  int motifs = 0;
  const auto count = [&](const std::string& window) {
    std::size_t all = 0;
    for (const std::string& motif : world.motifs.promoter) all += occurrences(window, motif).size();
    return static_cast<int>(all);
  };
  for (std::size_t gene = 0; gene < world.genes.size(); ++gene) motifs += count(window_of(world, gene));
  for (const SimulatedVariant& variant : world.variants) {
    std::string window = window_of(world, variant.gene);
    const int before = count(window);
    window[static_cast<std::size_t>(variant.edit.position - world.genes[variant.gene].tss + 512)] =
        variant.edit.alt[0];
    if (count(window) > before) made.insert(variant.gene);
    if (count(window) < before) ++broken;
  }
  EXPECT_NEAR(static_cast<double>(made.size()), 100.0, 5 * 7.1);
  EXPECT_NEAR(broken, 0.4 * motifs, 5 * std::sqrt(0.24 * motifs));
}

TEST(World, TheNetworkHasTheRecipesEdges) {
  const World world = simulate_world(few_cells(10));
  const auto edges = edges_of(world);
  int repressed = 0;
  for (std::size_t factor = 0; factor < 12; ++factor) {
    int pool = 0;
    for (std::size_t gene = 12; gene < 160; ++gene) {
      if (!edges.contains({factor, gene})) continue;
      EXPECT_EQ(world.genes[gene].kind, GeneKind::kPool);
      ++pool;
      repressed += edges.at({factor, gene}) < 0 ? 1 : 0;
    }
    EXPECT_EQ(pool, 15);
  }
  EXPECT_NEAR(repressed, 27, 5 * 4.8);
  int shared = 0;
  for (std::size_t gene = 12; gene < 160; ++gene)
    shared += edges.contains({0, gene}) && edges.contains({1, gene}) ? 1 : 0;
  EXPECT_EQ(shared, 4);
  const std::set<std::pair<std::size_t, std::size_t>> wanted = {{0, 2}, {0, 3}, {1, 3}, {1, 4},
                                                                {5, 6}, {7, 8}, {9, 10}};
  std::set<std::pair<std::size_t, std::size_t>> between_factors;
  for (const auto& [pair, sign] : edges) {
    if (pair.second >= 12) continue;
    between_factors.insert(pair);
    EXPECT_EQ(sign, 1);
  }
  EXPECT_EQ(between_factors, wanted);
}

TEST(World, GeneSetsFollowFromTheEdges) {
  const World world = simulate_world(few_cells(11));
  const auto edges = edges_of(world);
  std::size_t signed_sets = 0;
  for (std::size_t factor = 0; factor < 12; ++factor) {
    std::set<std::size_t> direct;
    std::set<std::size_t> indirect;
    for (const auto& [pair, sign] : edges) {
      if (pair.first == factor) direct.insert(pair.second);
    }
    for (const auto& [pair, sign] : edges) {
      if (direct.contains(pair.first) && !direct.contains(pair.second)) indirect.insert(pair.second);
    }
    EXPECT_EQ(set_of(world, factor_symbols()[factor] + " direct"), direct);
    EXPECT_EQ(set_of(world, factor_symbols()[factor] + " indirect"), indirect);
    std::set<std::size_t> activated, repressed;
    for (const std::size_t target : direct)
      (edges.at({factor, target}) > 0 ? activated : repressed).insert(target);
    EXPECT_EQ(set_of(world, factor_symbols()[factor] + " activated"), activated);
    EXPECT_EQ(set_of(world, factor_symbols()[factor] + " repressed"), repressed);
    signed_sets += (activated.empty() ? 0U : 1U) + (repressed.empty() ? 0U : 1U);
  }
  EXPECT_EQ(set_of(world, "housekeeping").size(), 30U);
  EXPECT_EQ(world.gene_sets.size(), 12U + signed_sets + 5U + 1U);
}

TEST(World, WithoutRegulationTheSetsAreDrawnButNoMotifBindsAndNoEdgeIsTrue) {
  WorldOptions options = few_cells(12);
  options.regulation = false;
  const World world = simulate_world(options);
  EXPECT_TRUE(world.regulation.empty());
  for (const std::string& symbol : factor_symbols()) {
    const auto direct = set_of(world, symbol + " direct");
    EXPECT_EQ(direct.size(), 15U);
    for (const std::size_t gene : direct) EXPECT_EQ(world.genes[gene].kind, GeneKind::kPool);
    EXPECT_TRUE(set_of(world, symbol + " indirect").empty());
  }
  for (std::size_t gene = 0; gene < world.genes.size(); ++gene) {
    for (const std::string& motif : world.motifs.factors)
      EXPECT_TRUE(occurrences(window_of(world, gene), motif).empty());
  }
}

TEST(World, TheLastDonorsAreHeldOut) {
  const WorldOptions options;
  EXPECT_FALSE(is_held_out(options, 25));
  EXPECT_TRUE(is_held_out(options, 26));
}

TEST(World, PromotersWithoutRoomForTheirMotifsAreRefused) {
  WorldOptions options = few_cells(1);
  options.promoters.reach = 20;
  options.promoters.fewest_motifs = 6;
  testing::expect_error<ConfigError>([&] { simulate_world(options); }, {"promoters.reach", "20 bp"});
}

}  // namespace
}  // namespace biodta::simulation
