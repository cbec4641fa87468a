#include "testing.hpp"

#include <biodta/cells/vocabulary.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

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
  for (const double median : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
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
  expect_refused(head + "0\t<pad>\t\t\n1\t<mask>\t\t\n2\t<cls>\t\t\n", {"line 4", "<cls>"});
  expect_refused(head + "2\tE1\tA\t1\n0\t<pad>\t\t\n", {"line 3", "<pad>", "first two rows"});
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

TEST(WithoutVersion, StripsOnlyTheVersionsOfEnsemblIds) {
  EXPECT_EQ(without_version("ENSG00000136574.12"), "ENSG00000136574");
  EXPECT_EQ(without_version("ENSMUSG00000021944.3"), "ENSMUSG00000021944");
  for (const std::string_view kept :
       {"ENSG00000136574", "ENSG00000182378.14_PAR_Y", "ENSG1.", "RP11-34P13.7", "", "."}) {
    EXPECT_EQ(without_version(kept), kept);
  }
}

}  // namespace
}  // namespace biodta::cells
