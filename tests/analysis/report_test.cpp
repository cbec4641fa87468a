#include "report_fixture.hpp"
#include "testing.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

TEST(Report, HoldsItsTablesFiguresAndPage) {
  const testing::TemporaryFolder folder;
  write_report(made_up_report(), folder / "GATA4", false);
  EXPECT_THAT(files_in(folder.path()), UnorderedElementsAre("GATA4"));
  EXPECT_THAT(files_in(folder / "GATA4"),
              UnorderedElementsAre("config.yaml", "expression.tsv", "figures", "gene_sets.tsv", "genes.tsv",
                                   "identity.tsv", "methods.tsv", "mutants.vcf", "precision_recall.tsv",
                                   "report.html"));
  EXPECT_THAT(
      files_in(folder / "GATA4/figures"),
      UnorderedElementsAre("auroc.json", "expression.json", "precision_at_20.json", "precision_at_50.json",
                           "ranks.json", "recall_at_20.json", "recall_at_50.json", "shifts.json"));
}

TEST(Report, ThePageHoldsEveryGeneOfTheTable) {
  const testing::TemporaryFolder folder;
  Report report = made_up_report();
  report.sets.front().name = "</script> <targets>";
  write_report(report, folder / "r", false);
  const auto table = support::read_table(folder / "r/genes.tsv");
  const std::string page = support::read_text_file(folder / "r/report.html");
  const std::string begin = "<script type=\"application/json\" id=\"genes-data\">";
  const auto first = page.find(begin) + begin.size();
  const auto data = nlohmann::json::parse(page.substr(first, page.find("</script>", first) - first));
  ASSERT_EQ(data.at("rows").size(), table.rows.size());
  ASSERT_EQ(data.at("columns").size(), table.columns.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = data.at("rows")[i];
    EXPECT_EQ(row[0], std::stoi(table.rows[i][2]));
    EXPECT_EQ(row[1], table.rows[i][1]);
    EXPECT_EQ(row[3], std::stod(table.rows[i][4]));
  }
}

TEST(Report, OfADeletionHasNoMutants) {
  const testing::TemporaryFolder folder;
  Report report = made_up_report();
  report.words = {};
  report.perturbed = {{.gene_id = report.gene_id, .symbol = report.symbol, .cells = 40}};
  report.controls.clear();
  report.methods.resize(1);
  report.run.perturbed = {};
  write_report(report, folder / "r", false);
  EXPECT_THAT(files_in(folder / "r"),
              UnorderedElementsAre("config.yaml", "figures", "gene_sets.tsv", "genes.tsv", "methods.tsv",
                                   "precision_recall.tsv", "report.html"));
  const std::string page = support::read_text_file(folder / "r/report.html");
  EXPECT_THAT(page, HasSubstr("In silico deletion of GATA4"));
  EXPECT_THAT(page, HasSubstr("No specificity control was run"));
}

TEST(Report, GenesTableRanksEveryScoredGene) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  const support::Table table = support::read_table(folder / "r/genes.tsv");
  ASSERT_EQ(table.rows.size(), report.run.ranking.genes.size());
  const RankedGene& first = report.run.ranking.genes[0];
  const auto& row = table.rows[0];
  EXPECT_EQ(row[table.column("gene_id")], report.vocabulary.gene(first.token).id);
  EXPECT_EQ(row[table.column("rank")], "1");
  EXPECT_EQ(row[table.column("cells")], "40");
  EXPECT_EQ(std::stod(row[table.column("mean_shift")]), first.mean_shift);
  EXPECT_EQ(std::stod(row[table.column("sd_shift")]), first.standard_deviation);
  for (const auto& gene : table.rows)
    EXPECT_NE(gene[table.column("symbol")], "GATA4");  // the perturbed gene stays apart
}

TEST(Report, GeneSetTablePutsControlAndTwinBesideTheResult) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  const support::Table table = support::read_table(folder / "r/gene_sets.tsv");
  ASSERT_EQ(table.rows.size(), 4U);
  const auto number = [&](std::size_t row, const char* column) {
    return std::stod(table.rows[row][table.column(column)]);
  };
  EXPECT_EQ(table.rows[0][table.column("genes_listed")], "16");
  EXPECT_EQ(table.rows[0][table.column("genes_matched")], "15");
  EXPECT_EQ(number(0, "p"), report.run.tests[0].p);
  EXPECT_EQ(number(0, "fdr"), report.run.tests[0].fdr);
  EXPECT_EQ(number(2, "control_auroc_mean"), report.controls[2].mean_auroc);
  EXPECT_EQ(number(2, "control_genes"), 6.0);
}

