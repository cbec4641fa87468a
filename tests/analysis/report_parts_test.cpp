// The parts that a report has only where they were asked for.
#include "report_parts_fixture.hpp"
#include "testing.hpp"

#include <biodta/analysis/report.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A report written to a folder of its own.
struct WrittenReport {
  explicit WrittenReport(const Report& report) { write_report(report, folder / "r", false); }
  support::Table table(const std::string& name) const { return support::read_table(folder / "r" / name); }
  std::string page() const { return support::read_text_file(folder / "r/report.html"); }
  nlohmann::json figure(const std::string& name) const {
    return nlohmann::json::parse(support::read_text_file(folder / "r/figures" / (name + ".json")));
  }
  bool has(const std::string& name) const { return std::filesystem::exists(folder / "r" / name); }

  biodta::testing::TemporaryFolder folder;
};

double number(const support::Table& table, std::size_t row, const char* column) {
  return std::stod(table.rows.at(row).at(table.column(column)));
}

std::string text(const support::Table& table, std::size_t row, const char* column) {
  return table.rows.at(row).at(table.column(column));
}

TEST(ReportParts, HasAFileAndAFigureForEach) {
  const WrittenReport written(made_up_full_report());
  for (const char* name : {"precision_recall_curves.tsv", "groups.tsv", "states.tsv", "mutants.tsv",
                           "saturation.tsv", "window_track.tsv"})
    EXPECT_TRUE(written.has(name)) << name;
  const std::string page = written.page();
  for (const std::string name :
       {"expression", "expression_2", "track", "track_2", "saturation", "mutants", "groups_1", "groups_4",
        "precision_recall_curve_1", "precision_recall_curve_4"}) {
    EXPECT_TRUE(written.has("figures/" + name + ".json")) << name;
    EXPECT_THAT(page, HasSubstr("data-figure=\"figure-" + name + "\"")) << name;
  }
}

TEST(ReportParts, AreAbsentWhereNothingWasAskedFor) {
  const WrittenReport written(made_up_report());
  for (const char* name : {"precision_recall_curves.tsv", "groups.tsv", "states.tsv", "mutants.tsv",
                           "saturation.tsv", "window_track.tsv"})
    EXPECT_FALSE(written.has(name)) << name;
  for (const char* words : {"Mutants compared", "Movement toward", "over groups", "Average precision"})
    EXPECT_THAT(written.page(), Not(HasSubstr(words)));
}

TEST(ReportWords, HoldForEveryPerturbation) {
  Report report = made_up_report();
  report.perturbed = {{.gene_id = report.gene_id, .symbol = report.symbol, .cells = 40}};
  report.controls.clear();
  report.run.name = "Bio-DTA, in silico overexpression";
  report.methods = {{report.run.name, report.run.tests}};
  report.precision_recall.clear();
  report.words = {"in silico overexpression", "as it is and with GATA4 at the front", "Euclidean distance"};
  const WrittenReport written(report);
  const std::string page = written.page();
  EXPECT_THAT(page, HasSubstr("<h1>In silico overexpression of GATA4</h1>"));
  EXPECT_THAT(page, HasSubstr("ran through the model as it is and with GATA4 at the front."));
  EXPECT_THAT(page, HasSubstr("before and after (Euclidean distance), averaged over cells"));
  const std::string own = page.substr(0, page.find("<script>"));
  EXPECT_THAT(own, Not(HasSubstr("cosine")));
  EXPECT_THAT(own, Not(HasSubstr("delet")));
  EXPECT_EQ(written.figure("ranks")["layout"]["yaxis"]["title"]["text"], "mean shift, Euclidean distance");
  EXPECT_FALSE(written.has("expression.tsv"));
}

TEST(ReportWords, TellOfMutantsThatRaiseExpression) {
  Report report = made_up_report();
  MutantSearch& search = *report.perturbed[0].search;
  search.direction = MutantDirection::kRaise;
  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    search.trials[i].expression = i < 3 ? 2.8 : 0.7;
    search.trials[i].lowers = i >= 3;
  }
  search.chosen = 2;
  search.used = {2};
  report.perturbed[0].fold_changes = PerturbedGene::FoldChanges{2.0, 2.0};
  const std::string page = WrittenReport(report).page();
  EXPECT_THAT(page,
              HasSubstr("Of 20 random mutants of the DNA around the start of GATA4, 3 raise the expression "
                        "that the DNA model predicts. The one taken, mutant 3, which changes 2 bases, "
                        "takes it from 1.400 to 2.800 (+100 %)."));
  EXPECT_THAT(page, HasSubstr("The rank of GATA4 moved: in each cell it got the place that its count times "
                              "2.000"));
}

