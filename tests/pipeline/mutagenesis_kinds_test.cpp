#include "mutagenesis_world.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/gene_covariates.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using analysis::JointPerturbation;
using analysis::PerturbationKind;
using analysis::testing::expect_error;
using ::testing::HasSubstr;
using testing::kWindow;
using ::testing::Not;

constexpr cells::TokenId kS3 = 5;
constexpr cells::TokenId kS6 = 8;

/// What the program measures against what is measured by hand.
class MutagenesisKinds : public testing::MutagenesisTest {
 protected:
  MutagenesisRunOptions all_cells(GenePerturbation kind) const {
    auto changed = options();
    changed.perturbation = kind;
    changed.baselines.clear();
    changed.cells.max_cells = 0;
    changed.overwrite = true;
    return changed;
  }
  /// Held-out cells that hold all of the genes.
  std::vector<std::uint32_t> cells_with(std::span<const cells::TokenId> genes) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t cell = 20; cell < 60; ++cell) {
      const auto tokens = builder_.tokens_of(cell);
      const auto held = [&](auto gene) {
        return std::find(tokens.begin(), tokens.end(), gene) != tokens.end();
      };
      if (std::all_of(genes.begin(), genes.end(), held)) found.push_back(cell);
    }
    return found;
  }
  /// @param everywhere  in cells that lack the genes too.
  analysis::ShiftTable by_hand(const JointPerturbation& perturbation, bool everywhere = false) const {
    std::vector<cells::TokenId> genes;
    if (!everywhere)
      for (const auto& gene : perturbation.genes) genes.push_back(gene.token);
    auto model = model::load_model(folder_ / "run/model");
    return analysis::measure_shifts(model, torch::kCPU, {builder_, &*bank_}, cells_with(genes),
                                    std::vector<JointPerturbation>{perturbation}, {})
        .front();
  }
  /// The mutant row of S3 with one base of its window changed, less the reference's, added to the bank's.
  JointPerturbation substituted(std::int64_t position, char base) {
    auto window = window_of(3);
    window.at(static_cast<std::size_t>(position - (starts_[3] - kWindow / 2))) = base;
    const auto rows = embedder_.embed(std::vector<std::string>{window}).rows_NRE.squeeze(1).contiguous();
    const auto reference = bank_->row(bank_->row_of(3));
    analysis::Perturbation one;
    one.kind = PerturbationKind::kReplaceRow;
    one.token = kS3;
    one.row.assign(rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
    one.reference_row.assign(reference.begin(), reference.end());
    return {{one}};
  }
  /// genes.tsv says the mean over the tables.
  void expect_written(const std::vector<analysis::ShiftTable>& tables) const {
    const auto genes = table("genes.tsv");
    ASSERT_GT(genes.rows.size(), 8U);
    for (const auto& row : genes.rows) {
      const auto token = *vocabulary_.token_of_id(row[genes.column("gene_id")]);
      double mean = 0.0;
      for (const auto& one : tables) mean += one.genes[token].mean() / static_cast<double>(tables.size());
      EXPECT_EQ(row[genes.column("cells")], std::to_string(tables.front().genes[token].count()));
      EXPECT_NEAR(std::stod(row[genes.column("mean_shift")]), mean, 1e-6 + 1e-3 * mean);
    }
  }

  cells::Corpus corpus_ = cells::Corpus::open(folder_ / "corpus.h5");
  data::TokenRows rows_{vocabulary_, *bank_};
  data::BatchBuilder builder_{corpus_, &rows_, {}, 64};
};

TEST_F(MutagenesisKinds, OfTheTokenDoWhatTheirNamesSay) {
  const std::vector<std::pair<GenePerturbation, analysis::Perturbation>> kinds = {
      {GenePerturbation::kDelete, {PerturbationKind::kDelete, kS3, {}, {}}},
      {GenePerturbation::kOverexpress, {PerturbationKind::kOverexpress, kS3, {}, {}}},
      {GenePerturbation::kInhibit, {PerturbationKind::kRankShift, kS3, {}, {}, -2}},
      {GenePerturbation::kActivate, {PerturbationKind::kRankShift, kS3, {}, {}, 2}},
      {GenePerturbation::kMask, {PerturbationKind::kMask, kS3, {}, {}}}};
  for (const auto& [kind, expected] : kinds) {
    auto changed = all_cells(kind);
    changed.quartiles = 2;
    changed.weights.clear();  // none of them needs DNA
    run(changed);
    expect_written({by_hand({{expected}}, kind == GenePerturbation::kOverexpress)});
  }
  EXPECT_THAT(page(), HasSubstr("mask in place"));
}

