// Every gene of every cell: the numbers of a plain loop, broken off, gone on with, and shared out.
#include "analysis/naive_model.hpp"
#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/data/packed_batch.hpp>
#include <biodta/pipeline/every_gene.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/tsv.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {
namespace {

using ::testing::Contains;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::Not;
namespace at_test = analysis::testing;

constexpr std::size_t kWorldGenes = 11;
constexpr std::size_t kWorldCells = 203;  // seven chunks of at most 32

/// Cells of two types under a random model.
class EveryGeneTest : public ::testing::Test {
 protected:
  EveryGeneTest() {
    std::vector<std::int32_t> types;
    std::vector<std::int32_t> donors;
    std::vector<std::int32_t> regions;  // of the first donor alone
    for (std::size_t i = 0; i < kWorldCells; ++i) {
      types.push_back(i % 3 == 0 ? 0 : 1);
      donors.push_back(static_cast<std::int32_t>(i % 5));
      regions.push_back(i % 5 == 0 ? 0 : -1);
    }
    at_test::corpus_of(folder_ / "corpus.h5", vocabulary_, cells_,
                       {{"type", types, {"A", "B"}, {}},
                        {"donor", donors, {"D1", "D2", "D3", "D4", "D5"}, {}},
                        {"region", regions, {"R1"}, {}}});
    bank_.write(folder_ / "bank.h5");
    std::filesystem::create_directories(folder_ / "run/model");
    model::save_model(model_, folder_ / "run/model");
    vocabulary_.write(folder_ / "run/model/vocabulary.tsv");
    options_.all_genes = true;
    options_.perturbation = GenePerturbation::kDelete;
    options_.run = folder_ / "run";
    options_.corpus = folder_ / "corpus.h5";
    options_.embeddings = {folder_ / "bank.h5"};
    options_.cells.max_cells = 0;
    options_.cells.states = {"type=A"};
    options_.shift.batch_tokens = 100;
    options_.evaluation.min_cells = 2;
    options_.output = folder_ / "report";
  }

  MutagenesisOutcome run() { return mutagenesis(options_, reporter_, "cpu"); }
  support::Table table() const { return support::read_table(folder_ / "report/genes.tsv"); }
  /// All that two runs must have in common.
  std::string results() const {
    return support::read_text_file(folder_ / "report/genes.tsv") +
           support::read_text_file(folder_ / "report/figures/shifts.json") +
           support::read_text_file(folder_ / "report/figures/state_1.json") +
           support::read_text_file(folder_ / "report/config.yaml");
  }
  std::filesystem::path part() const { return folder_ / "report.part"; }
  bool went_on() const {
    return std::any_of(reporter_.messages.begin(), reporter_.messages.end(),
                       [](const auto& message) { return message.starts_with("going on from"); });
  }
  void forget_report() const { std::filesystem::remove_all(folder_ / "report"); }
  void expect_stopped(int updates);

  /// Mean shift of the other genes over all cells that hold a gene, by one pass a cell and gene.
  analysis::RunningMoments naive_shift_of(cells::TokenId gene, bool mask);

  at_test::TemporaryFolder folder_;
  cells::Vocabulary vocabulary_ = at_test::vocabulary_of(kWorldGenes);
  std::vector<std::vector<cells::TokenId>> cells_ = at_test::random_cells(kWorldCells, kWorldGenes, 5);
  embedding::EmbeddingBank bank_ = at_test::bank_of(vocabulary_, 6, 7);
  model::MaskedLanguageModel model_ = at_test::model_of(vocabulary_, &bank_, 9);
  MutagenesisRunOptions options_;
  testing::RecordingReporter reporter_;
};

/// Does something in the midst of a run: after so many batches.
class ActsAfterBatches : public testing::RecordingReporter {
 public:
  ActsAfterBatches(int updates, std::function<void()> act) : left_(updates), act_(std::move(act)) {}
  std::unique_ptr<support::Progress> start(std::string_view stage, std::uint64_t total,
                                           std::string_view unit) override {
    if (unit != "tokens") return RecordingReporter::start(stage, total, unit);
    struct Counter : support::Progress {
      explicit Counter(ActsAfterBatches& reporter) : owner(reporter) {}
      void update(std::uint64_t, std::string_view) override {
        if (owner.left_-- == 0) owner.act_();
      }
      ActsAfterBatches& owner;
    };
    return std::make_unique<Counter>(*this);
  }

