#include "testing.hpp"

#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;

class VocabularyFile : public ::testing::Test {
 protected:
  Vocabulary read(const std::string& text) const {
    support::write_text_file(folder_ / "v.tsv", text);
    return Vocabulary::read(folder_ / "v.tsv");
  }
  void expect_refused(const std::string& text, std::initializer_list<std::string_view> parts) const {
    expect_error<InputError>([&] { read(text); }, parts);
  }
  TemporaryFolder folder_;
};

TEST(VocabularyTest, TokensFollowPadAndMaskInTheOrderOfTheGenes) {
  const Vocabulary vocabulary({{"E1", "A", 1.5}, {"E2", "B", 2.0}});
  EXPECT_EQ(vocabulary.gene_count(), 2U);
  EXPECT_EQ(vocabulary.token_count(), 4U);
  EXPECT_EQ(vocabulary.token_of_id("E1"), 2U);
  EXPECT_EQ(vocabulary.token_of_id("E2"), 3U);
  EXPECT_EQ(vocabulary.gene(3).symbol, "B");
  EXPECT_FALSE(vocabulary.token_of_id("A").has_value());
}

TEST(VocabularyTest, GenesAreFoundBySymbolThenById) {
  // E3's id is E1's symbol: the symbol wins. E1 and E2 share one: the first wins.
  const Vocabulary vocabulary({{"E1", "X", 1.0}, {"E2", "X", 1.0}, {"X", "Y", 1.0}, {"E4", "", 1.0}});
  EXPECT_EQ(vocabulary.find("X"), 2U);
  EXPECT_EQ(vocabulary.find("Y"), 4U);
  EXPECT_EQ(vocabulary.find("E2"), 3U);
  EXPECT_EQ(vocabulary.find("E4"), 5U);
  EXPECT_FALSE(vocabulary.find("").has_value());
  EXPECT_FALSE(vocabulary.find("Z").has_value());
}

TEST(VocabularyTest, RefusesRepeatedIdsAndUnusableMedians) {
  expect_error<InputError>([] { Vocabulary({{"E1", "A", 1.0}, {"E1", "B", 1.0}}); }, {"E1", "twice"});
  for (const double median : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    expect_error<InputError>([&] { Vocabulary({{"E1", "A", median}}); }, {"E1", "positive"});
  }
}

TEST_F(VocabularyFile, ReadsBackWhatItWrote) {
  const Vocabulary vocabulary({{"E1", "A", 0.1}, {"E2", "B", 1.0 / 3.0}, {"E3", "E3", 634.25}});
  vocabulary.write(folder_ / "v.tsv");
  EXPECT_EQ(Vocabulary::read(folder_ / "v.tsv"), vocabulary);
  EXPECT_EQ(support::read_text_file(folder_ / "v.tsv").substr(0, 60),
            "token\tgene_id\tsymbol\tnonzero_median\n0\t<pad>\t\t\n1\t<mask>\t\t\n2\tE");
}

TEST_F(VocabularyFile, TokenSymbolAndSpecialsMayBeLeftOut) {
  const Vocabulary vocabulary = read("median\tgene_id\r\n2.5\tE1\r\n\r\n3\tE2\r\n");
  EXPECT_EQ(vocabulary, Vocabulary({{"E1", "E1", 2.5}, {"E2", "E2", 3.0}}));
}

TEST_F(VocabularyFile, RefusesWhatDoesNotFitTogether) {
  const std::string head = "token\tensembl_id\tsymbol\tnonzero_median\n";
  expect_refused("", {"v.tsv", "line 1", "nothing"});
  expect_refused(head, {"v.tsv", "no gene"});
  expect_refused("token\tensembl_id\n0\t<pad>\n", {"header", "token and ensembl_id", "nonzero_median"});
  expect_refused(head + "2\tE1\tA\n", {"line 2", "3 fields", "4 as in the header"});
  expect_refused(head + "3\tE1\tA\t1\n", {"line 2", "token 3", "token 2"});
  expect_refused(head + "1\t<pad>\t\t\n", {"line 2", "token 1", "token 0"});
  expect_refused(head + "0\t<mask>\t\t\n", {"line 2", "<mask>", "<pad>"});
  expect_refused(head + "0\t<pad>\t\t\n1\t<mask>\t\t\n2\t<sep>\t\t\n", {"line 4", "<sep>"});
  expect_refused(head + "2\tE1\tA\t1\n0\t<pad>\t\t\n", {"line 3", "<pad>", "first rows"});
  expect_refused(head + "2\tE1\tA\t1\n3\tE1\tB\t1\n", {"line 3", "E1", "line 2"});
  expect_refused(head + "2\tE1\tA\tx\n", {"line 2", "'x'", "a number"});
  expect_refused(head + "2\tE1\tA\t0\n", {"line 2", "median 0", "positive"});
  expect_refused(head + "2\tE1\tA\tnan\n", {"line 2", "median nan", "positive"});
  expect_refused(head + "2\t\tA\t1\n", {"line 2", "no gene id"});
  expect_error<InputError>([&] { Vocabulary::read(folder_ / "none.tsv"); }, {"none.tsv", "no such file"});
}

