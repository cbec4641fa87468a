#include "testing.hpp"

#include <biodta/analysis/mutant_choice.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/options.hpp>
#include <biodta/support/random.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::HasSubstr;

/// Trials around a reference of 2, some without edits, a third of them themselves before and after the
/// adapter.
MutantSearch random_search(std::uint64_t seed, std::size_t trials = 30) {
  support::RandomStream random(seed);
  MutantSearch search;
  search.reference_expression = 2.0;
  for (std::size_t i = 0; i < trials; ++i) {
    MutantTrial& trial = search.trials.emplace_back();
    if (random.uniform() > 0.1) trial.edits = {{static_cast<std::int64_t>(i), "A", "C"}};
    trial.expression = std::exp(random.normal(0.6, 0.5));
    trial.row_distance = random.uniform();
    const double before = random.uniform(), after = random.uniform();
    trial.identity = MutantIdentity{{before, 0.6, "X"}, {after, 0.6, "Y"}};
  }
  return search;
}

bool moves(const MutantTrial& trial, bool down) {
  return !trial.edits.empty() && (down ? trial.expression < 2.0 : trial.expression > 2.0);
}
bool itself(const MutantTrial& trial) {
  return trial.identity->input.own < trial.identity->input.nearest &&
         trial.identity->adapted.own < trial.identity->adapted.nearest;
}

TEST(MutantChoice, TakesWhatItsDefinitionSays) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const bool down : {true, false}) {
      for (const bool keep : {true, false}) {
        for (const MutantUse use : {MutantUse::kBest, MutantUse::kAll, MutantUse::kMean}) {
          MutantSearch search = random_search(seed);
          choose_mutants(search, {down ? MutantDirection::kLower : MutantDirection::kRaise, use, keep});
          std::vector<std::size_t> expected;
          for (std::size_t i = 0; i < search.trials.size(); ++i) {
            EXPECT_EQ(search.trials[i].wanted, moves(search.trials[i], down));
            if (moves(search.trials[i], down) && (!keep || itself(search.trials[i]))) expected.push_back(i);
          }
          ASSERT_FALSE(expected.empty()) << "a seed that shows nothing";
          EXPECT_FALSE(search.identity_given_up);
          ASSERT_TRUE(search.chosen.has_value());
          for (const std::size_t i : expected) {
            const double least = search.trials[*search.chosen].expression;
            EXPECT_TRUE(down ? search.trials[i].expression >= least : search.trials[i].expression <= least);
          }
          if (use == MutantUse::kBest) expected = {*search.chosen};
          EXPECT_EQ(search.used, expected);
        }
      }
    }
  }
}

TEST(MutantChoice, WhereNoneStaysItselfThoseThatMoveAreTakenAndItIsSaid) {
  MutantSearch search = random_search(1);
  std::size_t wanted = 0;
  std::size_t kept = 0;
  for (auto& trial : search.trials) {
    if (moves(trial, true)) {
      trial.identity->adapted.own = 0.7;
      ++wanted;
    }
    kept += itself(trial) ? 1 : 0;
  }
  choose_mutants(search, {MutantDirection::kLower, MutantUse::kAll, true});
  EXPECT_TRUE(search.identity_given_up);
  EXPECT_EQ(search.used.size(), wanted);
  EXPECT_EQ(search.kept_identity(), kept);
  const std::string text = identity_text(search);
  EXPECT_THAT(text, HasSubstr(std::to_string(kept) + " of 30 mutants"));
  EXPECT_THAT(text, HasSubstr("none of the " + std::to_string(wanted) + " that lower"));
}

TEST(MutantChoice, NothingIsTakenWhereNoneMovesThatWay) {
  MutantSearch search = random_search(2);
  for (auto& trial : search.trials) trial.expression = 1.5;
  choose_mutants(search, {MutantDirection::kRaise, MutantUse::kMean, true});
  EXPECT_FALSE(search.chosen.has_value());
  EXPECT_TRUE(search.used.empty());
  EXPECT_FALSE(search.identity_given_up);
  EXPECT_EQ(nothing_taken_text(search), "none of 30 mutants raises its predicted expression (2)");
  EXPECT_FALSE(strength_of(search, MutantStrength::kRow).has_value());
}

