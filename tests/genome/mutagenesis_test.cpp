#include <biodta/genome/mutagenesis.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>
#include <testing.hpp>

#include <array>
#include <cmath>
#include <set>
#include <string>

namespace biodta::genome {
namespace {

using testing::expect_error;

constexpr std::int64_t kStart = 5000;
constexpr std::int64_t kTss = 5512;

std::string random_window(std::uint64_t seed, std::size_t length = 1024) {
  support::RandomStream random(seed);
  std::string window(length, 'A');
  for (char& base : window) base = "ACGT"[random.below(4)];
  return window;
}

MutagenesisOptions options_of(std::int64_t distance, double rate) {
  MutagenesisOptions options;
  options.distance = distance;
  options.rate = rate;
  return options;
}

TEST(Mutagenesis, ReplayingTheEditsOnTheReferenceGivesTheMutant) {
  support::RandomStream random(1);
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const std::string window = random_window(trial);
    const Mutant mutant =
        random_mutant(window, kStart, kTss, options_of(128, trial % 2 == 0 ? 1.0 : 0.3), random);
    EXPECT_EQ(apply_substitutions(window, kStart, mutant.edits, "test"), mutant.sequence);
    for (std::size_t i = 1; i < mutant.edits.size(); ++i) {
      EXPECT_LT(mutant.edits[i - 1].position, mutant.edits[i].position);
    }
  }
}

TEST(Mutagenesis, OnlyBasesWithinTheDistanceChangeAndThoseAtItsEndsDoToo) {
  support::RandomStream random(2);
  const std::string window = random_window(3);
  std::set<std::int64_t> changed;
  for (int trial = 0; trial < 200; ++trial) {
    for (const Edit& edit : random_mutant(window, kStart, kTss, options_of(16, 1.0), random).edits) {
      changed.insert(edit.position);
    }
  }
  EXPECT_EQ(changed.size(), 32U);
  EXPECT_EQ(*changed.begin(), kTss - 16);
  EXPECT_EQ(*changed.rbegin(), kTss + 15);
}

TEST(Mutagenesis, AtRateOneEveryBaseIsDrawnFromAllFourSoThatAQuarterStays) {
  support::RandomStream random(4);
  const std::string window = random_window(5);
  std::array<int, 4> drawn{};
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Mutant mutant = random_mutant(window, kStart, kTss, options_of(128, 1.0), random);
    for (std::size_t at = 384; at < 640; ++at)
      ++drawn[static_cast<std::size_t>(base_index(mutant.sequence[at]))];
  }
  // 102,400 draws: the standard deviation of each count is 139.
  for (const int count : drawn) EXPECT_NEAR(count, kTrials * 256 / 4, 6 * 139);
}

TEST(Mutagenesis, BelowRateOneExactlyThatShareChangesEachToAnotherBase) {
  support::RandomStream random(6);
  const std::string window = random_window(7);
  std::array<int, 256> hits{};
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Mutant mutant = random_mutant(window, kStart, kTss, options_of(128, 0.25), random);
    ASSERT_EQ(mutant.edits.size(), 64U);
    for (const Edit& edit : mutant.edits) {
      EXPECT_NE(edit.ref, edit.alt);
      ++hits[static_cast<std::size_t>(edit.position - (kTss - 128))];
    }
  }
  // Every position is as likely: mean 500, standard deviation 19.4.
  for (const int count : hits) EXPECT_NEAR(count, 500, 6 * 19.4);
  EXPECT_TRUE(random_mutant(window, kStart, kTss, options_of(128, 0.0), random).edits.empty());
}

TEST(Mutagenesis, UnknownBasesAreLeftAloneAndNotCounted) {
  support::RandomStream random(8);
  std::string window = random_window(9);
  window.replace(400, 200, 200, 'N');
  const Mutant mutant = random_mutant(window, kStart, kTss, options_of(128, 0.5), random);
  EXPECT_EQ(mutant.edits.size(), 28U);  // half of the 256 - 200 that are known
  EXPECT_EQ(mutant.sequence.substr(400, 200), std::string(200, 'N'));
}

TEST(Mutagenesis, TheDistanceEndsAtTheWindowsEnds) {
  support::RandomStream random(10);
  const std::string window = random_window(11, 64);
  const Mutant mutant = random_mutant(window, 100, 101, options_of(1000, 0.999), random);
  EXPECT_EQ(mutant.edits.size(), 64U);
}

TEST(Mutagenesis, ANumberOfBasesIsChangedExactlyWhateverTheRate) {
  support::RandomStream random(17);
  const std::string window = random_window(18);
  MutagenesisOptions options = options_of(128, 1.0);
  options.number = 5;
  std::set<std::int64_t> changed;
  for (int trial = 0; trial < 500; ++trial) {
    const Mutant mutant = random_mutant(window, kStart, kTss, options, random);
    ASSERT_EQ(mutant.edits.size(), 5U);
    for (const Edit& edit : mutant.edits) changed.insert(edit.position);
  }
  EXPECT_EQ(changed.size(), 256U);
  options = options_of(2, 0.0);
  options.number = 5;
  expect_error<InputError>([&] { random_mutant(window, kStart, kTss, options, random); },
                           {"4 known bases", "2 bp", "5513", "at least the 5"});
}

TEST(Mutagenesis, TheSameStreamGivesTheSameMutant) {
  const std::string window = random_window(12);
  support::RandomStream one(13);
  support::RandomStream two(13);
  EXPECT_EQ(random_mutant(window, kStart, kTss, {}, one).edits,
            random_mutant(window, kStart, kTss, {}, two).edits);
  EXPECT_NE(random_mutant(window, kStart, kTss, {}, one).edits,
            random_mutant(window, kStart, kTss, {}, one).edits);
}

TEST(Mutagenesis, ATssOutsideTheWindowIsRefused) {
  support::RandomStream random(14);
  const std::string window = random_window(15);
  expect_error<InputError>([&] { random_mutant(window, kStart, kStart + 1024, {}, random); },
                           {"6024", "[5000, 6024)"});
  expect_error<InputError>([&] { random_mutant(window, kStart, kStart - 1, {}, random); }, {"4999"});
}

}  // namespace
}  // namespace biodta::genome
