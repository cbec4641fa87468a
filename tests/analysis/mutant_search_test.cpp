#include "testing.hpp"

#include <biodta/analysis/mutant_search.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
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
  MutantSubject subject(std::uint64_t key = 17) { return {embedder_, readout_, window_, key, identify_}; }
  MutantSearch search() { return search_mutant(subject(), options_); }
  /// As if a mutant stayed itself where the first value of its row fell.
  void identify_by_first_value() {
    identify_ = [](std::span<const float> reference, std::span<const std::vector<float>> rows) {
      std::vector<MutantIdentity> found;
      for (const auto& row : rows) {
        const double own = row.at(0) < reference[0] ? 1.0 : 3.0;
        found.push_back({{own, 2.0, "X"}, {static_cast<double>(row.at(0)), 1e9, "X"}});
      }
      return found;
    };
  }
  enformer::SequenceEmbeddings embed(const std::string& sequence) {
    return embedder_.embed(std::vector<std::string>{sequence}, &readout_);
  }

  enformer::SequenceEmbedder embedder_ =
      enformer::SequenceEmbedder::load(biodta::testing::fixture("enformer/small"));
  enformer::ExpressionReadout readout_{"human", {1}, 3};
  GeneWindow window_;
  MutantSearchOptions options_;
  IdentifyRows identify_;
};

double log_change(const MutantSearch& search, const MutantTrial& trial) {
  return std::log(trial.expression / search.reference_expression);
}

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
  EXPECT_NE(search_mutant(subject(18), options_).trials[0].edits, edits);
}

TEST_F(MutantSearchTest, RaisesWhereThatIsAsked) {
  options_.trials = 60;
  const MutantSearch lowered = search();
  options_.choice.direction = MutantDirection::kRaise;
  const MutantSearch raised = search();
  ASSERT_TRUE(raised.chosen.has_value()) << "a window that shows nothing";
  EXPECT_GT(raised.trials[*raised.chosen].expression, raised.reference_expression);
  for (std::size_t i = 0; i < raised.trials.size(); ++i) {
    EXPECT_EQ(raised.trials[i].edits, lowered.trials[i].edits);
    EXPECT_LE(raised.trials[i].expression, raised.trials[*raised.chosen].expression);
    EXPECT_EQ(raised.trials[i].wanted, !lowered.trials[i].wanted);
  }
  options_.enough = 0.5 * (raised.trials[*raised.chosen].expression / raised.reference_expression - 1.0);
  const MutantSearch first = search();
  EXPECT_EQ(first.chosen, first.trials.size() - 1);
  for (std::size_t i = 0; i + 1 < first.trials.size(); ++i)
    EXPECT_LT(first.trials[i].expression, (1.0 + options_.enough) * first.reference_expression);
}

TEST_F(MutantSearchTest, KeepsTheRowOfEveryMutantThatIsUsedAndTheirMean) {
  options_.batch = 4;
  options_.choice.use = MutantUse::kMean;
  identify_by_first_value();
  const MutantSearch found = search();
  ASSERT_GT(found.used.size(), 1U);
  ASSERT_EQ(found.used_rows.size(), found.used.size());
  std::vector<double> mean(found.reference_row.size(), 0.0);
  for (std::size_t i = 0; i < found.used.size(); ++i) {
    const MutantTrial& trial = found.trials[found.used[i]];
    EXPECT_TRUE(trial.wanted);
    const std::string mutant =
        genome::apply_substitutions(window_.sequence, window_.start, trial.edits, "trial");
    const auto row = embed(mutant).rows_NRE[0].flatten().contiguous();
    double apart = 0.0, size = 0.0, dot = 0.0, own = 0.0;
    for (std::size_t e = 0; e < mean.size(); ++e) {
      const double after = row.data_ptr<float>()[e], before = found.reference_row[e];
      EXPECT_NEAR(found.used_rows[i][e], after, 1e-5);
      mean[e] += after / static_cast<double>(found.used.size());
      apart += (after - before) * (after - before);
      size += before * before;
      dot += after * before;
      own += after * after;
    }
    EXPECT_NEAR(trial.row_distance, std::sqrt(apart / size), 1e-4);
    EXPECT_NEAR(trial.row_shift, 1.0 - dot / std::sqrt(own * size), 1e-6);
    EXPECT_EQ(trial.identity->adapted.own, found.used_rows[i][0]);
  }
  for (std::size_t e = 0; e < mean.size(); ++e) EXPECT_NEAR(found.mutant_row[e], mean[e], 1e-5);
  EXPECT_EQ(found.identity->adapted.own, found.mutant_row[0]);
}

