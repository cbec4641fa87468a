// Every gene of every cell: the numbers of a plain loop, and what is told of them.
#include "every_gene_world.hpp"

#include <biodta/data/packed_batch.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::Contains;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(EveryGeneTest, GivesTheMeansOfAPlainLoop) {
  for (const bool mask : {false, true}) {
    options_.perturbation = mask ? GenePerturbation::kMask : GenePerturbation::kDelete;
    forget_report();
    const auto outcome = run();
    EXPECT_EQ(outcome.report, folder_ / "report/report.html");
    const auto genes = table();
    ASSERT_EQ(genes.rows.size(), kWorldGenes);
    double before = 1e300;
    for (const auto& row : genes.rows) {
      const auto token = *vocabulary_.token_of_id(row[genes.column("gene_id")]);
      const auto naive = naive_shift_of(token, mask);
      const double mean = std::stod(row[genes.column("mean_shift")]);
      EXPECT_EQ(row[genes.column("cells")], std::to_string(naive.count()));
      EXPECT_NEAR(mean, naive.mean(), 1e-5 * naive.mean());
      EXPECT_NEAR(std::stod(row[genes.column("sd_shift")]), naive.standard_deviation(),
                  1e-4 * naive.standard_deviation());
      EXPECT_LE(mean, before);
      before = mean;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, GoesOnTowardSeveralStates) {
  options_.cells.states = {"type=A", "type=B", "donor=D3"};
  run();
  const auto whole = results();
  EXPECT_TRUE(table().has_column("mean_shift:donor=D3"));
  forget_report();
  expect_stopped(60);
  run();
  EXPECT_TRUE(went_on());
  EXPECT_EQ(results(), whole);
  forget_report();
  expect_stopped(60);
  std::swap(options_.cells.states[0], options_.cells.states[1]);
  expect_error<InputError>([&] { run(); }, {"state 1 type=A", "state 1 type=B"});
}

TEST_F(EveryGeneTest, TellsHowMuchItIsAndHowLongItTakes) {
  estimate_every_gene(options_, reporter_, "cpu");
  std::uint64_t perturbed = 0;
  std::uint64_t tokens = 0;
  for (const auto& cell : cells_) {
    perturbed += cell.size();
    tokens += cell.size() + cell.size() * (cell.size() - 1);
  }
  const auto with_comma = [](std::uint64_t value) {  // below a million
    const auto text = std::to_string(value);
    return text.size() < 4 ? text : text.substr(0, text.size() - 3) + "," + text.substr(text.size() - 3);
  };
  EXPECT_THAT(reporter_.messages,
              Contains(HasSubstr("203 cells, " + with_comma(perturbed) + " perturbed cells, " +
                                 with_comma(tokens) + " tokens; ")));
  EXPECT_THAT(reporter_.messages, Contains(HasSubstr(" at this speed")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, ShowsEveryStateAndKeepsOutWhatCouldRunInThePage) {
  options_.notes = {"<script>alert(1)</script> simulated"};
  run();
  const auto page = support::read_text_file(folder_ / "report/report.html");
  EXPECT_THAT(page, HasSubstr("In silico deletion of every gene"));
  EXPECT_THAT(page, HasSubstr("Toward <b>type=A</b> (68 cells)"));
  EXPECT_THAT(page, HasSubstr("figure-state_1"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert(1)")));
  const auto genes = table();
  for (const char* name : {"mean_shift:type=A", "p:type=A", "fdr:type=A", "auroc:type=A", "sd_shift:type=A"})
    EXPECT_TRUE(genes.has_column(name)) << name;
}

TEST_F(EveryGeneTest, TakesTheGroupsOfAColumnAsUnits) {
  options_.cells.group_column = "donor";
  run();
  const auto genes = table();
  for (const auto& row : genes.rows) EXPECT_EQ(row[genes.column("groups")], "5");
  EXPECT_TRUE(genes.has_column("p_cells:type=A"));
  EXPECT_THAT(support::read_text_file(folder_ / "report/report.html"), HasSubstr("mean AUROC of each donor"));
}

TEST_F(EveryGeneTest, CountsOnlyTheGroupsOfTheCellsThatAreChosen) {
  options_.cells.group_column = "donor";
  options_.cells.filters = {"donor=D2", "donor=D4", "donor=D5"};
  run();
  const auto three = table();
  for (const auto& row : three.rows) {
    EXPECT_EQ(row[three.column("groups")], "3");
    EXPECT_NE(row[three.column("p")], "NA");
  }
  forget_report();
  options_.cells.filters = {"donor=D5"};
  run();
  const auto one = table();
  for (const auto& row : one.rows) {
    EXPECT_EQ(row[one.column("groups")], "1");
    EXPECT_EQ(row[one.column("p")], "NA");
    EXPECT_NEAR(std::stod(row[one.column("auroc")]), std::stod(row[one.column("auroc_cells")]), 1e-12);
  }
  forget_report();
  options_.cells.group_column = "region";
  expect_error<ConfigError>([&] { run(); }, {"cells.group_column", "'region'"});
}

TEST_F(EveryGeneTest, NamesWhatCannotBeDone) {
  options_.perturbation = GenePerturbation::kMutate;
  expect_error<ConfigError>([&] { run(); }, {"perturbation: found mutate", "Enformer"});
  options_.perturbation = GenePerturbation::kRankMove;
  expect_error<ConfigError>([&] { run(); }, {"perturbation: found rank_move", "Enformer"});
  options_.perturbation = GenePerturbation::kDelete;
  options_.with = {"S4"};
  expect_error<ConfigError>([&] { run(); }, {"with: found S4 beside all_genes"});
  options_.with.clear();
  options_.saturation = 50;
  expect_error<ConfigError>([&] { run(); }, {"saturation: found 50 beside all_genes"});
  options_.saturation = 0;
  options_.mutants.given.vcf = "variants.vcf";
  expect_error<ConfigError>([&] { run(); }, {"mutants.vcf: found variants.vcf beside all_genes"});
  options_.mutants.given.vcf.clear();
  options_.gene = "S3";
  expect_error<ConfigError>([&] { run(); }, {"gene: found S3 beside all_genes"});
  options_.gene.clear();
  options_.cells.states = {"type=C"};
  expect_error<ConfigError>([&] { run(); }, {"type=C", "A and B"});
  options_.cells.states.clear();
  options_.cells.group_column = "patient";
  expect_error<InputError>([&] { run(); }, {"patient", "donor"});
  options_.cells.group_column.clear();
  options_.shift.layer = -4;
  expect_error<ConfigError>([&] { run(); }, {"shift.layer: found -4", "input embeddings"});
  options_.shift.layer = -2;
  options_.shard = "4/3";
  expect_error<ConfigError>([&] { run(); }, {"shard: found '4/3'"});
  options_.shard.clear();
  options_.evaluation.min_cells = 1000;
  expect_error<InputError>([&] { run(); }, {"no gene in 1000 of the 203 cells", "min_cells"});
  options_.all_genes = false;
  expect_error<ConfigError>([&] { estimate_every_gene(options_, reporter_, "cpu"); },
                            {"all_genes: is not set"});
}

TEST_F(EveryGeneTest, MovesRanksUpAndDownByQuartiles) {
  const auto corpus = cells::Corpus::open(options_.corpus);
  const data::TokenRows rows(vocabulary_, bank_);
  const data::BatchBuilder builder(corpus, &rows, {}, kWorldGenes);
  const analysis::ShiftSubjects subjects{.cells = builder, .bank = &bank_};
  std::vector<std::uint32_t> all(kWorldCells);
  std::iota(all.begin(), all.end(), 0U);
  std::set<std::string> tables;
  options_.overwrite = true;
  for (const bool up : {false, true}) {
    for (const int quartiles : {1, 3}) {
      options_.perturbation = up ? GenePerturbation::kActivate : GenePerturbation::kInhibit;
      options_.quartiles = quartiles;
      run();
      EXPECT_THAT(support::read_text_file(folder_ / "report/report.html"),
                  HasSubstr(up ? "moves up by " : "moves down by "));
      tables.insert(support::read_text_file(folder_ / "report/genes.tsv"));
      analysis::Perturbation move;
      move.kind = analysis::PerturbationKind::kRankShift;
      move.quartiles = up ? quartiles : -quartiles;
      const auto effects =
          analysis::measure_every_gene(model_, torch::kCPU, subjects, all, move, options_.shift);
      const auto genes = table();
      ASSERT_EQ(genes.rows.size(), kWorldGenes);
      for (const auto& row : genes.rows) {
        const auto& own = effects.at(*vocabulary_.token_of_id(row[genes.column("gene_id")])).cell;
        EXPECT_EQ(row[genes.column("cells")], std::to_string(own.count()));
        EXPECT_NEAR(std::stod(row[genes.column("mean_shift")]), own.mean(), 1e-8 + 1e-4 * own.mean());
      }
    }
  }
  EXPECT_EQ(tables.size(), 4U);
}

}  // namespace
}  // namespace biodta::pipeline