TEST(ReportWords, TellOfTheVariantsOfAVcfAndTheirCarriers) {
  Report report = made_up_report();
  MutantSearch& search = *report.perturbed[0].search;
  search.trials.resize(2);
  search.trials[0] = {{{1004, "A", "C"}}, 1.75, false};
  search.trials[1] = {{{1006, "AT", "A"}}, 0.7, true};
  search.trials[0].name = "rs1";
  search.trials[1].name = "rs2";
  search.trials[1].carriers = 14;
  search.origin = MutantOrigin::kVariants;
  search.use = MutantUse::kAll;
  search.chosen = 1;
  search.used = {0, 1};
  const WrittenReport written(report);
  EXPECT_THAT(
      written.page(),
      HasSubstr("2 variants of the VCF, each alone, change the DNA that the DNA model reads around the "
                "start of GATA4: 1 lowers the expression that it predicts, 1 raises it. Each of 2 was "
                "tried in the cells, one at a time, and shifts are averaged over them. The one that "
                "changes it most, rs2, which 14 samples carry, takes it from 1.400 to 0.700 (−50 %)."));
  const auto table = written.table("expression.tsv");
  EXPECT_EQ(text(table, 1, "origin"), "variant");
  EXPECT_EQ(text(table, 1, "name"), "rs2");
  EXPECT_EQ(text(table, 1, "carriers"), "14");
  EXPECT_EQ(text(table, 0, "carriers"), "NA");
  EXPECT_EQ(text(table, 1, "used"), "yes");
  EXPECT_EQ(number(table, 1, "fold_change"), 0.5);
  EXPECT_EQ(text(table, 2, "origin"), "random");  // a control's
  EXPECT_EQ(written.figure("expression")["layout"]["xaxis"]["title"]["text"], "variant of the VCF");
}

TEST(ReportWords, TellOfAMeanOfMutantsAndOfIdentityGivenUp) {
  Report report = made_up_report();
  PerturbedGene& gene = report.perturbed[0];
  use_all_mutants(gene);
  MutantSearch& search = *gene.search;
  search.use = MutantUse::kMean;
  search.identity_given_up = true;
  double sum = 0.0;
  for (const std::size_t i : search.used) sum += search.trials[i].expression;
  const double mean = sum / static_cast<double>(search.used.size());
  const WrittenReport written(report);
  const auto percent = static_cast<int>(std::lround(100.0 * (1.0 - mean / 1.4)));
  EXPECT_THAT(written.page(), HasSubstr("The DNA embeddings of " + std::to_string(search.used.size()) +
                                        " mutants were averaged into one"));
  EXPECT_THAT(written.page(), HasSubstr("(−" + std::to_string(percent) + " %)."));
  EXPECT_THAT(written.page(),
              HasSubstr("<strong>10 of 20 mutants stay nearest to their own gene, and none of"));
  EXPECT_EQ(text(written.table("identity.tsv"), 0, "mutant"),
            "mean of " + std::to_string(search.used.size()));
}

TEST(ReportWords, TellHowControlsWereMadeAsStrong) {
  Report report = made_up_report();
  EXPECT_THAT(WrittenReport(report).page(), Not(HasSubstr("with mutants chosen to")));
  MutantSearch& control = *report.perturbed[1].search;
  control.target = StrengthTarget{MutantStrength::kExpression, -0.5};
  const std::string page = WrittenReport(report).page();
  EXPECT_THAT(
      page,
      HasSubstr(
          "with those mutants that come nearest to changing predicted expression as much as that of GATA4"));
  EXPECT_THAT(page, HasSubstr("nearest of 20"));
  const double taken = std::log(control.trials[*control.chosen].expression / 1.4);
  char reached[32];
  std::snprintf(reached, sizeof reached, "-0.500 / %.3f", taken);
  EXPECT_THAT(page, HasSubstr(reached));
}

