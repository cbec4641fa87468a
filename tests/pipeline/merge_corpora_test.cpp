#include "pipeline/counts_world.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MergeTest : public CountsWorld {
 protected:
  std::vector<std::filesystem::path> shards(std::size_t count) {
    std::vector<std::filesystem::path> paths;
    for (std::size_t i = 1; i <= count; ++i) {
      TokenizeOptions part = options_;
      part.shard = std::to_string(i) + "/" + std::to_string(count);
      part.output = folder_ / ("part-" + std::to_string(i) + "-of-" + std::to_string(count) + ".h5");
      tokenize(part, support::silent_reporter());
      paths.push_back(part.output);
    }
    return paths;
  }
};

TEST_F(MergeTest, TheShardsOfAJobMergedAreTheWholeByteForByte) {
  options_.filters.include = {"type=*"};
  options_.filters.standard_deviations = 2.0;
  tokenize(options_, support::silent_reporter());
  const std::string whole = bytes(options_.output);
  for (const std::size_t count : {1U, 2U, 7U, 50U}) {
    merge_corpora(shards(count), folder_ / "merged.h5", support::silent_reporter());
    EXPECT_EQ(bytes(folder_ / "merged.h5") == whole, true) << count << " shards";
  }
}

TEST_F(MergeTest, TheBytesDependOnNeitherThreadsNorTheNameOfTheOutput) {
  support::set_thread_limit(1);
  tokenize(options_, support::silent_reporter());
  const std::string one = bytes(options_.output);
  options_.output = folder_ / "elsewhere.h5";
  support::set_thread_limit(3);
  tokenize(options_, support::silent_reporter());
  support::set_thread_limit(0);
  EXPECT_EQ(bytes(options_.output) == one, true);
}

TEST_F(MergeTest, MoreShardsThanCellsGiveEmptyCorporaThatMergeToo) {
  options_.inputs = {folder_ / "b.h5ad"};
  options_.filters.min_genes = 0;
  options_.filters.standard_deviations = 3.0;
  tokenize(options_, support::silent_reporter());
  const auto parts = shards(3);
  std::uint64_t cells = 0;
  for (const auto& part : parts) cells += cells::Corpus::open(part).cell_count();
  EXPECT_EQ(cells, 1U);
  merge_corpora(parts, folder_ / "merged.h5", support::silent_reporter());
  EXPECT_EQ(bytes(folder_ / "merged.h5") == bytes(options_.output), true);
}

TEST_F(MergeTest, ShardsComeInTheirOrderWhateverTheOrderOfTheNamesAndAllOfThem) {
  tokenize(options_, support::silent_reporter());
  std::vector<std::filesystem::path> parts = shards(12);
  std::sort(parts.begin(), parts.end());  // part-1, part-10, part-11, part-12, part-2, …
  ASSERT_EQ(parts[1].filename(), "part-10-of-12.h5");
  const std::filesystem::path merged = folder_ / "merged.h5";
  support::Reporter& quiet = support::silent_reporter();
  merge_corpora(parts, merged, quiet);
  EXPECT_EQ(bytes(merged) == bytes(options_.output), true);
  EXPECT_EQ(cells::Corpus::open(parts[1]).provenance().shard, 10);
  EXPECT_EQ(cells::Corpus::open(merged).provenance().shard, 0);
  std::filesystem::remove(merged);
  const auto refused = [&](std::vector<std::filesystem::path> some,
                           std::initializer_list<std::string_view> words) {
    expect_error<InputError>([&] { merge_corpora(some, merged, quiet); }, words);
    EXPECT_FALSE(std::filesystem::exists(merged));
  };
  refused({parts[1]}, {"part-10-of-12.h5", "shard 10 of 12", "shard 1 of 12 before it"});
  refused({parts.begin(), parts.begin() + 4}, {"part-10-of-12.h5", "shard 2 of 12 before it"});
  parts.erase(parts.begin() + 3);  // the twelfth
  refused(parts, {"part-11-of-12.h5", "shard 11 of 12 as the last", "shard 12 of 12 too"});
  std::filesystem::copy_file(parts[0], folder_ / "again.h5");
  parts.push_back(folder_ / "again.h5");
  refused(parts, {"again.h5", "shard 1 of 12 a second time"});
}