TEST(Report, MethodsTableHoldsAllMethodsOverTheSets) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  const support::Table table = support::read_table(folder / "r/methods.tsv");
  ASSERT_EQ(table.rows.size(), 8U);
  EXPECT_EQ(table.rows[5][0], "adapter-free twin, in silico deletion");
  EXPECT_EQ(table.rows[5][1], report.sets[1].name);
  EXPECT_EQ(std::stod(table.rows[5][table.column("auroc")]), report.methods[1].tests[1].auroc);
  const std::string page = support::read_text_file(folder / "r/report.html");
  EXPECT_THAT(page, HasSubstr("Methods compared"));
}

TEST(Report, MutantsCanBeReadBackAsHaplotypes) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  const auto variants = genome::VariantFile::open(folder / "r/mutants.vcf");
  ASSERT_EQ(variants.samples().size(), 3U);
  EXPECT_THAT(variants.samples()[0], HasSubstr("GATA4_trial"));
  for (std::size_t sample = 0; sample < 3; ++sample) {
    const MutantSearch& search = *report.perturbed[sample].search;
    EXPECT_EQ(variants.haplotype_edits("chr8", 1000, 1016, sample, 0), search.trials[*search.chosen].edits);
  }
}

TEST(Report, FiguresAreJsonWithDataAndLayout) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  std::size_t points = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "r/figures")) {
    const auto figure = nlohmann::json::parse(support::read_text_file(entry.path()));
    EXPECT_FALSE(figure.at("data").empty()) << entry.path();
    EXPECT_TRUE(figure.at("layout").contains("xaxis")) << entry.path();
    for (const auto& trace : figure.at("data")) points += trace.at("x").size();
  }
  EXPECT_GT(points, 400U);
  // Every trial stands in the expression figure once.
  const auto expression =
      nlohmann::json::parse(support::read_text_file(folder / "r/figures/expression.json"));
  std::set<int> trials;
  for (const auto& trace : expression.at("data"))
    for (const auto& x : trace.at("x")) EXPECT_TRUE(trials.insert(x.get<int>()).second);
  EXPECT_EQ(trials.size(), 20U);
}

TEST(Report, PageNeedsNoOtherFileAndEscapesWhatComesFromFiles) {
  const testing::TemporaryFolder folder;
  Report report = made_up_report();
  auto genes = report.vocabulary.genes();
  for (auto& gene : genes) gene.symbol = "<img src=x>" + gene.symbol;
  report.vocabulary = cells::Vocabulary(genes);
  report.notes.emplace_back("</script><script>alert(1)</script>");
  report.sets[0].name = report.run.tests[0].set = "a<b & \"c\"";
  write_report(report, folder / "r", false);
  std::string page = support::read_text_file(folder / "r/report.html");
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy"));
  EXPECT_THAT(page, HasSubstr("a&lt;b &amp; &quot;c&quot;"));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, HasSubstr("Plotly.newPlot"));
  EXPECT_THAT(page, HasSubstr("plotly.js v"));
  // Without the library, nothing refers to anywhere, and no tag came in with a name.
  const std::size_t library = page.find("<script>");
  const std::string own = page.substr(0, library);
  for (const char* reference : {"http://", "https://", "src=\"", "href=\"/", "<img", "@import"})
    EXPECT_THAT(own, Not(HasSubstr(reference)));
}

TEST(Report, IsNotOverwrittenUnasked) {
  const testing::TemporaryFolder folder;
  const Report report = made_up_report();
  write_report(report, folder / "r", false);
  support::write_text_file(folder / "r/mine.txt", "kept");
  testing::expect_error<ConfigError>([&] { write_report(report, folder / "r", false); },
                                     {"r", "--overwrite"});
  EXPECT_TRUE(std::filesystem::exists(folder / "r/mine.txt"));
  write_report(report, folder / "r", true);
  EXPECT_FALSE(std::filesystem::exists(folder / "r/mine.txt"));
}

TEST(Report, LeavesNothingBehindWhenItFails) {
  const testing::TemporaryFolder folder;
  Report report = made_up_report();
  report.perturbed[0]
      .search->chosen.reset();  // the page has no mutant to tell of, after the tables were written
  EXPECT_ANY_THROW(write_report(report, folder / "r", false));
  EXPECT_TRUE(files_in(folder.path()).empty());
}

TEST(Report, SummaryHasAlignedColumns) {
  const std::string text = summary_text(made_up_report());
  EXPECT_THAT(text, HasSubstr("GATA4 & TBX5 combination"));
  EXPECT_THAT(text, HasSubstr("random sets"));
  const auto lines = support::split(text, '\n');
  const std::size_t column = lines[0].find("AUROC") + 5;
  for (std::size_t line = 1; line <= 4; ++line) {
    EXPECT_EQ(lines[line][column], ' ') << lines[line];
    EXPECT_NE(lines[line][column - 1], ' ') << lines[line];
  }
}

}  // namespace
}  // namespace biodta::analysis
