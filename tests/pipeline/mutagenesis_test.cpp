#include "mutagenesis_world.hpp"
#include "program.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/evaluation.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/enformer/sequence_embedder.hpp>
#include <biodta/genome/fasta.hpp>
#include <biodta/genome/sequence.hpp>
#include <biodta/genome/variants.hpp>
#include <biodta/pipeline/mutagenesis.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace biodta::pipeline {
namespace {

using analysis::testing::expect_error;
using ::testing::HasSubstr;
using testing::kGenes;
using testing::kWindow;
using testing::MutagenesisTest;
namespace at_test = analysis::testing;

TEST_F(MutagenesisTest, ShiftsAreThoseOfTheMutantWrittenToTheVcf) {
  run(options());
  // From the VCF back to DNA, to a row, to shifts in cells chosen by hand.
  const auto variants = genome::VariantFile::open(folder_ / "report/mutants.vcf");
  const std::int64_t start = starts_[3] - kWindow / 2;
  const auto edits = variants.haplotype_edits("chrS", start, start + kWindow, 0, 0);
  ASSERT_FALSE(edits.empty());
  const auto embedded =
      embedder_
          .embed(std::vector<std::string>{genome::apply_substitutions(window_of(3), start, edits, "mutant")})
          .rows_NRE.squeeze(1)
          .contiguous();
  const float* values = embedded.data_ptr<float>();
  const auto reference = bank_->row(bank_->row_of(3));
  const std::vector<analysis::Perturbation> mutation = {{analysis::PerturbationKind::kReplaceRow,
                                                         5,
                                                         {values, values + embedded.numel()},
                                                         {reference.begin(), reference.end()}}};

  const auto corpus = cells::Corpus::open(folder_ / "corpus.h5");
  const data::TokenRows rows(vocabulary_, *bank_);
  const data::BatchBuilder builder(corpus, &rows, {}, 64);
  std::vector<std::uint32_t> cells;
  for (std::uint32_t cell = 20; cell < 60; ++cell) {
    const auto tokens = builder.tokens_of(cell);
    if (std::find(tokens.begin(), tokens.end(), 5U) != tokens.end()) cells.push_back(cell);
  }
  auto all = options();
  all.cells.max_cells = 0;
  all.overwrite = true;
  run(all);
  auto model = model::load_model(folder_ / "run/model");
  const auto expected = analysis::measure_shifts(model, torch::kCPU, {builder, &*bank_}, cells, mutation, {});
  const support::Table genes = table("genes.tsv");
  ASSERT_GT(genes.rows.size(), 8U);
  for (const auto& row : genes.rows) {
    const auto token = *vocabulary_.token_of_id(row[genes.column("gene_id")]);
    const auto& moments = expected[0].genes[token];
    EXPECT_EQ(row[genes.column("cells")], std::to_string(moments.count()));
    EXPECT_NEAR(std::stod(row[genes.column("mean_shift")]), moments.mean(), 1e-6 + 1e-3 * moments.mean());
  }
}

TEST_F(MutagenesisTest, WritesWhatItPrints) {
  const MutagenesisOutcome outcome = run(options());
  EXPECT_EQ(outcome.report, folder_ / "report/report.html");
  EXPECT_TRUE(std::filesystem::exists(outcome.report));
  for (const char* text : {"S3 direct", "S1 direct", "housekeeping", "Bio-DTA, in silico mutagenesis",
                           "adapter-free twin, in silico deletion", "random sets"})
    EXPECT_THAT(outcome.tables, HasSubstr(text));
  for (const char* text : {"Everything here is simulated.", "crc32:", "biodta-mutagenesis --config",
                           "split=heldout", "In silico mutagenesis of S3"})
    EXPECT_THAT(page(), HasSubstr(text));
  // The perturbed gene is in its own set's file, but is not scored.
  const support::Table sets = table("gene_sets.tsv");
  EXPECT_EQ(sets.rows[0][sets.column("genes_listed")], "4");
  EXPECT_EQ(sets.rows[0][sets.column("genes_matched")], "3");
  EXPECT_EQ(sets.rows[0][sets.column("genes_scored")], "2");
  EXPECT_EQ(sets.rows[0][sets.column("control_genes")], "2");
  // P by the statistics from the ranking that was written.
  const support::Table genes = table("genes.tsv");
  std::vector<double> inside;
  std::vector<double> outside;
  for (const auto& row : genes.rows)
    (row[genes.column("sets")] == "S3 direct" ? inside : outside)
        .push_back(std::stod(row[genes.column("mean_shift")]));
  EXPECT_DOUBLE_EQ(std::stod(sets.rows[0][sets.column("p")]), analysis::rank_sum_test(inside, outside).p);
}

TEST_F(MutagenesisTest, ScansEveryBaseAroundTheStartWhereItIsAskedTo) {
  auto with_scan = options();
  with_scan.saturation = 4;
  run(with_scan);
  const auto scan = table("saturation.tsv");
  const auto window = window_of(3);
  ASSERT_EQ(scan.rows.size(), 8U * 3U);
  for (const auto& row : scan.rows) {
    EXPECT_EQ(row.at(scan.column("gene_id")), "g3");
    const std::int64_t position = std::stoll(row.at(scan.column("position"))) - 1;
    auto mutant = window;
    char& base = mutant.at(static_cast<std::size_t>(position - (starts_[3] - kWindow / 2)));
    EXPECT_EQ(std::string(1, base), row.at(scan.column("ref")));
    base = row.at(scan.column("alt")).front();
    const auto options_readout = options().readout;
    const double expected =
        embedder_.embed(std::vector<std::string>{mutant}, &options_readout).expression.at(0);
    EXPECT_NEAR(std::stod(row.at(scan.column("expression_mutant"))), expected, 1e-5 * expected);
  }
  EXPECT_NE(page().find("Every base changed, one at a time"), std::string::npos);
}

TEST_F(MutagenesisTest, IsRepeatedByItsOwnConfig) {
  run(options());
  const std::string before = support::read_text_file(folder_ / "report/genes.tsv");
  MutagenesisRunOptions again;
  support::read_options(again, folder_ / "report/config.yaml");
  again.output = folder_ / "again";
  run(again);
  EXPECT_EQ(support::read_text_file(folder_ / "again/genes.tsv"), before);
  EXPECT_EQ(support::read_text_file(folder_ / "again/mutants.vcf"),
            support::read_text_file(folder_ / "report/mutants.vcf"));
}

TEST_F(MutagenesisTest, WindowsFromAFileGiveWhatTheGenomeGives) {
  run(options());
  const std::string before = support::read_text_file(folder_ / "report/genes.tsv");
  auto windows = options();
  windows.genome.clear();
  windows.annotation.clear();
  windows.sequences = folder_ / "windows.fa";
  windows.overwrite = true;
  run(windows);
  EXPECT_EQ(support::read_text_file(folder_ / "report/genes.tsv"), before);
}

TEST_F(MutagenesisTest, DeletesInARunWithoutAdapterAndNeedsNoDna) {
  auto deletion = options();
  deletion.perturbation = GenePerturbation::kDelete;
  deletion.run = folder_ / "twin";
  deletion.baselines.clear();
  deletion.embeddings.clear();
  deletion.weights.clear();
  deletion.genome.clear();
  deletion.annotation.clear();
  const auto outcome = run(deletion);
  EXPECT_THAT(outcome.tables, HasSubstr("adapter-free model, in silico deletion"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report/mutants.vcf"));
  EXPECT_THAT(page(), HasSubstr("In silico deletion of S3"));
  const support::Table genes = table("genes.tsv");
  for (const auto& row : genes.rows) EXPECT_NE(row[genes.column("symbol")], "S3");
}

TEST_F(MutagenesisTest, GenesWithALearnedVectorAreDeletedButNotMutated) {
  auto config = at_test::model_of(vocabulary_, &*bank_, 1)->config();
  config.learned_tokens = {5, 10};  // S3 and S8, though the bank has rows for both
  config.decoder = model::Decoder::kAdapter;
  model::MaskedLanguageModel model(config);
  model->initialise(1);
  model->fit_input_map(at::rand({10, config.row_size}));
  write_model("learned", model);
  auto changed = options();
  changed.run = folder_ / "learned";
  expect_error<InputError>([&] { run(changed); }, {"learned vector", "S3", "perturbation: delete"});
  // A control must have DNA too: only S9 and S10 are left of the control set.
  changed.gene = "S1";
  changed.mutants.trials = 60;
  changed.evaluation.control_genes = 3;
  run(changed);
  const support::Table expression = table("expression.tsv");
  std::set<std::string> controls;
  for (const auto& row : expression.rows)
    if (row[expression.column("role")] == "control") controls.insert(row[expression.column("symbol")]);
  EXPECT_EQ(controls, (std::set<std::string>{"S9", "S10"}));
  changed.gene = "S3";
  changed.perturbation = GenePerturbation::kDelete;
  changed.overwrite = true;
  run(changed);
  const support::Table genes = table("genes.tsv");
  const auto of_s8 = [&](const auto& row) { return row[genes.column("symbol")] == "S8"; };
  EXPECT_EQ(std::count_if(genes.rows.begin(), genes.rows.end(), of_s8), 1);  // it stays in the cells
}

TEST_F(MutagenesisTest, ControlsAreGenesOfTheControlSet) {
  run(options());
  const support::Table expression = table("expression.tsv");
  std::set<std::string> controls;
  for (const auto& row : expression.rows)
    if (row[expression.column("role")] == "control") controls.insert(row[expression.column("symbol")]);
  EXPECT_EQ(controls.size(), 2U);
  for (const auto& symbol : controls) EXPECT_THAT(symbol, ::testing::AnyOf("S8", "S9", "S10"));
}

TEST_F(MutagenesisTest, NamesWhatIsWrongInOneLine) {
  const auto refused = [&]<class E>(E*, MutagenesisRunOptions changed,
                                    std::initializer_list<std::string_view> parts) {
    expect_error<E>([&] { run(changed); }, parts);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
  };
  InputError* input = nullptr;
  ConfigError* config = nullptr;
  const auto with = [&](const auto& change) {
    auto changed = options();
    change(changed);
    return changed;
  };
  refused(input, with([](auto& o) { o.gene = "S33"; }), {"S33", "corpus.h5", "did you mean"});
  refused(config, with([](auto& o) { o.gene.clear(); }), {"gene"});
  refused(config, with([](auto& o) { o.cells.filters = {"split=nowhere"}; }), {"split=nowhere", "heldout"});
  refused(config, with([](auto& o) { o.embeddings.clear(); }), {"embeddings"});
  refused(config, with([&](auto& o) { o.run = folder_ / "twin"; }), {"mutate", "adapter"});
  refused(config, with([](auto& o) { o.annotation.clear(); }), {"annotation"});
  refused(config, with([&](auto& o) { o.sequences = folder_ / "windows.fa"; }), {"sequences"});
  refused(config, with([](auto& o) { o.evaluation.control_set = "nothing"; }), {"nothing", "sets.tsv"});
  refused(config, with([](auto& o) { o.evaluation.sets = {"S7 direct"}; }), {"S7 direct", "S1 direct"});
  refused(config, with([](auto& o) { o.shift.layer = 9; }), {"shift.layer: found 9", "1 to 3"});
  refused(config, with([](auto& o) { o.shift.layer = 0; }), {"shift.layer: found 0", "input embeddings"});
  refused(input, with([&](auto& o) { o.run = folder_ / "nowhere"; }), {"nowhere", "no such folder"});
  refused(input, with([](auto& o) { o.evaluation.min_cells = 1000; }), {"1000", "min_cells"});
  refused(input, with([](auto& o) { o.mutants.mutagenesis.rate = 0.0; }), {"S3", "none of 12 mutants"});
}

TEST_F(MutagenesisTest, RefusesSetsThatMatchNothing) {
  support::write_text_file(folder_ / "sets.tsv", "set\tgene\nx\tTTN\n");
  expect_error<InputError>([&] { run(options()); }, {"sets.tsv", "TTN"});
}

TEST_F(MutagenesisTest, RefusesAGeneThatNoneOfTheCellsExpresses) {
  std::vector<std::vector<cells::TokenId>> cells(30, {2, 3, 4, 6, 7, 8});
  cells[0] = {5, 2};  // the only one with S3, not held out
  std::vector<std::int32_t> codes(30, 1);
  codes[0] = 0;
  at_test::corpus_of(folder_ / "other.h5", vocabulary_, cells, {{"split", codes, {"train", "heldout"}, {}}});
  auto changed = options();
  changed.corpus = folder_ / "other.h5";
  expect_error<InputError>([&] { run(changed); }, {"none of the 29 cells", "S3", "1 of all 30"});
}

TEST_F(MutagenesisTest, RefusesACorpusOfAnotherVocabulary) {
  auto genes = vocabulary_.genes();
  std::swap(genes[6], genes[7]);
  at_test::corpus_of(folder_ / "other.h5", cells::Vocabulary(genes), at_test::random_cells(30, kGenes, 5));
  auto changed = options();
  changed.corpus = folder_ / "other.h5";
  changed.cells.filters.clear();
  expect_error<InputError>([&] { run(changed); }, {"vocabulary.tsv", "token 8", "g6", "g7"});
  at_test::corpus_of(folder_ / "short.h5", at_test::vocabulary_of(9), at_test::random_cells(30, 9, 5));
  changed.corpus = folder_ / "short.h5";
  expect_error<InputError>([&] { run(changed); }, {"16 tokens", "11"});
}

TEST_F(MutagenesisTest, RefusesABankThatDoesNotFit) {
  at_test::bank_of(vocabulary_, 7, 1).write(folder_ / "narrow.h5");
  auto changed = options();
  changed.embeddings = {folder_ / "narrow.h5"};
  expect_error<InputError>([&] { run(changed); }, {"narrow.h5", "7 values", "24"});
  // Right size, but not what this Enformer makes of the DNA.
  at_test::bank_of(vocabulary_, 24, 1).write(folder_ / "foreign.h5");
  changed.embeddings = {folder_ / "foreign.h5"};
  expect_error<InputError>([&] { run(changed); }, {"foreign.h5", "S3", "relative difference"});
  // A bank without the gene.
  const auto values = bank_->values();
  std::vector<float> fewer(values.begin(), values.begin() + 3 * 24);
  embedding::EmbeddingBank({"g0", "g1", "g2"}, {"S0", "S1", "S2"}, 1, 24, fewer).write(folder_ / "fewer.h5");
  changed.embeddings = {folder_ / "fewer.h5"};
  expect_error<InputError>([&] { run(changed); }, {"fewer.h5", "S3", "g3"});
}

TEST_F(MutagenesisTest, KeepsAnEarlierReport) {
  support::write_text_file(folder_ / "report/mine.txt", "kept");
  expect_error<ConfigError>([&] { run(options()); }, {"report", "--overwrite"});
  auto over = options();
  over.overwrite = true;
  expect_error<ConfigError>([&] { run(over); }, {"report", "no report.html"});
  EXPECT_TRUE(std::filesystem::exists(folder_ / "report/mine.txt"));
}

TEST(MutagenesisProgram, SaysThatItsSettingsAreMissing) {
  const at_test::TemporaryFolder folder;
  const auto run = biodta::testing::run_program("biodta-mutagenesis", "--gene GATA4", folder.path());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.errors, HasSubstr("error: there is no mutagenesis.yaml in the current folder"));
  EXPECT_THAT(run.errors, HasSubstr("hint: "));
}

}  // namespace
}  // namespace biodta::pipeline
