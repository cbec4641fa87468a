#include "testing.hpp"

#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/variants.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

/// The small Enformer that the peer's numbers were computed with (256 bp), and a random window for it.
class MutantSearchTest : public ::testing::Test {
 protected:
  MutantSearchTest() {
    support::RandomStream random(9);
    window_ = {"c", 1000, 300, 428, ""};
    while (window_.sequence.size() < 256) window_.sequence += "ACGT"[random.below(4)];
    options_.trials = 9;
    options_.mutagenesis.distance = 40;
    options_.seed = 5;
  }
  MutantSearch search() { return search_mutant(embedder_, readout_, window_, 17, options_); }
  enformer::SequenceEmbeddings embed(const std::string& sequence) {
    return embedder_.embed(std::vector<std::string>{sequence}, &readout_);
  }

  enformer::SequenceEmbedder embedder_ =
      enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  enformer::ExpressionReadout readout_{"human", {1}, 3};
  GeneWindow window_;
  MutantSearchOptions options_;
};

TEST_F(MutantSearchTest, ScoresEveryTrialByItsEditsAndTakesTheLargestFall) {
  const MutantSearch found = search();
  const double reference = embed(window_.sequence).expression.at(0);
  EXPECT_NEAR(found.reference_expression, reference, 1e-5 * reference);
  ASSERT_EQ(found.trials.size(), 9U);
  ASSERT_TRUE(found.chosen.has_value());
  for (std::size_t i = 0; i < found.trials.size(); ++i) {
    const MutantTrial& trial = found.trials[i];
    const std::string mutant =
        genome::apply_substitutions(window_.sequence, window_.start, trial.edits, "trial");
    const double expression = embed(mutant).expression.at(0);
    EXPECT_NEAR(trial.expression, expression, 1e-5 * expression);
    EXPECT_EQ(trial.lowers, trial.expression < found.reference_expression);
    EXPECT_GE(trial.expression, found.trials[*found.chosen].expression);
    for (const auto& edit : trial.edits) {
      EXPECT_GE(edit.position, 428 - 40);
      EXPECT_LT(edit.position, 428 + 40);
    }
  }
}

TEST_F(MutantSearchTest, ItsRowsAreTheEmbeddingsOfTheReferenceAndOfTheMutantTaken) {
  const MutantSearch found = search();
  const std::string mutant = genome::apply_substitutions(window_.sequence, window_.start,
                                                         found.trials[*found.chosen].edits, "trial");
  for (const auto& [row, sequence] :
       {std::pair{found.reference_row, window_.sequence}, std::pair{found.mutant_row, mutant}}) {
    const auto expected = embed(sequence).rows_NRE[0].contiguous();
    ASSERT_EQ(row.size(), static_cast<std::size_t>(expected.numel()));
    for (std::size_t e = 0; e < row.size(); ++e) EXPECT_NEAR(row[e], expected.data_ptr<float>()[e], 1e-5F);
  }
}

TEST_F(MutantSearchTest, DoesNotDependOnTheBatch) {
  const MutantSearch whole = search();
  options_.batch = 4;
  const MutantSearch parts = search();
  EXPECT_EQ(parts.chosen, whole.chosen);
  for (std::size_t i = 0; i < whole.trials.size(); ++i)
    EXPECT_EQ(parts.trials[i].edits, whole.trials[i].edits);
}

TEST_F(MutantSearchTest, StopsAtTheFirstThatFallsEnough) {
  const MutantSearch all = search();
  std::vector<double> falls;
  for (const auto& trial : all.trials) falls.push_back(1.0 - trial.expression / all.reference_expression);
  const double most = *std::max_element(falls.begin(), falls.end());
  options_.enough = 0.999 * most;
  options_.batch = 2;
  const MutantSearch found = search();
  const auto first =
      std::find_if(falls.begin(), falls.end(), [&](double fall) { return fall >= options_.enough; });
  EXPECT_EQ(found.trials.size(), static_cast<std::size_t>(first - falls.begin()) + 1);
  EXPECT_EQ(found.chosen, found.trials.size() - 1);
}

TEST_F(MutantSearchTest, TakesNoneWhereNoneLowers) {
  options_.mutagenesis.rate = 0.0;  // mutants are the reference
  const MutantSearch found = search();
  for (const auto& trial : found.trials) EXPECT_TRUE(trial.edits.empty());
  EXPECT_FALSE(found.chosen.has_value());
  EXPECT_TRUE(found.mutant_row.empty());
}

TEST_F(MutantSearchTest, AnotherGeneOrSeedMakesOtherMutants) {
  const auto edits = search().trials[0].edits;
  options_.seed = 6;
  EXPECT_NE(search().trials[0].edits, edits);
  options_.seed = 5;
  EXPECT_NE(search_mutant(embedder_, readout_, window_, 18, options_).trials[0].edits, edits);
}

}  // namespace
}  // namespace biodta::analysis
