#include <biodta/genome/haplotypes.hpp>
#include <biodta/genome/mutants.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <set>
#include <string>
#include <vector>

namespace biodta::genome {
namespace {

using testing::expect_error;

const ContigPiece kPiece{"chr1", 100, "ACGTNACGTTGCA"};

std::string made(const NamedMutant& mutant) {
  const auto length = static_cast<std::int64_t>(kPiece.letters.size());
  return edited_window(kPiece.letters, kPiece.start, kPiece.start + length / 2, length, mutant.edits,
                       mutant.name);
}

std::size_t differences(const std::string& a, const std::string& b) {
  std::size_t count = a.size() == b.size() ? 0 : 1000;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) count += a[i] == b[i] ? 0 : 1;
  return count;
}

TEST(SaturationMutants, EveryKnownBaseBecomesEachOfTheThreeOthersInOrder) {
  const auto mutants = saturation_mutants(kPiece, {101, 107});
  ASSERT_EQ(mutants.size(), 15U);  // of 6 bases one is N
  EXPECT_EQ(mutants[0].name, "chr1:102:C>A");
  EXPECT_EQ(mutants[1].name, "chr1:102:C>G");
  EXPECT_EQ(mutants[2].name, "chr1:102:C>T");
  EXPECT_EQ(mutants[14].name, "chr1:107:C>T");
  std::set<std::string> distinct;
  for (const NamedMutant& mutant : mutants) {
    EXPECT_EQ(mutant.contig, "chr1");
    EXPECT_EQ(differences(made(mutant), kPiece.letters), 1U) << mutant.name;
    distinct.insert(made(mutant));
  }
  EXPECT_EQ(distinct.size(), mutants.size());
  EXPECT_TRUE(saturation_mutants(kPiece, {104, 105}).empty());
  expect_error<InputError>([] { saturation_mutants(kPiece, {99, 105}); }, {"chr1:100-105", "chr1:101-113"});
  expect_error<InputError>([] { saturation_mutants(kPiece, {105, 114}); }, {"chr1:106-114"});
}

TEST(MaskedTiles, CoverTheIntervalAtTheirStepAndTheLastIsCut) {
  const auto mutants = masked_tiles(kPiece, {100, 110}, 4, 3);
  std::vector<std::string> sequences;
  for (const NamedMutant& mutant : mutants) sequences.push_back(made(mutant));
  EXPECT_EQ(sequences, (std::vector<std::string>{"NNNNNACGTTGCA", "ACGNNNNGTTGCA", "ACGTNANNNNGCA"}));
  EXPECT_EQ(mutants[0].name, "chr1:101-104:N");
  EXPECT_EQ(mutants[2].name, "chr1:107-110:N");
  const auto cut = masked_tiles(kPiece, {107, 110}, 2, 2);
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(made(cut[1]), "ACGTNACGTNGCA");
  EXPECT_TRUE(masked_tiles(kPiece, {104, 105}, 4, 4).empty());
  expect_error<InputError>([] { masked_tiles(kPiece, {100, 110}, 0, 1); }, {"0 bp every 1 bp"});
  expect_error<InputError>([] { masked_tiles(kPiece, {90, 110}, 1, 1); }, {"chr1:91-110"});
}

TEST(MotifMutant, TheMotifStandsAtItsPositionAndElsewhereNothingChanges) {
  const NamedMutant mutant = motif_mutant(kPiece, 106, "gataa");
  EXPECT_EQ(made(mutant), "ACGTNAGATAACA");
  EXPECT_EQ(mutant.name, "chr1:107:GATAA");
  EXPECT_TRUE(motif_mutant(kPiece, 100, "ACGT").edits.empty());
  expect_error<InputError>([] { motif_mutant(kPiece, 110, "GATA"); }, {"chr1:111-114"});
  expect_error<InputError>([] { motif_mutant(kPiece, 101, "GAUA"); }, {"GAUA", "'U'"});
  expect_error<InputError>([] { motif_mutant(kPiece, 101, ""); }, {"empty"});
}

}  // namespace
}  // namespace biodta::genome
