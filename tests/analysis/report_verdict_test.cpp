// What the page says first, for every outcome of the tests.
#include "report_fixture.hpp"
#include "testing.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/atomic_file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A report of one set with these results.
struct Outcome {
  double auroc = 0.5;
  double p = 0.5;
  double specific_auroc = 0.5;
  double specific_p = 0.5;
  double exact_p = 0.5;
};

/// What stands between the headings "What came out" and "What was done".
std::string first_words(const Report& report) {
  const biodta::testing::TemporaryFolder folder;
  write_report(report, folder / "r", false);
  const std::string page = support::read_text_file(folder / "r/report.html");
  const auto from = page.find("What came out"), to = page.find("What was done");
  EXPECT_LT(from, to);
  EXPECT_NE(to, std::string::npos);
  return page.substr(from, to - from);
}

Report report_of(const std::vector<Outcome>& outcomes, bool controlled = true) {
  Report report = made_up_report(60);
  const GeneSet pattern = report.sets.front();
  const GeneSetTest test = report.run.tests.front();
  report.sets.clear();
  report.run.tests.clear();
  report.controls.clear();
  report.methods.clear();
  report.precision_recall.clear();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    report.sets.push_back(pattern);
    report.sets.back().name = "set " + std::to_string(i + 1);
    report.run.tests.push_back(test);
    GeneSetTest& raw = report.run.tests.back();
    raw.set = report.sets.back().name;
    raw.auroc = outcome.auroc;
    raw.auroc_low = outcome.auroc - 0.11;
    raw.auroc_high = outcome.auroc + 0.08;
    raw.p = outcome.p;
    if (!controlled) continue;
    SetSpecificity specific;
    specific.set = raw.set;
    specific.auroc = {outcome.specific_auroc, 0.05, outcome.specific_auroc - 0.21,
                      outcome.specific_auroc + 0.04};
    specific.controls = 6;
    specific.p_parametric = specific.fdr_parametric = outcome.specific_p;
    specific.p_exact = outcome.exact_p;
    report.specificity.push_back(specific);
  }
  return report;
}

TEST(ReportVerdict, SaysWhatIsSpecificWithItsIntervalAndP) {
  const std::string words = first_words(report_of({{0.81, 0.001, 0.93, 0.0021, 1.0 / 7}}));
  EXPECT_THAT(words,
              HasSubstr("<strong>set 1</strong> <strong>moves more</strong> under in silico mutagenesis "
                        "of GATA4 than when other genes are perturbed: specific AUROC 0.93 (95 % "
                        "interval 0.72–0.97), P = 0.002."));
  // Six controls cannot show more by rank.
  EXPECT_THAT(words, HasSubstr("exact P = 0.143) it is not significant: with 6 controls that P cannot be "
                               "below 0.143"));
  EXPECT_THAT(words, Not(HasSubstr("false discovery rate")));
}

TEST(ReportVerdict, SaysThatASmallRawPAloneIsNoEvidence) {
  const std::string words = first_words(report_of({{0.71, 0.003, 0.52, 0.31, 0.43}}));
  EXPECT_THAT(words, AllOf(HasSubstr("<strong>not shown</strong> to answer to GATA4"),
                           HasSubstr("AUROC 0.71 (95 % interval 0.60–0.79), P = 0.003"),
                           HasSubstr("specific AUROC 0.52 (95 % interval 0.31–0.56), P = 0.310"),
                           HasSubstr("no evidence about GATA4"), Not(HasSubstr("moves more</strong>"))));
}

TEST(ReportVerdict, SaysPlainlyThatNothingWasFound) {
  EXPECT_THAT(
      first_words(report_of({{0.53, 0.41, 0.49, 0.6, 0.57}})),
      AllOf(HasSubstr("no effect is shown"), HasSubstr("P = 0.600), nor more than other genes (AUROC 0.53")));
  EXPECT_THAT(
      first_words(report_of({{0.21, 0.001, 0.3, 0.9, 0.9}})),
      AllOf(HasSubstr("no effect is shown"), HasSubstr("; they move less than other genes (AUROC 0.21")));
}

