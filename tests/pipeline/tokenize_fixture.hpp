#pragma once
/// @file
/// Two small count files with a vocabulary, and a reporter that remembers, for the tests of tokenize.

#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace biodta::pipeline {

/// Keeps what it is told.
class Listener : public support::Reporter {
 public:
  void info(std::string_view message) override { messages.emplace_back(message); }
  void warn(std::string_view message) override { messages.emplace_back("warning: " + std::string(message)); }
  void debug(std::string_view) override {}
  std::unique_ptr<support::Progress> start(std::string_view, std::uint64_t total, std::string_view) override {
    struct Last : support::Progress {
      explicit Last(std::uint64_t& to) : last(to) {}
      void update(std::uint64_t done, std::string_view) override { last = done; }
      std::uint64_t& last;
    };
    totals.push_back(total);
    return std::make_unique<Last>(done);
  }
  std::vector<std::string> messages;
  std::vector<std::uint64_t> totals;
  std::uint64_t done = 0;
};

class TokenizeTest : public ::testing::Test {
 protected:
  TokenizeTest() {
    // a: cells of 3, 1 and 2 genes; b: one cell of 2, with its genes in another order and versions on their
    // ids.
    add("a.h5ad", {"a0", "a1", "a2"}, {"ENSG1", "ENSG2", "ENSG3"},
        {0, {0, 3, 4, 6}, {0, 1, 2, 0, 1, 2}, {4, 2, 6, 9, 1, 8}}, {"T", "B"}, {0, 1, 1});
    add("b.h5ad", {"b0"}, {"ENSG3.4", "ENSG9", "ENSG1.2"}, {0, {0, 2}, {0, 2}, {5, 5}}, {"B"}, {0});
    support::write_text_file(folder_ / "v.tsv",
                             "gene_id\tsymbol\tmedian\nENSG1\tONE\t2\nENSG2\tTWO\t1\nENSG3\tTHREE\t1.5\n");
    options_.inputs = {folder_ / "a.h5ad", folder_ / "b.h5ad"};
    options_.vocabulary = folder_ / "v.tsv";
    options_.output = folder_ / "c.h5";
    options_.filters.min_genes = 2;
  }

  void add(const std::string& name, std::vector<std::string> ids, std::vector<std::string> genes,
           cells::CountBlock counts, std::vector<std::string> types, std::vector<std::int32_t> codes) {
    cells::write_h5ad(folder_ / name, {std::move(ids),
                                       std::move(genes),
                                       {},
                                       {{"type", std::move(codes), std::move(types), {}}},
                                       std::move(counts)});
  }

  cells::Corpus run() {
    tokenize(options_, listener_);
    return cells::Corpus::open(options_.output);
  }

  /// The run must be refused with these words, and leave no output.
  template <class E>
  void expect_refused(std::initializer_list<std::string_view> words) {
    biodta::testing::expect_error<E>([&] { tokenize(options_, listener_); }, words);
    EXPECT_FALSE(std::filesystem::exists(options_.output));
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      EXPECT_NE(entry.path().extension(), ".part") << entry.path();
    }
  }

  biodta::testing::TemporaryFolder folder_;
  TokenizeOptions options_;
  Listener listener_;
};

inline std::vector<cells::TokenId> tokens(const cells::Corpus& corpus, std::uint64_t cell) {
  std::vector<cells::TokenId> read;
  corpus.read_cell(cell, read);
  return read;
}

}  // namespace biodta::pipeline
