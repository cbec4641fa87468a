// Tracks of the training loci, held against a second implementation of their formula.
#include <biodta/simulation/world.hpp>

#include <gtest/gtest.h>
#include <simulation/naive_promoter.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace biodta::simulation {
namespace {

WorldOptions loci_only(std::int64_t count) {
  WorldOptions options = testing::few_cells(31);
  options.loci.count = count;
  return options;
}

/// Signal without noise of one bin and track, from the whole locus of 6 + 1,024 + 6 bp.
double naive_signal(const std::string& locus, const MotifSet& motifs, int bin, std::size_t track) {
  const std::string window = locus.substr(6, 1024);
  const double centre = -256.0 + 32.0 * bin + 16.0;
  if (track == 0) {
    const double strength = std::exp(testing::naive_log_strength(window, motifs));
    return 0.05 + 2.0 * strength * std::exp(-centre * centre / (2.0 * 48.0 * 48.0));
  }
  double signal = 0.05;
  for (const std::size_t start : testing::occurrences(window, motifs.factors[track - 1])) {
    const double distance = centre - (static_cast<double>(start) + 4.0 - 512.0);
    signal += 3.0 * std::exp(-distance * distance / (2.0 * 40.0 * 40.0));
  }
  return signal;
}

TEST(Loci, TracksArePoissonAroundTheFormulaOfTheSequence) {
  constexpr std::size_t kLoci = 400;
  const World world = simulate_world(loci_only(kLoci));
  ASSERT_EQ(world.loci.tracks.size(), kLoci * 16 * 13);
  std::vector<double> residual(13, 0.0);
  std::vector<double> variance(13, 0.0);
  double chi_square = 0.0;
  for (std::size_t locus = 0; locus < kLoci; ++locus) {
    ASSERT_EQ(world.loci.sequences[locus].sequence.size(), 1036U);
    for (int bin = 0; bin < 16; ++bin) {
      for (std::size_t track = 0; track < 13; ++track) {
        const double mean =
            4.0 * naive_signal(world.loci.sequences[locus].sequence, world.motifs, bin, track);
        const double reads =
            4.0 * world.loci.tracks[(locus * 16 + static_cast<std::size_t>(bin)) * 13 + track];
        ASSERT_EQ(reads, std::round(reads));
        residual[track] += reads - mean;
        variance[track] += mean;
        chi_square += (reads - mean) * (reads - mean) / mean;
      }
    }
  }
  for (std::size_t track = 0; track < 13; ++track) {
    EXPECT_NEAR(residual[track], 0.0, 5 * std::sqrt(variance[track])) << world.loci.track_names[track];
  }
  // Of a Poisson's (k - m)² / m the variance is 2 + 1/m, at most 7 here.
  const double values = static_cast<double>(kLoci) * 16 * 13;
  EXPECT_NEAR(chi_square / values, 1.0, 5 * std::sqrt(7.0 / values));
}

TEST(Loci, TracksAreNamedAfterTheirFactors) {
  const World world = simulate_world(loci_only(2));
  ASSERT_EQ(world.loci.track_names.size(), 13U);
  EXPECT_EQ(world.loci.track_names[0], "CAGE");
  EXPECT_EQ(world.loci.track_names[1], "ChIP:GATA4");
  EXPECT_EQ(world.loci.track_names[2], "ChIP:TBX5");
}

TEST(Loci, HoldZeroToEightFactorMotifsAndSomeLackTheTataBox) {
  constexpr std::size_t kLoci = 1000;
  const World world = simulate_world(loci_only(kLoci));
  std::size_t motifs = 0;
  int without_tata = 0;
  for (const genome::FastaRecord& record : world.loci.sequences) {
    const std::string window = record.sequence.substr(6, 1024);
    for (const std::string& motif : world.motifs.factors)
      motifs += testing::occurrences(window, motif).size();
    int wrong = 0;
    for (std::size_t i = 0; i < 8; ++i) wrong += window[482 + i] != world.motifs.tata[i] ? 1 : 0;
    without_tata += wrong > 1 ? 1 : 0;
  }
  // 4 are placed on average, and 12 × 1,017 / 65,536 = 0.19 come by chance.
  EXPECT_NEAR(static_cast<double>(motifs) / kLoci, 4.19, 5 * 2.6 / std::sqrt(1000.0));
  EXPECT_NEAR(without_tata, 150, 5 * 11.3);
}

TEST(Loci, AreOtherSequencesThanTheGenes) {
  const World world = simulate_world(loci_only(50));
  for (const genome::FastaRecord& record : world.loci.sequences) {
    const std::string middle = record.sequence.substr(300, 60);
    for (const genome::FastaRecord& contig : world.contigs)
      EXPECT_EQ(contig.sequence.find(middle), std::string::npos);
  }
}

}  // namespace
}  // namespace biodta::simulation