TEST_F(MutantSearchTest, PrefersMutantsThatStayThemselves) {
  identify_by_first_value();
  const MutantSearch any = search();
  options_.choice.keep_identity = true;
  const MutantSearch themselves = search();
  ASSERT_TRUE(themselves.chosen.has_value());
  EXPECT_TRUE(themselves.trials[*themselves.chosen].identity->kept());
  EXPECT_LT(themselves.mutant_row[0], themselves.reference_row[0]);
  const auto is_better = [&](const MutantTrial& trial) {
    return trial.identity->kept() && trial.expression < themselves.trials[*themselves.chosen].expression;
  };
  EXPECT_EQ(std::count_if(any.trials.begin(), any.trials.end(), is_better), 0);
  options_.enough = 1e-6;  // the first that lowers and stays itself
  const MutantSearch first = search();
  EXPECT_TRUE(first.trials.back().identity->kept());
  EXPECT_EQ(first.chosen, first.trials.size() - 1);
}

TEST_F(MutantSearchTest, AMatchedMutantIsNearestInStrengthAndDosesGoDownToOneBase) {
  options_.trials = 40;
  const MutantSearch full = search();
  for (const double target : {-0.02, 0.01, *strength_of(full, MutantStrength::kExpression)}) {
    const MutantSearch found =
        search_matched_mutant(subject(), options_, {MutantStrength::kExpression, target});
    ASSERT_EQ(found.trials.size(), 40U);
    ASSERT_TRUE(found.chosen.has_value());
    std::size_t fewest = 1000;
    for (std::size_t i = 0; i < found.trials.size(); ++i) {
      EXPECT_GE(std::abs(log_change(found, found.trials[i]) - target),
                std::abs(log_change(found, found.trials[*found.chosen]) - target));
      if (i % 2 == 0) EXPECT_EQ(found.trials[i].edits, full.trials[i].edits);
      fewest = std::min(fewest, found.trials[i].edits.size());
      EXPECT_LE(found.trials[i].edits.size(), 80U);
    }
    EXPECT_LE(fewest, 3U);
    EXPECT_EQ(found.target->value, target);
    const auto taken = genome::apply_substitutions(window_.sequence, window_.start,
                                                   found.trials[*found.chosen].edits, "trial");
    EXPECT_NEAR(found.mutant_row[0], embed(taken).rows_NRE.flatten()[0].item<float>(), 1e-5);
  }
  // The strongest full mutant is among the trials of even number, or one that is as strong was found.
  const auto again = search_matched_mutant(
      subject(), options_, {MutantStrength::kExpression, *strength_of(full, MutantStrength::kExpression)});
  if (*full.chosen % 2 == 0) EXPECT_EQ(again.chosen, full.chosen);
}

TEST_F(MutantSearchTest, RefusesSettingsThatContradictEachOther) {
  options_.choice.keep_identity = true;
  biodta::testing::expect_error<ConfigError>([&] { search(); }, {"keep_identity"});
  options_.choice = {MutantDirection::kLower, MutantUse::kMean, false};
  options_.enough = 0.1;
  biodta::testing::expect_error<ConfigError>([&] { search(); }, {"mutants.enough", "mutants.use"});
}

TEST(MutantSearchOptionsKeys, AreRead) {
  MutantSearchOptions options;
  const std::vector<std::string> keys = {"direction=raise",    "use=mean",
                                         "keep_identity=true", "match=token",
                                         "vcf=a.vcf",          "vcf_mode=haplotypes",
                                         "vcf_distance=500",   "haplotypes.skip_mismatches=true"};
  support::read_options(options, {}, keys);
  EXPECT_EQ(options.choice.direction, MutantDirection::kRaise);
  EXPECT_EQ(options.choice.use, MutantUse::kMean);
  EXPECT_TRUE(options.choice.keep_identity);
  EXPECT_EQ(measure_of(options.match), MutantStrength::kToken);
  EXPECT_EQ(options.given.vcf.filename(), "a.vcf");
  EXPECT_EQ(options.given.kind, GivenMutantKind::kHaplotypes);
  EXPECT_EQ(options.given.distance, 500);
  EXPECT_TRUE(options.given.haplotypes.skip_mismatches);
}

}  // namespace
}  // namespace biodta::analysis