TEST(MutantChoice, AControlsMutantIsTheNearestInStrength) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const StrengthTarget target :
         {StrengthTarget{MutantStrength::kExpression, -0.4}, StrengthTarget{MutantStrength::kExpression, 0.3},
          StrengthTarget{MutantStrength::kRow, 0.5}, StrengthTarget{MutantStrength::kToken, 0.2}}) {
      MutantSearch search = random_search(seed);
      choose_nearest_strength(search, target);
      std::optional<std::size_t> nearest;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t i = 0; i < search.trials.size(); ++i) {
        const MutantTrial& trial = search.trials[i];
        const double strength = target.measure == MutantStrength::kExpression
                                    ? std::log(trial.expression / 2.0)
                                : target.measure == MutantStrength::kRow ? trial.row_distance
                                                                         : trial.identity->adapted.own;
        if (trial.edits.empty() || std::abs(strength - target.value) >= least) continue;
        least = std::abs(strength - target.value);
        nearest = i;
      }
      EXPECT_EQ(search.chosen, nearest);
      EXPECT_EQ(search.used, std::vector<std::size_t>{*nearest});
      EXPECT_NEAR(std::abs(*strength_of(search, target.measure) - target.value), least, 1e-12);
    }
  }
}

TEST(MutantChoice, AStrengthThatCannotBeComparedIsNotTakenOrIsAnError) {
  MutantSearch search = random_search(3);
  search.reference_expression = 0.0;
  choose_nearest_strength(search, {MutantStrength::kExpression, -0.4});
  EXPECT_FALSE(search.chosen.has_value());
  EXPECT_THAT(nothing_taken_text(search), HasSubstr("30 mutants"));
  search.trials.front().edits = {{0, "A", "C"}};
  search.trials.front().identity.reset();
  testing::expect_error<Error>(
      [&] {
        choose_nearest_strength(search, {MutantStrength::kToken, 0.2});
      },
      {"cell model"});
  EXPECT_TRUE(identity_text(MutantSearch{}).empty());
}

TEST(MutantChoice, TheStrengthOfSeveralIsTheirMeanButOfAMeanOfRowsItsOwn) {
  MutantSearch search = random_search(4);
  choose_mutants(search, {MutantDirection::kLower, MutantUse::kAll, false});
  double log_change = 0.0;
  double distance = 0.0;
  for (const std::size_t i : search.used) {
    log_change += std::log(search.trials[i].expression / 2.0) / static_cast<double>(search.used.size());
    distance += search.trials[i].row_distance / static_cast<double>(search.used.size());
  }
  EXPECT_NEAR(*strength_of(search, MutantStrength::kExpression), log_change, 1e-12);
  EXPECT_NEAR(*strength_of(search, MutantStrength::kRow), distance, 1e-12);
  search.use = MutantUse::kMean;
  search.reference_row = {3.0F, 4.0F};
  search.mutant_row = {3.0F, 4.5F};
  search.identity = MutantIdentity{{0.1, 0.2, "X"}, {0.35, 0.5, "Y"}};
  EXPECT_NEAR(*strength_of(search, MutantStrength::kExpression), log_change, 1e-12);
  EXPECT_NEAR(*strength_of(search, MutantStrength::kRow), 0.1, 1e-12);
  EXPECT_NEAR(*strength_of(search, MutantStrength::kToken), 0.35, 1e-12);
}

TEST(MutantChoice, AllThatWereGivenAreUsedAndTheStrongestIsChosen) {
  MutantSearch search = random_search(5);
  choose_all(search);
  EXPECT_EQ(search.used.size(), 30U);
  for (const auto& trial : search.trials) {
    EXPECT_TRUE(trial.wanted);
    EXPECT_LE(std::abs(trial.expression - 2.0), std::abs(search.trials[*search.chosen].expression - 2.0));
  }
}

TEST(MutantStrengthTarget, OfMutantsThatGoBothWaysIsTheSizeOfTheirChange) {
  MutantSearch search;
  search.reference_expression = 1.0;
  for (const double change : {0.65, -0.75, 0.1, -0.3}) {
    MutantTrial trial;
    trial.edits = {{10, "A", "C"}};
    trial.expression = std::exp(change);
    search.trials.push_back(trial);
  }
  choose_all(search);
  const auto both = target_of(search, MutantStrength::kExpression);
  EXPECT_TRUE(both->magnitude);
  EXPECT_NEAR(both->value, 0.45, 1e-12);
  search.used = {1, 3};
  const auto down = target_of(search, MutantStrength::kExpression);
  EXPECT_FALSE(down->magnitude);
  EXPECT_NEAR(down->value, -0.525, 1e-12);
  // A control's mutant may go either way where the gene's do.
  choose_nearest_strength(search, {MutantStrength::kExpression, 0.6, true});
  EXPECT_EQ(*search.chosen, 0U);
  search.trials.erase(search.trials.begin());
  choose_nearest_strength(search, {MutantStrength::kExpression, 0.6, true});
  EXPECT_EQ(*search.chosen, 0U);
  EXPECT_LT(search.trials[0].expression, 1.0);
}

}  // namespace
}  // namespace biodta::analysis
