// Files that are odd or bad in some part.
#include "pipeline/tokenize_fixture.hpp"

#include <biodta/support/hdf5.hpp>

#include <gmock/gmock.h>

namespace biodta::pipeline {
namespace {

using biodta::testing::expect_error;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
    cells::write_h5ad(folder_ / "b.h5ad", {{"b0", cell},
                                           {"ENSG1", "ENSG2", gene},
                                           {},
                                           {{"type", {0, 1}, {"B", category}, {}}},
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

}  // namespace
}  // namespace biodta::pipeline
