#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/corpus.hpp>
#include <biodta/cells/h5ad_writer.hpp>
#include <biodta/pipeline/tokenize.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/hdf5.hpp>
#include <biodta/support/threads.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
    expect_error<E>([&] { tokenize(options_, listener_); }, words);
    EXPECT_FALSE(std::filesystem::exists(options_.output));
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      EXPECT_NE(entry.path().extension(), ".part") << entry.path();
    }
  }

  TemporaryFolder folder_;
  TokenizeOptions options_;
  Listener listener_;
};

std::vector<cells::TokenId> tokens(const cells::Corpus& corpus, std::uint64_t cell) {
  std::vector<cells::TokenId> read;
  corpus.read_cell(cell, read);
  return read;
}

TEST_F(TokenizeTest, RanksTheCellsOfSeveralFilesByAGivenVocabulary) {
  const cells::Corpus corpus = run();
  ASSERT_EQ(corpus.cell_count(), 3U);
  EXPECT_THAT(tokens(corpus, 0),
              ElementsAre(4, 2, 3));  // 4/2, 2/1, 6/1.5 = 2, 2, 4: THREE, then ONE and TWO tie
  EXPECT_THAT(tokens(corpus, 1), ElementsAre(4, 3));  // 1/1, 8/1.5
  EXPECT_THAT(tokens(corpus, 2), ElementsAre(4, 2));  // 5/1.5, 5/2
  EXPECT_THAT(corpus.cell_ids(), ElementsAre("a0", "a2", "b0"));
  EXPECT_THAT(corpus.obs("type").codes, ElementsAre(0, 1, 1));
  EXPECT_THAT(corpus.obs("type").categories, ElementsAre("T", "B"));
  EXPECT_EQ(corpus.vocabulary(), cells::Vocabulary::read(folder_ / "v.tsv"));
  const cells::CorpusProvenance provenance = corpus.provenance();
  EXPECT_THAT(provenance.sources, ElementsAre("a.h5ad", "b.h5ad"));
  EXPECT_THAT(provenance.checksums, ElementsAre(HasSubstr("crc32:"), HasSubstr("crc32:")));
  EXPECT_THAT(provenance.options, HasSubstr("min_genes: 2"));
  EXPECT_EQ(provenance.cells_read, 4U);
  EXPECT_THAT(provenance.filter_names,
              ElementsAre("min_genes", "max_genes", "min_counts", "max_counts", "max_mito_fraction",
                          "standard_deviations (counts)", "standard_deviations (mito_fraction)",
                          "no_vocabulary_gene"));
  EXPECT_THAT(provenance.filter_dropped, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0));
}

TEST_F(TokenizeTest, TellsWhatItReadKeptAndWrote) {
  run();
  EXPECT_THAT(
      listener_.messages,
      Contains("a.h5ad: AnnData .h5ad, CSR, 3 cells in X, 3 of 3 genes are in the vocabulary (100 %)"));
  EXPECT_THAT(
      listener_.messages,
      Contains("b.h5ad: AnnData .h5ad, CSR, 1 cells in X, 2 of 3 genes are in the vocabulary (67 %)"));
  EXPECT_THAT(listener_.messages, Contains("kept 3 of 4 cells, dropped 1 by min_genes"));
  EXPECT_THAT(listener_.messages, Contains("7 tokens of 3 genes; a cell has 2 on average, at most 3"));
  EXPECT_THAT(listener_.totals, ElementsAre(4));
  EXPECT_EQ(listener_.done, 4U);
}