TEST_F(MergeTest, EqualFilesSideBySideAreBothNamed) {
  std::filesystem::create_directory(folder_ / "copy");
  std::filesystem::copy_file(folder_ / "a.h5ad", folder_ / "copy/a.h5ad");
  options_.inputs = {folder_ / "a.h5ad", folder_ / "copy/a.h5ad"};
  tokenize(options_, support::silent_reporter());
  merge_corpora(shards(2), folder_ / "merged.h5", support::silent_reporter());
  EXPECT_EQ(bytes(folder_ / "merged.h5") == bytes(options_.output), true);
  EXPECT_THAT(cells::Corpus::open(options_.output).provenance().sources, ElementsAre("a.h5ad", "a.h5ad"));
}

TEST_F(MergeTest, CorporaOfDifferentJobsUniteTheirColumns) {
  options_.inputs = {folder_ / "a.h5ad"};
  options_.keep_obs = {"batch"};
  tokenize(options_, support::silent_reporter());
  TokenizeOptions other = options_;
  other.inputs = {folder_ / "b.h5ad"};
  other.keep_obs = {"type", "batch"};
  other.filters.min_genes = 0;
  other.output = folder_ / "other.h5";
  tokenize(other, support::silent_reporter());
  merge_corpora({options_.output, other.output}, folder_ / "merged.h5", support::silent_reporter());
  const cells::Corpus first = cells::Corpus::open(options_.output);
  const cells::Corpus second = cells::Corpus::open(other.output);
  const cells::Corpus merged = cells::Corpus::open(folder_ / "merged.h5");
  EXPECT_THAT(merged.obs_names(), ElementsAre("batch", "type"));
  ASSERT_EQ(merged.cell_count(), first.cell_count() + second.cell_count());
  const cells::ObsColumn batch = merged.obs("batch");
  const cells::ObsColumn numbers = first.obs("batch");
  for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
    EXPECT_EQ(batch.categories.at(static_cast<std::size_t>(batch.codes[i])),
              std::to_string(static_cast<int>(numbers.numbers[i])));
  }
  EXPECT_EQ(merged.obs("type").codes.front(), -1);
  EXPECT_THAT(merged.provenance().sources, ElementsAre("a.h5ad", "b.h5ad"));
  EXPECT_THAT(merged.provenance().options, HasSubstr("---\n"));
  EXPECT_EQ(merged.provenance().cells_read, 701U);
  std::vector<cells::TokenId> of_merged;
  std::vector<cells::TokenId> of_second;
  merged.read_cell(first.cell_count(), of_merged);
  second.read_cell(0, of_second);
  EXPECT_EQ(of_merged, of_second);
}

TEST_F(MergeTest, RefusesWhatDoesNotBelongTogether) {
  tokenize(options_, support::silent_reporter());
  support::write_text_file(folder_ / "w.tsv", "gene_id\tmedian\nENSG1\t1\nENSG2\t1\n");
  TokenizeOptions other = options_;
  other.vocabulary = folder_ / "w.tsv";
  other.min_overlap = 0.0;
  other.output = folder_ / "other.h5";
  tokenize(other, support::silent_reporter());
  const std::filesystem::path merged = folder_ / "merged.h5";
  support::Reporter& quiet = support::silent_reporter();
  expect_error<InputError>(
      [&] {
        merge_corpora({options_.output, other.output}, merged, quiet);
      },
      {"other.h5", "vocabulary", "2 genes", "400", "corpus.h5"});
  expect_error<ConfigError>([&] { merge_corpora({}, merged, quiet); }, {"inputs", "none"});
  expect_error<ConfigError>([&] { merge_corpora({options_.output}, {}, quiet); }, {"output", "nothing"});
  expect_error<ConfigError>(
      [&] {
        merge_corpora({options_.output, options_.output}, merged, quiet);
      },
      {"twice"});
  expect_error<ConfigError>([&] { merge_corpora({options_.output}, options_.output, quiet); },
                            {"output", "input"});
  expect_error<InputError>([&] { merge_corpora({folder_ / "a.h5ad"}, merged, quiet); },
                           {"a.h5ad", "biodta-corpus"});
  EXPECT_FALSE(std::filesystem::exists(merged));
}

}  // namespace
}  // namespace biodta::pipeline