 private:
  int left_;
  std::function<void()> act_;
};

void EveryGeneTest::expect_stopped(int updates) {
  ActsAfterBatches reporter(updates, [] { throw std::runtime_error("stopped"); });
  EXPECT_THROW(mutagenesis(options_, reporter, "cpu"), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
}

analysis::RunningMoments EveryGeneTest::naive_shift_of(cells::TokenId gene, bool mask) {
  at_test::Rows rows;
  for (std::size_t i = 0; i < kWorldGenes; ++i) {
    const auto row = bank_.row(bank_.row_of(static_cast<std::uint32_t>(i)));
    rows[static_cast<cells::TokenId>(i + 2)] = {row.begin(), row.end()};
  }
  analysis::RunningMoments moments;
  for (const auto& cell : cells_) {
    auto after = cell;
    if (std::find(cell.begin(), cell.end(), gene) == cell.end()) continue;
    if (mask)
      std::replace(after.begin(), after.end(), gene, cells::TokenId{cells::kMaskToken});
    else
      std::erase(after, gene);
    const auto old_states = at_test::states_of(model_, cell, &rows);
    const auto new_states = at_test::states_of(model_, after, &rows);
    double sum = 0.0;
    for (const cells::TokenId token : cell)
      if (token != gene) sum += at_test::naive_shift(old_states.at(token), new_states.at(token));
    moments.add(sum / static_cast<double>(cell.size() - 1));
  }
  return moments;
}

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

TEST_F(EveryGeneTest, GoesOnWhereItWasBrokenOffAndGivesTheSameBytes) {
  run();
  const auto whole = results();
  for (const int updates : {0, 6, 40, 70}) {
    forget_report();
    expect_stopped(updates);
    reporter_.messages.clear();
    run();
    EXPECT_EQ(results(), whole) << updates;
    EXPECT_FALSE(std::filesystem::exists(part()));
    EXPECT_EQ(went_on(), updates >= 40) << updates;
  }
  // Killed twice, and with a record that was half written.
  forget_report();
  expect_stopped(50);
  expect_stopped(30);
  const auto journal = part() / "shard_1_of_1.journal";
  const auto bytes = support::read_text_file(journal);
  support::write_text_file(journal, std::string_view(bytes).substr(0, bytes.size() - 11));
  run();
  EXPECT_EQ(results(), whole);
}

TEST_F(EveryGeneTest, InShardsGivesTheSameBytesWhicheverEndsLast) {
  run();
  const auto whole = results();
  forget_report();
  std::string last;
  for (const char* shard : {"2/3", "3/3", "1/3"}) {
    EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
    options_.shard = shard;
    last = run().tables;
    if (std::string(shard) == "2/3") {
      EXPECT_THAT(last, HasSubstr("shards 1/3 and 3/3 are not there yet"));
    }
  }
  EXPECT_THAT(last, HasSubstr("moves cells most"));
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, OfMoreShardsThanChunksLeavesSomeWithNothingToDo) {
  run();
  const auto whole = results();
  forget_report();
  std::string last;
  for (int shard = 9; shard >= 1; --shard) {
    options_.shard = std::to_string(shard) + "/9";
    last = run().tables;
  }
  EXPECT_THAT(last, HasSubstr("shard 1/9 has no cells"));
  EXPECT_EQ(results(), whole);
}

TEST_F(EveryGeneTest, RefusesWhatAnotherJobLeftUnlessItIsToBeReplaced) {
  expect_stopped(60);
  options_.perturbation = GenePerturbation::kMask;
  expect_error<InputError>(
      [&] { run(); }, {"shard_1_of_1.journal", "perturbation delete", "perturbation mask", "--overwrite"});
  options_.perturbation = GenePerturbation::kDelete;
  options_.cells.max_cells = 50;
  expect_error<InputError>([&] { run(); }, {"cells 203,", "cells 50,"});
  options_.cells.max_cells = 0;
  options_.shard = "1/2";
  expect_error<InputError>([&] { run(); }, {"shard_1_of_1.journal", "shared out otherwise", "2 shards"});
  options_.shard.clear();
  options_.perturbation = GenePerturbation::kMask;
  options_.overwrite = true;
  run();
  EXPECT_THAT(support::read_text_file(folder_ / "report/config.yaml"), HasSubstr("perturbation: mask"));
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

TEST_F(EveryGeneTest, ReplacesNothingThatAnotherProcessWrites) {
  expect_stopped(60);
  const auto journal = part() / "shard_1_of_1.journal";
  const auto bytes = support::read_text_file(journal);
  options_.shard = "1/2";
  options_.overwrite = true;
  const int held = ::open(journal.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  expect_error<InputError>([&] { run(); }, {"shard_1_of_1.journal", "another process writing to it"});
  EXPECT_EQ(support::read_text_file(journal), bytes);
  ::close(held);
  EXPECT_THAT(run().tables, HasSubstr("shard 2/2 is not there yet"));
  EXPECT_FALSE(std::filesystem::exists(journal));
}

TEST_F(EveryGeneTest, DoesNotEndAsDoneWithoutItsJournal) {
  const auto journal = part() / "shard_1_of_1.journal";
  ActsAfterBatches deletes(60, [&] { std::filesystem::remove(journal); });
  expect_error<InputError>([&] { mutagenesis(options_, deletes, "cpu"); },
                           {"shard_1_of_1.journal", "less than this run wrote", "run the shard again"});
  ActsAfterBatches shortens(
      60, [&] { std::filesystem::resize_file(journal, std::filesystem::file_size(journal) - 11); });
  expect_error<InputError>([&] { mutagenesis(options_, shortens, "cpu"); }, {"less than this run wrote"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
}

TEST_F(EveryGeneTest, CountsAnotherJobsShardAsMissingWhereItIsToBeReplaced) {
  options_.overwrite = true;
  options_.perturbation = GenePerturbation::kMask;
  run();
  const auto whole = results();
  forget_report();
  options_.perturbation = GenePerturbation::kDelete;
  options_.shard = "1/2";
  run();
  options_.perturbation = GenePerturbation::kMask;
  options_.shard = "2/2";
  options_.overwrite = false;
  expect_error<InputError>([&] { run(); }, {"shard_1_of_2.journal", "perturbation delete", "--overwrite"});
  options_.overwrite = true;
  EXPECT_THAT(run().tables, HasSubstr("shard 1/2 is not there yet"));
  options_.shard = "1/2";
  EXPECT_THAT(run().tables, HasSubstr("moves cells most"));
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, TakesAnOutputWithATrailingSlash) {
  run();
  const auto whole = results();
  forget_report();
  options_.output = (folder_ / "report").string() + "/";
  expect_stopped(60);
  EXPECT_TRUE(std::filesystem::exists(part() / "shard_1_of_1.journal"));
  EXPECT_EQ(run().report, folder_ / "report/report.html");
  EXPECT_EQ(results(), whole);
  EXPECT_FALSE(std::filesystem::exists(part()));
}

TEST_F(EveryGeneTest, KeepsAReportThatIsThere) {
  run();
  expect_error<ConfigError>([&] { run(); }, {"report", "--overwrite"});
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
