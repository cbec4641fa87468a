// Which way genes go, in the report.
#include "report_fixture.hpp"
#include "testing.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A report in which the first set goes down and the last up; a gene that no cell holds has a change too.
Report report_with_directions() {
  Report report = made_up_report();
  ShiftTable table;
  table.genes.resize(report.vocabulary.token_count());
  support::RandomStream random(31);
  for (cells::TokenId token = 3; token < table.genes.size(); ++token) {
    double change = 0.1 * random.normal();
    if (report.sets.front().contains(token)) change -= 1.0;
    if (report.sets.back().contains(token)) change += 0.5;
    for (int cell = 0; cell < 12; ++cell) table.genes[token].add(change + 0.01 * random.normal());
  }
  report.readout = table;
  report.direction = test_gene_sets(rank_genes(table, 10), report.sets);
  return report;
}

TEST(ReportDirection, IsWrittenOfEveryGeneAndSet) {
  const biodta::testing::TemporaryFolder folder;
  const Report report = report_with_directions();
  write_report(report, folder / "r", false);
  const auto genes = support::read_table(folder / "r/readout.tsv");
  ASSERT_EQ(genes.rows.size(), 199U);  // all but GATA4
  double last = 1e9;
  std::vector<double> inside, outside;
  for (const auto& row : genes.rows) {
    const double change = std::stod(row[genes.column("delta_r")]);
    EXPECT_LE(std::abs(change), last);
    last = std::abs(change);
    const auto token = *report.vocabulary.token_of_id(row[genes.column("gene_id")]);
    (report.sets.front().contains(token) ? inside : outside).push_back(change);
    EXPECT_EQ(row[genes.column("sets")].find(report.sets.front().name) != std::string::npos,
              report.sets.front().contains(token));
  }
  const auto sets = support::read_table(folder / "r/direction.tsv");
  const auto expected = rank_sum_test(inside, outside);
  EXPECT_EQ(sets.rows[0][sets.column("set")], report.sets.front().name);
  EXPECT_NEAR(std::stod(sets.rows[0][sets.column("auroc")]), expected.auroc, 1e-12);
  EXPECT_NEAR(std::stod(sets.rows[0][sets.column("p")]), expected.p, 1e-12 * expected.p);
}

TEST(ReportDirection, IsSaidInWords) {
  const biodta::testing::TemporaryFolder folder;
  Report report = report_with_directions();
  write_report(report, folder / "r", false);
  auto page = support::read_text_file(folder / "r/report.html");
  EXPECT_THAT(page, HasSubstr("Which way they go"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">down</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">up</td>"));
  EXPECT_THAT(page, Not(HasSubstr("the sign here is not to be trusted")));
  const std::string text = summary_text(report);
  EXPECT_THAT(text, HasSubstr("abundance goes"));
  EXPECT_THAT(text, HasSubstr("down"));
  // What was measured in worlds with known targets: mutants that raise expression look like ones that lower
  // it.
  auto& search = *report.perturbed.front().search;
  search.trials[*search.chosen].expression = 2.8;
  write_report(report, folder / "up", false);
  EXPECT_THAT(support::read_text_file(folder / "up/report.html"),
              HasSubstr("the sign here is not to be trusted"));
}

TEST(ReportDirection, IsLeftOutWithoutAReadout) {
  const biodta::testing::TemporaryFolder folder;
  write_report(made_up_report(), folder / "r", false);
  EXPECT_FALSE(std::filesystem::exists(folder / "r/readout.tsv"));
  EXPECT_FALSE(std::filesystem::exists(folder / "r/direction.tsv"));
  EXPECT_THAT(support::read_text_file(folder / "r/report.html"), Not(HasSubstr("Which way they go")));
  EXPECT_THAT(summary_text(made_up_report()), Not(HasSubstr("abundance goes")));
}

}  // namespace
}  // namespace biodta::analysis
