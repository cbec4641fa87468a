#pragma once
// A small world in which every gene of every cell is perturbed.
#include "analysis/naive_model.hpp"
#include "testing.hpp"
#include "training/recording_reporter.hpp"

#include <biodta/analysis/embedding_shift.hpp>
#include <biodta/analysis/statistics.hpp>
#include <biodta/pipeline/every_gene.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/tsv.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace biodta::pipeline {

namespace at_test = analysis::testing;

inline constexpr std::size_t kWorldGenes = 11;
inline constexpr std::size_t kWorldCells = 203;  // seven chunks of at most 32

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

inline void EveryGeneTest::expect_stopped(int updates) {
  ActsAfterBatches reporter(updates, [] { throw std::runtime_error("stopped"); });
  EXPECT_THROW(mutagenesis(options_, reporter, "cpu"), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "report"));
}

inline analysis::RunningMoments EveryGeneTest::naive_shift_of(cells::TokenId gene, bool mask) {
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

}  // namespace biodta::pipeline