TEST_F(TokenizeTest, EstimatesMediansFromTheCellsThatItKeeps) {
  options_.vocabulary.clear();
  options_.estimate_medians = true;
  options_.vocabulary_output = folder_ / "estimated.tsv";
  const cells::Corpus corpus = run();
  const cells::Vocabulary& vocabulary = corpus.vocabulary();
  EXPECT_EQ(vocabulary, cells::Vocabulary::read(folder_ / "estimated.tsv"));
  ASSERT_EQ(vocabulary.gene_count(), 3U);  // ENSG9 is never expressed
  EXPECT_EQ(vocabulary.genes()[0].id, "ENSG1");
  EXPECT_DOUBLE_EQ(vocabulary.genes()[0].median,
                   (4.0 / 12 * 1e4 + 5.0 / 10 * 1e4) / 2);  // a0 and b0; a1 is dropped
  EXPECT_DOUBLE_EQ(vocabulary.genes()[1].median, (2.0 / 12 * 1e4 + 1.0 / 9 * 1e4) / 2);
  EXPECT_DOUBLE_EQ(vocabulary.genes()[2].median, 5.0 / 10 * 1e4);  // of 6 in 12, 8 in 9 and 5 in 10
}

TEST_F(TokenizeTest, TheBytesDoNotDependOnTheThreads) {
  support::RandomStream random(12);
  const std::vector<std::string> genes = cells::testing::numbered("ENSG", 300);
  std::vector<std::string> columns = genes;
  random.shuffle(columns);
  cells::write_h5ad(folder_ / "big.h5ad", {cells::testing::numbered("c", 5000),
                                           columns,
                                           {},
                                           {},
                                           cells::testing::random_counts(5000, 300, 0.1, random)});
  cells::testing::tied_vocabulary(genes, random).write(folder_ / "v.tsv");
  options_.inputs = {folder_ / "big.h5ad"};
  std::vector<std::string> bytes;
  for (const std::size_t threads : {1U, 2U, 7U}) {
    support::set_thread_limit(threads);
    tokenize(options_, listener_);
    bytes.push_back(support::read_text_file(options_.output));
  }
  support::set_thread_limit(0);
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_EQ(bytes[0], bytes[2]);
}