TEST(ReportVerdict, SaysWhatIsUnknownWithoutControls) {
  EXPECT_THAT(first_words(report_of({{0.81, 0.001}}, false)),
              AllOf(HasSubstr("not known whether that is specific</strong> to GATA4"), HasSubstr("P = 0.001"),
                    Not(HasSubstr("specific AUROC")), Not(HasSubstr("Against sets"))));
  Report matched = report_of({{0.81, 0.001}}, false);
  matched.matched.resize(1);
  matched.matched[0].p = 0.047;
  EXPECT_THAT(first_words(matched), HasSubstr("Against sets of genes that are seen as much, P = 0.047."));
  EXPECT_THAT(
      first_words(report_of({{0.55, 0.3}}, false)),
      HasSubstr("no effect is shown</strong>. Its genes do not move significantly more than other genes "
                "(AUROC 0.55"));
}

TEST(ReportVerdict, SaysThatASetWithoutGenesWasNotTested) {
  Report report = report_of({{std::nan(""), std::nan("")}}, false);
  report.run.tests[0].scored = 0;
  report.run.tests[0].listed = 12;
  EXPECT_THAT(first_words(report), HasSubstr("could not be tested: none of its 12 genes is ranked"));
}

TEST(ReportVerdict, WarnsWhereSeveralTestsExplainAP) {
  Report report = report_of({{0.8, 0.001, 0.9, 0.04, 0.01}, {0.5, 0.5, 0.5, 0.5, 0.5}});
  report.specificity[0].fdr_parametric = 0.08;
  EXPECT_THAT(first_words(report),
              HasSubstr("Among the 2 sets tested that may be chance: its false discovery "
                        "rate is 0.080"));
}

TEST(ReportVerdict, SaysWhatGroupsOfCellsSayOfASet) {
  Report report = report_of({{0.81, 0.001, 0.93, 0.0021, 1.0 / 7}, {0.81, 0.001, 0.93, 0.0021, 1.0 / 7}});
  report.group_column = "donor";
  report.groups.resize(2);
  for (auto& summary : report.groups) summary.groups = {{"D1", 40, 12, {0.7, 0.1, 0.5, 0.9}}};
  RandomEffects over;
  over.groups = 5;
  over.p = 0.004;
  over.heterogeneity_p = 0.02;
  report.groups[0].logit = over;
  report.groups[0].auroc = 0.77;
  report.groups[0].low = 0.6;
  report.groups[0].high = 0.88;
  const std::string words = first_words(report);
  EXPECT_THAT(words,
              HasSubstr("By donor, over 5 groups: AUROC against other genes 0.77 (95 % interval 0.60–0.88), "
                        "P = 0.004; the groups differ (P = 0.020 of heterogeneity)."));
  EXPECT_THAT(words, HasSubstr("By donor nothing can be said: too few groups"));
}

TEST(ReportVerdict, OfManySetsCountsThoseThatAreSpecificAndTellsTheFirst) {
  std::vector<Outcome> outcomes(9, {0.5, 0.5, 0.5, 0.5, 0.5});
  outcomes[7] = {0.9, 1e-6, 0.9, 1e-5, 0.01};
  outcomes[3] = {0.9, 1e-6, 0.9, 1e-4, 0.01};
  const std::string words = first_words(report_of(outcomes));
  EXPECT_THAT(words,
              HasSubstr("Of the 9 gene sets tested, <strong>2</strong> move more than when other genes"));
  EXPECT_LT(words.find("set 8"), words.find("set 4"));
  std::size_t told = 0;
  for (auto at = words.find("<li>"); at != std::string::npos; at = words.find("<li>", at + 1)) ++told;
  EXPECT_EQ(told, 6U);
}

}  // namespace
}  // namespace biodta::analysis