TEST(ReportWords, NameAllGenesThatArePerturbedTogether) {
  const WrittenReport written(made_up_full_report());
  const std::string page = written.page();
  EXPECT_THAT(page, HasSubstr("<h1>In silico mutagenesis of GATA4 and TBX5</h1>"));
  EXPECT_THAT(page, HasSubstr("312 express GATA4 and TBX5"));
  EXPECT_THAT(page, HasSubstr("GATA4 and TBX5 themselves move by"));
  EXPECT_THAT(page, HasSubstr("of the DNA around the start of TBX5"));
  EXPECT_THAT(page, HasSubstr("Is the mutant still TBX5?"));
  std::set<std::string> roles;
  const auto table = written.table("expression.tsv");
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    roles.insert(text(table, row, "symbol") + " " + text(table, row, "role"));
  EXPECT_EQ(roles, (std::set<std::string>{"GATA4 target", "TBX5 partner", "G70 control", "G71 control"}));
}

TEST(ReportCurves, StandInTheFileAndTheFigureWithTheAveragePrecisionBeside) {
  const Report report = made_up_full_report();
  const WrittenReport written(report);
  const auto table = written.table("precision_recall_curves.tsv");
  std::size_t row = 0;
  for (const auto& curve : report.curves) {
    for (const auto& point : curve.points) {
      EXPECT_EQ(text(table, row, "method"), curve.method);
      EXPECT_EQ(number(table, row, "k"), static_cast<double>(point.k));
      EXPECT_DOUBLE_EQ(number(table, row, "precision"),
                       static_cast<double>(point.hits) / static_cast<double>(point.k));
      ++row;
    }
  }
  EXPECT_EQ(row, table.rows.size());
  EXPECT_GT(row, 500U);

  const auto figure = written.figure("precision_recall_curve_1");
  ASSERT_EQ(figure["data"].size(), 3U);
  EXPECT_EQ(figure["data"][0]["name"], "random order");
  EXPECT_DOUBLE_EQ(figure["data"][0]["y"][0].get<double>(),
                   15.0 / 199.0);  // the perturbed gene is not ranked
  std::set<std::string> colours, dashes;
  for (const auto& trace : figure["data"]) {
    colours.insert(trace["line"]["color"]);
    dashes.insert(trace["line"]["dash"]);
  }
  EXPECT_EQ(colours.size(), 3U);
  EXPECT_EQ(dashes.size(), 3U);

  const auto methods = written.table("methods.tsv");
  EXPECT_EQ(number(methods, 0, "average_precision"), report.curves[0].average_precision);
  EXPECT_EQ(number(methods, 5, "average_precision"), report.curves[5].average_precision);
  char shown[16];
  std::snprintf(shown, sizeof shown, "<td>%.3f</td>", report.curves[4].average_precision);
  EXPECT_THAT(written.page(), HasSubstr(shown));
}

TEST(ReportFigures, TellManyMethodsApartByMoreThanColour) {
  Report report = made_up_full_report();
  const ComparedMethod pattern = report.methods.front();
  const PrecisionRecallCurve curve = report.curves.front();
  report.methods.clear();
  report.curves.clear();
  for (int i = 0; i < 9; ++i) {
    report.methods.push_back(pattern);
    report.methods.back().name = "method " + std::to_string(i);
    report.curves.push_back(curve);
    report.curves.back().method = report.methods.back().name;
  }
  std::set<std::pair<std::string, std::string>> looks;
  std::map<std::string, int> dashes;
  const auto figure = WrittenReport(report).figure("precision_recall_curve_1");
  for (const auto& trace : figure["data"]) {
    const std::string dash = trace["line"]["dash"];
    looks.insert({trace["line"]["color"].get<std::string>(), dash});
    ++dashes[dash];
  }
  EXPECT_EQ(looks.size(), 10U);
  EXPECT_GE(dashes.size(), 7U);
}

TEST(ReportFigures, HaveRowsAsHighAsTheLinesOfTheirNames) {
  Report report = made_up_full_report();
  const auto height = [&] { return WrittenReport(report).figure("auroc")["layout"]["height"].get<int>(); };
  const int before = height();
  report.sets[0].name = "GATA4 peak within 10 kb, down in G296S";  // three lines
  EXPECT_GT(height(), before);
  EXPECT_GE(height(), static_cast<int>(report.sets.size()) * 3 * 16);
}