TEST_F(MutagenesisKinds, OfSeveralGenesAtOnceTakeCellsThatHoldAll) {
  auto changed = all_cells(GenePerturbation::kDelete);
  changed.with = {"S6"};
  changed.evaluation.control_genes = 1;
  const auto outcome = run(changed);
  expect_written(
      {by_hand({{{PerturbationKind::kDelete, kS3, {}, {}}, {PerturbationKind::kDelete, kS6, {}, {}}}})});
  EXPECT_THAT(page(), HasSubstr("S3 + S6"));
  const auto genes = table("genes.tsv");
  for (const auto& row : genes.rows) EXPECT_NE(row[genes.column("symbol")], "S6");
  changed.with = {"g3"};
  expect_error<ConfigError>([&] { run(changed); }, {"with", "g3"});
  changed.with = {"S6"};
  changed.perturbation = GenePerturbation::kMutate;
  changed.mutants.choice.use = analysis::MutantUse::kAll;
  expect_error<ConfigError>([&] { run(changed); }, {"mutants.use", "best or mean"});
}

TEST_F(MutagenesisKinds, OfEachVariantOfAVcfAreAveragedAndToldApart) {
  const auto other = [&](std::int64_t position) {
    const char base = window_of(3).at(static_cast<std::size_t>(position - (starts_[3] - kWindow / 2)));
    return std::pair(base, base == 'A' ? 'C' : 'A');
  };
  std::string vcf =
      "##fileformat=VCFv4.2\n##contig=<ID=chrS,length=5600>\n"
      "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
  std::vector<analysis::ShiftTable> expected;
  for (const std::int64_t position : {starts_[3] - 7, starts_[3] + 9}) {
    const auto [from, to] = other(position);
    vcf += "chrS\t" + std::to_string(position + 1) + "\t.\t" + from + "\t" + to + "\t.\t.\t.\n";
    expected.push_back(by_hand(substituted(position, to)));
  }
  support::write_text_file(folder_ / "two.vcf", vcf);
  auto changed = all_cells(GenePerturbation::kMutate);
  changed.mutants.given.vcf = folder_ / "two.vcf";
  run(changed);
  expect_written(expected);
}

TEST_F(MutagenesisKinds, CompareSetsWithGenesInNoSetWhereAsked) {
  auto changed = options();
  changed.evaluation.complement = analysis::Complement::kInNoSet;
  run(changed);
  const auto genes = table("genes.tsv");
  std::vector<double> inside, outside;
  for (const auto& row : genes.rows) {
    const auto& sets = row[genes.column("sets")];
    if (sets == "S3 direct") inside.push_back(std::stod(row[genes.column("mean_shift")]));
    if (sets.empty()) outside.push_back(std::stod(row[genes.column("mean_shift")]));
  }
  const auto sets = table("gene_sets.tsv");
  EXPECT_DOUBLE_EQ(std::stod(sets.rows[0][sets.column("p")]), analysis::rank_sum_test(inside, outside).p);
  EXPECT_THAT(page(), HasSubstr("none of the sets"));
}

TEST_F(MutagenesisKinds, ControlsMayBeTheGenesExpressedMostAlike) {
  auto changed = all_cells(GenePerturbation::kMutate);
  changed.evaluation.control_set.clear();
  changed.evaluation.control_choice = ControlChoice::kMatched;
  changed.evaluation.control_genes = 3;
  run(changed);
  const auto expected = [&] {
    const std::vector<cells::TokenId> s3 = {kS3};
    std::vector<std::vector<cells::TokenId>> tokens;
    for (const auto cell : cells_with(s3)) tokens.push_back(builder_.tokens_of(cell));
    const std::vector<std::span<const cells::TokenId>> spans(tokens.begin(), tokens.end());
    const auto covariates = analysis::gene_covariates(spans, vocabulary_.token_count());
    // S2, S4, S5 and S8 to S10 are in sets.
    return analysis::matched_genes(covariates, kS3, std::vector<cells::TokenId>{2, 3, 8, 9, 13, 14, 15}, 3);
  }();
  std::set<std::string> symbols, found;
  for (const auto token : expected) symbols.insert(vocabulary_.gene(token).symbol);
  const auto controls = table("expression.tsv");
  for (const auto& row : controls.rows)
    if (row[controls.column("role")] == "control") found.insert(row[controls.column("symbol")]);
  EXPECT_EQ(found, symbols);
}