TEST_F(TokenizeTest, CellsWithoutAGeneOfTheVocabularyAreDroppedAndCounted) {
  support::write_text_file(folder_ / "v.tsv", "gene_id\tmedian\nENSG2\t1\n");
  options_.inputs = {folder_ / "a.h5ad"};
  options_.filters.min_genes = 0;
  const cells::Corpus corpus = run();
  EXPECT_THAT(corpus.cell_ids(), ElementsAre("a0", "a2"));
  EXPECT_THAT(corpus.provenance().filter_dropped, ElementsAre(0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_THAT(listener_.messages, Contains("kept 2 of 3 cells, dropped 1 without a gene of the vocabulary"));
}

TEST_F(TokenizeTest, KeepsTheObsColumnsAskedFor) {
  options_.keep_obs = {};
  EXPECT_TRUE(run().obs_names().empty());
  options_.keep_obs = {"type"};
  EXPECT_THAT(run().obs_names(), ElementsAre("type"));
  options_.keep_obs = {"typo"};
  expect_error<ConfigError>([&] { tokenize(options_, listener_); }, {"keep_obs", "'typo'", "type"});
}

TEST_F(TokenizeTest, RefusesOptionsThatContradictEachOther) {
  const TokenizeOptions good = options_;
  const auto refused = [&](const std::function<void(TokenizeOptions&)>& change,
                           std::initializer_list<std::string_view> words) {
    options_ = good;
    change(options_);
    expect_refused<ConfigError>(words);
  };
  refused([](TokenizeOptions& o) { o.inputs.clear(); }, {"inputs", "none"});
  refused([](TokenizeOptions& o) { o.vocabulary.clear(); }, {"vocabulary", "none", "--estimate-medians"});
  refused([](TokenizeOptions& o) { o.vocabulary_output = "x.tsv"; }, {"vocabulary_output"});
  refused([](TokenizeOptions& o) { o.inputs.push_back(o.inputs[0]); }, {"inputs", "a.h5ad", "twice"});
  refused([](TokenizeOptions& o) { o.filters = {.min_genes = 5, .max_genes = 2}; },
          {"max_genes", "2", "min_genes (5)"});
  refused([](TokenizeOptions& o) { o.encoder.max_length = -1; }, {"max_length"});
  refused([](TokenizeOptions& o) { o.filters.include = {"type"}; }, {"include", "'type'"});
  for (const char* shard : {"0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "1/"}) {
    refused([&](TokenizeOptions& o) { o.shard = shard; }, {"shard", shard, "3/16"});
  }
  refused(
      [](TokenizeOptions& o) {
        o.shard = "1/2";
        o.estimate_medians = true;
      },
      {"shard", "estimate_medians"});
  options_ = good;
  options_.output = options_.inputs[1];
  const std::string before = support::read_text_file(options_.output);
  expect_error<ConfigError>([&] { tokenize(options_, listener_); }, {"output", "b.h5ad", "input"});
  options_.output.clear();
  expect_error<ConfigError>([&] { tokenize(options_, listener_); }, {"output", "nothing"});
  EXPECT_EQ(support::read_text_file(good.inputs[1]), before);
}

TEST_F(TokenizeTest, RefusesFilesThatCannotBeUsedAndLeavesTheOldOutput) {
  support::write_text_file(folder_ / "old.h5", "what was there");
  options_.output = folder_ / "old.h5";
  options_.min_overlap = 0.8;
  expect_error<InputError>([&] { tokenize(options_, listener_); },
                           {"b.h5ad", "2 of 3", "67 %", "80 %", "ENSG9"});
  options_.min_overlap = 0.3;
  options_.filters.min_genes = 100;
  expect_error<InputError>([&] { tokenize(options_, listener_); }, {"no cell is left", "4 by min_genes"});
  options_.filters.min_genes = 2;
  options_.inputs.emplace_back(folder_ / "none.h5ad");
  expect_error<InputError>([&] { tokenize(options_, listener_); }, {"none.h5ad", "no such file"});
  options_.inputs.pop_back();
  // The second file is damaged in its middle, which shows only after the first was encoded.
  cells::CountBlock scaled{0, {0, 2}, {0, 2}, {5, 0.5}};
  add("b.h5ad", {"b0"}, {"ENSG3", "ENSG9", "ENSG1"}, scaled, {"B"}, {0});
  expect_error<InputError>([&] { tokenize(options_, listener_); },
                           {"b.h5ad", "X, cell 0 (b0), gene 2 (ENSG1)", "0.5"});
  EXPECT_EQ(support::read_text_file(folder_ / "old.h5"), "what was there");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
  }
}

TEST_F(TokenizeTest, ColumnsThatAreOneGeneAreSummedWithAWarning) {
  add("a.h5ad", {"a0"}, {"ENSG1.1", "ENSG2", "ENSG1.2"}, {0, {0, 3}, {0, 1, 2}, {2, 2, 4}}, {"T"}, {0});
  options_.inputs = {folder_ / "a.h5ad"};
  EXPECT_THAT(tokens(run(), 0), ElementsAre(2, 3));  // ONE (2 + 4) / 2 = 3, TWO 2
  EXPECT_THAT(listener_.messages, Contains(AllOf(HasSubstr("warning: a.h5ad"), HasSubstr("1 columns"))));
}

TEST_F(TokenizeTest, ItsOptionsAreWrittenAndReadBack) {
  options_.keep_obs = {"type"};
  options_.matrix = "raw/X";
  support::write_text_file(folder_ / "o.yaml", support::write_options(options_));
  TokenizeOptions read;
  support::read_options(read, folder_ / "o.yaml");
  EXPECT_EQ(support::write_options(read), support::write_options(options_));
  EXPECT_EQ(read.matrix, "raw/X");
  EXPECT_THAT(read.keep_obs, ElementsAre("type"));
}

TEST_F(TokenizeTest, RulesOnObsColumnsAreCountedByColumn) {
  options_.filters.include = {"type=t|b"};
  options_.filters.exclude = {"type=T", "tissue_type=organoid"};
  const cells::Corpus corpus = run();
  EXPECT_THAT(corpus.cell_ids(), ElementsAre("a2", "b0"));
  EXPECT_THAT(corpus.provenance().filter_names,
              ::testing::IsSupersetOf({"include type", "exclude type", "exclude tissue_type"}));
  EXPECT_THAT(listener_.messages,
              Contains("kept 2 of 4 cells, dropped 1 by exclude type and 1 by min_genes"));
  EXPECT_THAT(listener_.messages,
              Contains(AllOf(HasSubstr("warning: a.h5ad"), HasSubstr("exclude tissue_type"))));
  options_.filters.include = {"assay=10x*"};
  expect_error<InputError>([&] { tokenize(options_, listener_); }, {"a.h5ad", "obs", "type", "'assay'"});
}

TEST_F(TokenizeTest, DeviationsAreOfTheWholeFileWhateverTheShard) {
  options_.inputs = {folder_ / "a.h5ad"};  // counts 12, 9, 9: mean 10, deviation 1.414
  options_.filters.min_genes = 0;
  options_.filters.standard_deviations = 1.2;
  EXPECT_THAT(run().cell_ids(), ElementsAre("a1", "a2"));
  options_.shard = "2/3";
  EXPECT_THAT(run().cell_ids(), ElementsAre("a1"));
  options_.shard = "1/3";
  EXPECT_EQ(run().cell_count(), 0U);
  EXPECT_THAT(listener_.messages, Contains(HasSubstr("warning: no cell of this shard is left")));
}

TEST_F(TokenizeTest, EstimatedMediansOfAGivenVocabularyKeepItsTokens) {
  support::write_text_file(folder_ / "v.tsv", "gene_id\nENSG3\nENSG7\nENSG1\n");
  options_.estimate_medians = true;
  const cells::Corpus corpus = run();
  ASSERT_EQ(corpus.vocabulary().gene_count(), 3U);
  EXPECT_EQ(corpus.vocabulary().genes()[0].id, "ENSG3");
  EXPECT_DOUBLE_EQ(corpus.vocabulary().genes()[0].median, 5.0 / 10 * 1e4);
  EXPECT_TRUE(std::isnan(corpus.vocabulary().genes()[1].median));
  EXPECT_DOUBLE_EQ(corpus.vocabulary().genes()[2].median, (4.0 / 12 * 1e4 + 5.0 / 10 * 1e4) / 2);
  options_.estimate_medians = false;
  expect_error<InputError>([&] { tokenize(options_, listener_); }, {"v.tsv", "median"});
}

TEST_F(TokenizeTest, EstimatedMediansAndTokensAreOfTheSameGenes) {
  // Of four genes two are never expressed, so that few columns are in the vocabulary; the symbols, which
  // would match more, must not be asked then.
  cells::write_h5ad(folder_ / "a.h5ad", {{"a0", "a1"},
                                         {"ENSG1", "ENSG2", "ENSG3", "ENSG4", "ENSG5", "ENSG6", "ENSG7"},
                                         {"S", "T", "S", "S", "S", "S", "S"},
                                         {},
                                         {0, {0, 2, 4}, {0, 1, 0, 1}, {4, 2, 1, 3}}});
  options_.inputs = {folder_ / "a.h5ad"};
  options_.vocabulary.clear();
  options_.estimate_medians = true;
  const cells::Corpus corpus = run();
  ASSERT_EQ(corpus.vocabulary().gene_count(), 2U);
  EXPECT_THAT(tokens(corpus, 0), ElementsAre(2, 3));
  EXPECT_THAT(tokens(corpus, 1), ElementsAre(3, 2));
}

TEST_F(TokenizeTest, MediansAreNotTakenOfGenesNamedInDifferentWays) {
  cells::write_h5ad(folder_ / "b.h5ad", {{"b0"}, {"GATA4", "TBX5"}, {}, {}, {0, {0, 2}, {0, 1}, {4, 2}}});
  options_.vocabulary.clear();
  options_.estimate_medians = true;
  options_.keep_obs = {};
  expect_refused<InputError>({"b.h5ad", "genes", "gene symbols", "human Ensembl gene ids as in", "a.h5ad"});
  support::write_text_file(folder_ / "s.tsv", "symbol\tensembl_id\nGATA4\tENSG1\nTBX5\tENSG2\n");
  options_.gene_symbols = folder_ / "s.tsv";
  const cells::Corpus corpus = run();
  EXPECT_EQ(corpus.cell_count(), 3U);
  EXPECT_EQ(corpus.vocabulary().gene_count(), 3U);
}

TEST_F(TokenizeTest, NoFileOfAnInputFolderIsWrittenOver) {
  std::filesystem::remove(folder_ / "v.tsv");
  const std::filesystem::path input = folder_ / "a.h5ad";
  const std::string before = support::read_text_file(input);
  options_.inputs = {folder_.path()};
  options_.vocabulary.clear();
  options_.estimate_medians = true;
  options_.output = input;
  expect_error<ConfigError>([&] { tokenize(options_, listener_); }, {"output", "a.h5ad", "input"});
  EXPECT_EQ(support::read_text_file(input), before);
}

TEST_F(TokenizeTest, AFolderKeepsItsNameHoweverItIsTyped) {
  const std::filesystem::path folder = folder_ / "mtx";
  std::filesystem::create_directory(folder);
  support::write_text_file(folder / "features.tsv", "ENSG1\nENSG2\n");
  support::write_text_file(folder / "barcodes.tsv", "x\ny\n");
  support::write_text_file(
      folder / "matrix.mtx",
      "%%MatrixMarket matrix coordinate integer general\n2 2 4\n1 1 3\n2 1 1\n1 2 2\n2 2 2\n");
  options_.inputs = {folder_ / "mtx/"};
  const cells::Corpus corpus = run();
  EXPECT_THAT(corpus.provenance().sources, ElementsAre("mtx"));
  const std::string checksum = corpus.provenance().checksums.front();
  EXPECT_EQ(corpus.cell_ids(), (std::vector<std::string>{"x", "y"}));
  support::write_text_file(folder / "barcodes.tsv", "x\nz\n");
  EXPECT_NE(run().provenance().checksums.front(), checksum);
}

TEST_F(TokenizeTest, FilesBadInAnyPartAreSkippedWhereThatIsAskedFor) {
  // A code without a category, which shows only when the column is read.
  cells::write_h5ad(
      folder_ / "b.h5ad",
      {{"b0"}, {"ENSG1", "ENSG2"}, {}, {{"type", {0}, {"B"}, {}}}, {0, {0, 2}, {0, 1}, {4, 2}}});
  support::hdf5::File file = support::hdf5::File::open_for_update(folder_ / "b.h5ad");
  file.dataset("obs/type/codes").write_all<std::int8_t>(std::vector<std::int8_t>{5});
  file.close();
  // An indptr that claims more values than any memory holds.
  cells::write_h5ad(folder_ / "c.h5ad", {{"c0"}, {"ENSG1", "ENSG2"}, {}, {}, {0, {0, 2}, {0, 1}, {4, 2}}});
  file = support::hdf5::File::open_for_update(folder_ / "c.h5ad");
  support::hdf5::Group matrix = file.create_group("raw/X");
  matrix.set_attribute("encoding-type", "csr_matrix");
  const std::vector<std::int64_t> shape = {1, 2};
  matrix.set_attribute("shape", std::span<const std::int64_t>(shape));
  const std::uint64_t huge = std::uint64_t{1} << 40;
  for (const auto& [name, type] : {std::pair{"data", support::hdf5::ElementType::kFloat32},
                                   std::pair{"indices", support::hdf5::ElementType::kInt32}}) {
    matrix.create_dataset(name, type, {&huge, 1}, {{1024}, 1, false, true});
  }
  matrix.create_values<std::int64_t>("indptr", std::vector<std::int64_t>{0, std::int64_t{1} << 40});
  file.create_group("raw/var").set_attribute("_index", "_index");
  file.create_strings("raw/var/_index", std::vector<std::string>{"ENSG1", "ENSG2"});
  file.close();
  options_.inputs.push_back(folder_ / "c.h5ad");
  expect_refused<InputError>({"b.h5ad", "type", "code 5"});
  options_.skip_bad_files = true;
  const TokenizeResult result = tokenize(options_, listener_);
  EXPECT_EQ(result.cells, 2U);
  EXPECT_THAT(result.skipped, ElementsAre(AllOf(HasSubstr("b.h5ad"), HasSubstr("code 5")),
                                          AllOf(HasSubstr("c.h5ad"), HasSubstr("raw/X/indptr[1]"))));
}

TEST_F(TokenizeTest, NamesThatAreNoUtf8AreRefusedWithTheirPlace) {
  const auto refused = [&](const std::string& cell, const std::string& gene, const std::string& category,
                           std::initializer_list<std::string_view> words) {
    cells::write_h5ad(folder_ / "b.h5ad", {{"b0", cell}, {"ENSG1", "ENSG2", gene}, {}, {{"type", {0, 1}, {"B", category}, {}}},
                                           {0, {0, 2, 4}, {0, 1, 0, 1}, {4, 2, 4, 2}}});
    expect_refused<InputError>(words);
  };
  refused("M\xfcller", "ENSG3", "T", {"b.h5ad", "cell 1", "UTF-8"});
  refused("b1", "G\x1b", "T", {"b.h5ad", "gene 2", "UTF-8"});
  refused("b1", "ENSG3", "\xff", {"b.h5ad", "obs/type, category 1", "UTF-8"});
}

TEST_F(TokenizeTest, FractionsAreTakenOnlyWhereTheyAreAllowed) {
  add("a.h5ad", {"a0"}, {"ENSG1", "ENSG2"}, {0, {0, 2}, {0, 1}, {0.5F, 2}}, {"T"}, {0});
  options_.inputs = {folder_ / "a.h5ad"};
  expect_error<InputError>([&] { tokenize(options_, listener_); },
                           {"a.h5ad", "X, cell 0 (a0), gene 0 (ENSG1)", "0.5", "whole number"});
  options_.allow_non_integer = true;
  EXPECT_THAT(tokens(run(), 0), ElementsAre(3, 2));  // 2/1, 0.5/2
}

TEST_F(TokenizeTest, TheSettingsForCellxgeneAreReadAsTheyStand) {
  TokenizeOptions census;
  support::read_options(
      census, std::filesystem::path(BIODTA_TESTS_SOURCE_DIR).parent_path() / "configs/cellxgene_census.yaml");
  const cells::QualityFilter filter(census.filters);
  const auto drops = [&](const std::string& column, const std::string& value) {
    return std::any_of(filter.obs_rules().begin(), filter.obs_rules().end(), [&](const cells::ObsRule& rule) {
      return rule.column == column && rule.satisfied_by(value) != rule.include;
    });
  };
  EXPECT_FALSE(drops("is_primary_data", "True"));
  EXPECT_TRUE(drops("is_primary_data", "False"));
  for (const char* assay : {"10x 3' v3", "10x 5' v1", "Drop-seq"})
    EXPECT_FALSE(drops("assay", assay)) << assay;
  for (const char* assay : {"Smart-seq2", "Visium Spatial Gene Expression"})
    EXPECT_TRUE(drops("assay", assay)) << assay;
  for (const char* disease : {"normal", "COVID-19", "type 2 diabetes mellitus", "myocardial infarction"}) {
    EXPECT_FALSE(drops("disease", disease)) << disease;
  }
  for (const char* disease :
       {"lung adenocarcinoma", "B-cell acute lymphoblastic leukemia", "glioblastoma", "melanoma"}) {
    EXPECT_TRUE(drops("disease", disease)) << disease;
  }
}

}  // namespace
}  // namespace biodta::pipeline