TEST(ReportMutants, HaveARowEachWithWhatTheyDo) {
  const Report report = made_up_full_report();
  const WrittenReport written(report);
  const auto table = written.table("mutants.tsv");
  const MutantSearch& search = *report.perturbed[0].search;
  ASSERT_EQ(table.rows.size(), search.used.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::size_t trial = search.used[row];
    EXPECT_EQ(text(table, row, "mutant"), "mutant " + std::to_string(trial + 1));
    EXPECT_EQ(text(table, row, "edits"),
              "chr8:" + std::to_string(1005 + trial % 5) + ":A>C;chr8:1013:A>T");  // 1-based
    EXPECT_DOUBLE_EQ(number(table, row, "fold_change"), search.trials[trial].expression / 1.4);
    EXPECT_EQ(text(table, row, "identity_kept"), trial % 2 == 0 ? "yes" : "no");
    EXPECT_EQ(number(table, row, "mean_shift"), report.mutants[row].cell.mean());
    EXPECT_EQ(number(table, row, "own_shift"), report.mutants[row].perturbed.mean());
    EXPECT_EQ(number(table, row, "auroc:GATA4 indirect"), report.mutants[row].aurocs[1]);
  }
  const auto figure = written.figure("mutants");
  std::size_t points = 0;
  for (const auto& trace : figure["data"]) points += trace["x"].size();
  EXPECT_EQ(points, table.rows.size());
  EXPECT_EQ(figure["data"][1]["marker"]["symbol"], "x");  // no longer themselves
  EXPECT_THAT(written.page(), HasSubstr("<h2>Mutants compared</h2>"));
}

TEST(ReportMutants, SayWhoCarriesThemWhereThatIsKnown) {
  Report report = made_up_full_report();
  MutantSearch& search = *report.perturbed[0].search;
  search.origin = MutantOrigin::kVariants;
  search.trials[search.used.at(0)].carriers = 3;
  const auto table = WrittenReport(report).table("mutants.tsv");
  EXPECT_EQ(text(table, 0, "carriers"), "3");
  EXPECT_EQ(text(table, 1, "carriers"), "NA");
}

TEST(ReportMutants, CanBeSearchedWhereThereAreMany) {
  Report report = made_up_full_report();
  EXPECT_THAT(WrittenReport(report).page(), Not(HasSubstr("id=\"mutants-data\"")));
  while (report.mutants.size() < 30) report.mutants.push_back(report.mutants.front());
  const std::string page = WrittenReport(report).page();
  const std::string begin = "<script type=\"application/json\" id=\"mutants-data\">";
  ASSERT_THAT(page, HasSubstr(begin));
  const auto first = page.find(begin) + begin.size();
  const auto data = nlohmann::json::parse(page.substr(first, page.find("</script>", first) - first));
  EXPECT_EQ(data["rows"].size(), 30U);
  EXPECT_THAT(page, HasSubstr("data-rows=\"mutants\" data-find=\"Find a mutant\""));
}

TEST(ReportGroups, HaveAForestPlotAndATableWithHowMuchTheyDiffer) {
  const Report report = made_up_full_report();
  const WrittenReport written(report);
  const auto table = written.table("groups.tsv");
  ASSERT_EQ(table.rows.size(), 4U * 6U);
  EXPECT_EQ(text(table, 0, "group"), "donor 1");
  EXPECT_EQ(text(table, 0, "cells"), "8");
  EXPECT_EQ(number(table, 0, "auroc"), report.groups[0].groups[0].auroc.value);
  EXPECT_EQ(text(table, 5, "kind"), "pooled");
  EXPECT_EQ(text(table, 5, "groups"), "5");
  EXPECT_EQ(text(table, 5, "cells"), "50");  // 8 + 9 + 10 + 11 + 12
  EXPECT_EQ(number(table, 5, "auroc"), report.groups[0].auroc);
  EXPECT_EQ(number(table, 5, "tau_squared"), report.groups[0].logit->tau_squared);
  EXPECT_EQ(number(table, 5, "heterogeneity_p"), report.groups[0].logit->heterogeneity_p);

  const auto figure = written.figure("groups_1");
  ASSERT_EQ(figure["data"].size(), 2U);
  EXPECT_EQ(figure["data"][0]["x"].size(), 5U);
  const auto& pooled = figure["data"][1];
  EXPECT_EQ(pooled["y"][0], figure["layout"]["yaxis"]["categoryarray"].back());  // below the groups
  EXPECT_DOUBLE_EQ(pooled["x"][0].get<double>() - pooled["error_x"]["arrayminus"][0].get<double>(),
                   report.groups[0].low);
  char i_squared[16];
  std::snprintf(i_squared, sizeof i_squared, "<td>%.0f %%</td>", 100 * report.groups[0].logit->i_squared);
  EXPECT_THAT(written.page(), HasSubstr(i_squared));
  EXPECT_THAT(written.page(), HasSubstr("<h2>By donor</h2>"));
}