TEST_F(VocabularyFile, GeneformersDictionaryLoadsAsItIs) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/geneformer_30m_vocabulary.tsv");
  const auto path = *biodta::testing::test_data() / "dictionaries/geneformer_30m_vocabulary.tsv";
  const Vocabulary vocabulary = Vocabulary::read(path);
  EXPECT_EQ(vocabulary.gene_count(), 25'424U);
  // The tokens and medians that Geneformer's own dictionaries give these genes.
  EXPECT_EQ(vocabulary.find("GATA4"), 7261U);
  EXPECT_EQ(vocabulary.find("TBX5"), 1831U);
  EXPECT_NEAR(vocabulary.gene(7261).median, 5.2215, 5e-5);
  EXPECT_NEAR(vocabulary.gene(1831).median, 4.7541, 5e-5);
  vocabulary.write(folder_ / "again.tsv");
  EXPECT_EQ(Vocabulary::read(folder_ / "again.tsv"), vocabulary);
}

TEST(VocabularyTest, ClsAndEosComeBeforeTheGenesOfStyleTwo) {
  const Vocabulary vocabulary({{"E1", "A", 1.5}}, SpecialTokens::kPadMaskClsEos);
  EXPECT_EQ(vocabulary.first_gene_token(), 4U);
  EXPECT_EQ(vocabulary.token_count(), 5U);
  EXPECT_EQ(vocabulary.token_of_id("E1"), 4U);
  EXPECT_EQ(vocabulary.gene(4).symbol, "A");
  EXPECT_NE(vocabulary, Vocabulary({{"E1", "A", 1.5}}));
}

TEST_F(VocabularyFile, SaysItsSpecialTokensByItsFirstRowsOrIsTold) {
  const std::string head = "gene_id\tmedian\n";
  EXPECT_EQ(read(head + "E1\t1\n").specials(), SpecialTokens::kPadMask);
  EXPECT_EQ(read(head + "<pad>\t\n<mask>\t\nE1\t1\n").specials(), SpecialTokens::kPadMask);
  const Vocabulary four = read(head + "<pad>\t\n<mask>\t\n<cls>\t\n<eos>\t\nE1\t1\n");
  EXPECT_EQ(four.specials(), SpecialTokens::kPadMaskClsEos);
  four.write(folder_ / "again.tsv");
  EXPECT_EQ(Vocabulary::read(folder_ / "again.tsv"), four);
  support::write_text_file(folder_ / "v.tsv", head + "E1\t1\n");
  EXPECT_EQ(Vocabulary::read(folder_ / "v.tsv", {.specials = SpecialTokens::kPadMaskClsEos}), four);
  expect_error<InputError>(
      [&] { Vocabulary::read(folder_ / "again.tsv", {.specials = SpecialTokens::kPadMask}); },
      {"again.tsv", "4 special tokens", "2"});
  expect_refused(head + "<pad>\t\n<mask>\t\n<cls>\t\nE1\t1\n", {"line 5", "3 special tokens", "2 or 4"});
}

TEST_F(VocabularyFile, AMedianMayBeMissingAndReadsBackSo) {
  const Vocabulary vocabulary = read("gene_id\tmedian\nE1\t\nE2\t2\n");
  EXPECT_TRUE(std::isnan(vocabulary.genes()[0].median));
  vocabulary.write(folder_ / "again.tsv");
  EXPECT_EQ(Vocabulary::read(folder_ / "again.tsv"), vocabulary);
  support::write_text_file(folder_ / "v.tsv", "token\tgene_id\n2\tE1\n");
  expect_error<InputError>([&] { Vocabulary::read(folder_ / "v.tsv"); }, {"v.tsv", "median"});
  const Vocabulary without = Vocabulary::read(folder_ / "v.tsv", {.without_medians = true});
  EXPECT_TRUE(std::isnan(without.genes()[0].median));
}

TEST_F(VocabularyFile, GeneformersSecondDictionaryHasClsAndEosAndNoMedians) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("dictionaries/geneformer_95m_vocabulary.tsv");
  const auto path = *biodta::testing::test_data() / "dictionaries/geneformer_95m_vocabulary.tsv";
  const Vocabulary vocabulary = Vocabulary::read(path, {.without_medians = true});
  EXPECT_EQ(vocabulary.specials(), SpecialTokens::kPadMaskClsEos);
  EXPECT_EQ(vocabulary.token_count(), 20'275U);
  EXPECT_EQ(vocabulary.token_of_id("ENSG00000000003"), 4U);
}

}  // namespace
}  // namespace biodta::cells
