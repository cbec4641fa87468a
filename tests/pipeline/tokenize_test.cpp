#include "cells/random_counts.hpp"
#include "pipeline/tokenize_fixture.hpp"

#include <biodta/support/threads.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