TEST(ReportGroups, ThatCannotBePooledSayNothingOverGroups) {
  Report report = made_up_full_report();
  for (auto& summary : report.groups) {
    summary.groups.resize(1);
    summary.logit.reset();
    summary.auroc = summary.low = summary.high = std::nan("");
  }
  const WrittenReport written(report);
  EXPECT_EQ(written.table("groups.tsv").rows.size(), 4U);
  EXPECT_EQ(written.figure("groups_1")["data"].size(), 1U);
}

TEST(ReportStates, SayWhichWayCellsMove) {
  const Report report = made_up_full_report();
  const WrittenReport written(report);
  const auto table = written.table("states.tsv");
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(text(table, 0, "direction"), "toward");
  EXPECT_EQ(text(table, 1, "direction"), "away");
  // 1.3 standard errors of 40 cells, although five and a half of all mutants in them.
  EXPECT_EQ(text(table, 2, "direction"), "neither");
  EXPECT_NEAR(number(table, 1, "mean_shift"), -0.02, 1e-12);
  const double measured = 40.0 * static_cast<double>(report.mutants.size());
  EXPECT_NEAR(number(table, 1, "sd_shift"), 0.001 * std::sqrt(measured / (measured - 1.0)), 1e-12);
  EXPECT_EQ(text(table, 1, "state_cells"), "120");
  EXPECT_EQ(text(table, 1, "cells"), "40");
  const std::string page = written.page();
  EXPECT_THAT(page, HasSubstr("<strong>toward</strong> it"));
  EXPECT_THAT(page, HasSubstr("<strong>away</strong> from it"));
  EXPECT_THAT(page, HasSubstr("neither toward it nor away"));
}

TEST(ReportTrack, ShowsBothWindowsInBpFromTheStart) {
  const Report report = made_up_full_report();
  const WrittenReport written(report);
  const auto figure = written.figure("track");
  ASSERT_EQ(figure["data"].size(), 2U);
  EXPECT_EQ(figure["data"][0]["x"][0], -632.0);  // the middle of a bin from -640 to -624
  EXPECT_EQ(figure["data"][1]["y"].size(), 80U);
  EXPECT_EQ(figure["data"][1]["y"][40], report.perturbed[0].track->mutant[40]);
  EXPECT_NE(figure["data"][0]["line"]["dash"], figure["data"][1]["line"]["dash"]);
  EXPECT_EQ(figure["layout"]["xaxis"]["range"], (nlohmann::json{-512, 512}));
  EXPECT_THAT(written.page(), HasSubstr("A double click shows the whole window"));
  Report narrow = report;
  for (std::size_t i = 0; i < 2; ++i)
    narrow.perturbed[i].track = WindowTrack{-32, 16, 0, 0, {1, 2, 1}, {1, 1, 1}};
  EXPECT_THAT(WrittenReport(narrow).page(), Not(HasSubstr("A double click shows the whole window")));
  EXPECT_THAT(WrittenReport(narrow).page(), Not(HasSubstr("Shaded:")));
  const auto table = written.table("window_track.tsv");
  ASSERT_EQ(table.rows.size(), 160U);
  EXPECT_EQ(text(table, 40, "start"), "0");
  EXPECT_EQ(text(table, 40, "end"), "16");
  EXPECT_EQ(text(table, 40, "summed"), "yes");
  EXPECT_EQ(number(table, 40, "expression_mutant"), report.perturbed[0].track->mutant[40]);
  EXPECT_EQ(text(table, 80, "symbol"), "TBX5");
}

}  // namespace
}  // namespace biodta::analysis