TEST_F(MutagenesisKinds, ThatAreComparedAreMethodsOfTheReport) {
  auto changed = options();
  changed.evaluation.compare = {"delete", "mask"};
  changed.evaluation.compare_baselines = {"delete", "mask"};
  const auto outcome = run(changed);
  for (const char* name : {"Bio-DTA, in silico deletion", "Bio-DTA, mask in place",
                           "adapter-free twin, in silico deletion", "adapter-free twin, mask in place"})
    EXPECT_THAT(outcome.tables, HasSubstr(name));
  changed.overwrite = true;
  changed.evaluation.compare = {"explode"};
  expect_error<ConfigError>([&] { run(changed); }, {"evaluation.compare", "explode", "rank_move"});
  changed.evaluation.compare.clear();
  changed.evaluation.compare_baselines = {"mutate"};
  expect_error<ConfigError>([&] { run(changed); }, {"evaluation.compare_baselines", "twin", "adapter"});
}

TEST_F(MutagenesisKinds, ThatAreComparedDoNotSpeakForTheRun) {
  auto changed = options();
  changed.perturbation = GenePerturbation::kDelete;
  changed.evaluation.compare = {"mutate"};
  EXPECT_THAT(run(changed).tables, HasSubstr("Bio-DTA, in silico mutagenesis"));
  EXPECT_THAT(page(), Not(HasSubstr("Of 12 random mutants")));
  EXPECT_THAT(page(), HasSubstr("Mutation, where compared"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report/mutants.vcf"));
  // No mutant lowers expression where none has an edit: the method is left out, the deletion stands.
  changed.mutants.mutagenesis.rate = 0.0;
  changed.overwrite = true;
  EXPECT_THAT(run(changed).tables, Not(HasSubstr("Bio-DTA, in silico mutagenesis")));
  changed.evaluation.compare = {"delete"};
  expect_error<ConfigError>([&] { run(changed); }, {"evaluation.compare", "the run's own"});
  changed.evaluation.compare = {"mask", "mask"};
  expect_error<ConfigError>([&] { run(changed); }, {"evaluation.compare", "mask twice"});
  changed.evaluation.compare.clear();
  changed.shard = "1/2";
  expect_error<ConfigError>([&] { run(changed); }, {"shard", "1/2", "--all-genes"});
}

TEST_F(MutagenesisKinds, ThatCoverOtherCellsAreNotCompared) {
  auto changed = all_cells(GenePerturbation::kOverexpress);
  changed.baselines = {folder_ / "twin"};
  changed.weights.clear();
  // Deletion needs the gene, which is put in front of every cell here.
  EXPECT_THAT(run(changed).tables, Not(HasSubstr("twin")));
  changed.evaluation.compare_baselines = {"overexpress"};
  EXPECT_THAT(run(changed).tables, HasSubstr("adapter-free twin, in silico overexpression"));
}

TEST_F(MutagenesisKinds, OfSeveralGenesHaveControlsThatCellsHoldTogether) {
  auto changed = all_cells(GenePerturbation::kDelete);
  changed.with = {"S6"};
  changed.evaluation.control_set.clear();
  changed.evaluation.control_choice = ControlChoice::kMatched;
  changed.evaluation.control_genes = 3;
  const std::vector<cells::TokenId> both = {kS3, kS6};
  const auto held = cells_with(both);
  changed.evaluation.min_cells = static_cast<std::int64_t>(held.size() / 2);
  run(changed);
  // "S0 (12 cells)" and the like, two genes a control.
  const std::string text = page();
  std::size_t controls = 0;
  for (std::size_t gene = 0; gene < testing::kGenes; ++gene) {
    const std::string name = "S" + std::to_string(gene) + " (";
    const auto at = text.find(name);
    if (at == std::string::npos || !std::isdigit(static_cast<unsigned char>(text[at + name.size()])))
      continue;
    ++controls;
    EXPECT_GE(std::stoul(text.substr(at + name.size())), held.size() / 2) << name;
  }
  EXPECT_EQ(controls % 2, 0U);
  EXPECT_GT(controls, 0U);
}

TEST_F(MutagenesisKinds, SummariseGroupsAgainstTheSameComplement) {
  auto changed = options();
  changed.cells.group_column = "split";
  changed.cells.filters.clear();
  changed.cells.max_cells = 0;
  changed.evaluation.readout_draws = 0;
  run(changed);
  const auto all = support::read_text_file(folder_ / "report/groups.tsv");
  changed.evaluation.complement = analysis::Complement::kInNoSet;
  changed.overwrite = true;
  run(changed);
  EXPECT_NE(support::read_text_file(folder_ / "report/groups.tsv"), all);
}

}  // namespace
}  // namespace biodta::pipeline
