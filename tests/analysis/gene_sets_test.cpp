#include "testing.hpp"

#include <biodta/analysis/gene_sets.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace biodta::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GeneSets : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(::testing::TempDir()) / (std::string("gene_sets_") + info->name() + ".tsv");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::vector<GeneSet> read(const std::string& text) {
    support::write_text_file(path_, text);
    return read_gene_sets(path_, vocabulary_);
  }

  std::filesystem::path path_;
  // Tokens 2, 3, 4, 5.
  cells::Vocabulary vocabulary_{
      {{"ENSG01", "GATA4", 1.0}, {"ENSG02", "TBX5", 1.0}, {"ENSG03", "NPPA", 1.0}, {"ENSG04", "ACTB", 1.0}}};
};

TEST_F(GeneSets, TakesSymbolsIdsAndVersionedIdsAndCountsWhatIsUnknown) {
  const auto sets = read("set\tgene\nb\tNPPA\na\tENSG02\nb\tENSG01.12\nb\tNOSUCH\nb\tNPPA\nb\tNOSUCH\n");
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[0].name, "b");
  EXPECT_THAT(sets[0].tokens, ElementsAre(2U, 4U));
  EXPECT_THAT(sets[0].unmatched, ElementsAre("NOSUCH"));
  EXPECT_EQ(sets[0].listed(), 3U);
  EXPECT_THAT(sets[1].tokens, ElementsAre(3U));
  EXPECT_TRUE(sets[0].contains(4U));
  EXPECT_FALSE(sets[0].contains(3U));
}

TEST_F(GeneSets, TheIdWinsOverTheSymbolWhereThereIsOne) {
  const auto sets = read("set\tgene\tgene_id\ns\tNPPA\tENSG04\ns\tTBX5\t\n");
  EXPECT_THAT(sets.at(0).tokens, ElementsAre(3U, 5U));
}

TEST_F(GeneSets, RefusesAFileThatMatchesNothing) {
  try {
    read("set\tgene\ns\tYWHAZ\n");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path_.string()));
    EXPECT_THAT(error.what(), HasSubstr("YWHAZ"));
    EXPECT_THAT(error.what(), HasSubstr("ENSG01"));
  }
}

TEST_F(GeneSets, RefusesAFileWithoutItsColumns) {
  EXPECT_THROW(read("name\tgene\ns\tNPPA\n"), InputError);
}

TEST_F(GeneSets, ReadsGmt) {
  const auto sets = read("HEART\thttp://x\tGATA4\tTBX5\tNOSUCH\t\nOTHER\t\tACTB\n");
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[0].name, "HEART");
  EXPECT_THAT(sets[0].tokens, ElementsAre(2U, 3U));
  EXPECT_THAT(sets[0].unmatched, ElementsAre("NOSUCH"));
  EXPECT_EQ(sets[1].name, "OTHER");
  EXPECT_THAT(sets[1].tokens, ElementsAre(5U));
}

TEST_F(GeneSets, ReadsTrrustWithTheModesAsSetsOfTheirOwn) {
  const auto sets = read(
      "GATA4\tNPPA\tActivation\t123;456\nGATA4\tTBX5\tUnknown\t7\nTBX5\tACTB\tRepression\t8\n"
      "GATA4\tNPPA\tRepression\t9\n");
  std::vector<std::string> names;
  for (const auto& set : sets) names.push_back(set.name);
  EXPECT_THAT(names, ElementsAre("GATA4", "GATA4 activated", "TBX5", "TBX5 repressed", "GATA4 repressed"));
  EXPECT_THAT(sets[0].tokens, ElementsAre(3U, 4U));
  EXPECT_THAT(sets[1].tokens, ElementsAre(4U));
  EXPECT_THAT(sets[3].tokens, ElementsAre(5U));
}

TEST_F(GeneSets, ReadsFactorTablesAndKeepsTheirSourcesApart) {
  const auto sets = read("source\ttf\ttarget\nA2016\tGATA4\tNPPA\nB2012\tGATA4\tTBX5\nA2016\tGATA4\tACTB \n");
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[0].name, "GATA4 A2016");
  EXPECT_THAT(sets[0].tokens, ElementsAre(4U, 5U));
  EXPECT_EQ(sets[1].name, "GATA4 B2012");
  EXPECT_EQ(read("TF\ttarget\nGATA4\tNPPA\n").at(0).name, "GATA4");
}

TEST_F(GeneSets, ReadsAListOfGenesAsOneSetWithTheFilesName) {
  const auto sets = read("NPPA\nENSG04.3\n\nNOSUCH\n");
  ASSERT_EQ(sets.size(), 1U);
  EXPECT_EQ(sets[0].name, path_.stem().string());
  EXPECT_THAT(sets[0].tokens, ElementsAre(4U, 5U));
  EXPECT_THAT(sets[0].unmatched, ElementsAre("NOSUCH"));
}

TEST_F(GeneSets, SaysWhatIsWrongWithAFileOfNoKnownKind) {
  // A header with other words, a table that repeats its sets, and nothing at all.
  for (const auto& [text, place] : std::vector<std::pair<std::string, std::string>>{
           {"name\tgene\ns\tNPPA\n", "line 1"},
           {"name\tgene\tscore\ns\tNPPA\t1\ns\tTBX5\t2\n", "line 3"},
           {"\n", ""}}) {
    const std::string message =
        biodta::testing::expect_error<InputError>([&] { read(text); }, {place, "GMT", "TRRUST"});
    EXPECT_THAT(message, HasSubstr(path_.string()));
  }
}

TEST_F(GeneSets, SaysWhatKindOfIdsTheFileHasWhenNoneMatches) {
  biodta::testing::expect_error<InputError>([&] { read("set\tgene\ns\t2626\ns\t6910\ns\t4878\n"); },
                                            {"2626", "Entrez"});
}

/// Genes of the listed set with that name.
std::size_t listed_in(const std::vector<GeneSet>& sets, const std::string& name) {
  for (const auto& set : sets)
    if (set.name == name) return set.listed();
  ADD_FAILURE() << "no set " << name;
  return 0;
}

TEST(RealGeneSets, OfTrrustAndTftargetsMatchTheRealVocabulary) {
  BIODTA_SKIP_WITHOUT_TEST_DATA("genesets/trrust_v2_human.tsv");
  const auto folder = *biodta::testing::test_data();
  const auto vocabulary = cells::Vocabulary::read(folder / "dictionaries/geneformer_30m_vocabulary.tsv");
  const auto trrust = read_gene_sets(folder / "genesets/trrust_v2_human.tsv", vocabulary);
  EXPECT_EQ(listed_in(trrust, "GATA4"), 19U);
  EXPECT_EQ(listed_in(trrust, "TBX5"), 5U);
  const auto targets = read_gene_sets(folder / "genesets/tftargets_GATA4_TBX5.tsv", vocabulary);
  EXPECT_EQ(listed_in(targets, "GATA4 Marbach2016"), 2335U);
  EXPECT_EQ(listed_in(targets, "TBX5 Marbach2016"), 2020U);  // SLC5A3 stands there by its id too
  EXPECT_EQ(listed_in(targets, "GATA4 Neph2012_fHeart"), 90U);
  EXPECT_EQ(listed_in(targets, "TBX5 Neph2012_fHeart"), 82U);
  const auto factors = read_gene_sets(folder / "genesets/human_tfs_lambert2018.txt", vocabulary);
  EXPECT_EQ(factors.at(0).listed(), 1639U);
  EXPECT_GT(factors.at(0).tokens.size(), 1500U);
}

TEST(ChooseGeneSets, FollowsTheNamesAndPutsTheGeneIn) {
  const std::vector<GeneSet> sets = {
      {"GATA4 direct", {2}, {}}, {"TBX5 direct", {3}, {}}, {"housekeeping", {4}, {}}};
  const std::vector<std::string> names = {"housekeeping", "{gene} direct", "{gene} indirect", "housekeeping"};
  const auto chosen = choose_gene_sets(sets, names, "TBX5");
  ASSERT_EQ(chosen.size(), 2U);
  EXPECT_EQ(chosen[0].name, "housekeeping");
  EXPECT_EQ(chosen[1].name, "TBX5 direct");
  EXPECT_EQ(choose_gene_sets(sets, {}, "TBX5").size(), 3U);
}

TEST(ChooseGeneSets, RefusesANameThatNoSetHas) {
  const std::vector<GeneSet> sets = {{"a", {2}, {}}};
  const std::vector<std::string> unknown = {"b"};
  const std::vector<std::string> none_for_gene = {"{gene} direct"};
  EXPECT_THROW(choose_gene_sets(sets, unknown, "X"), ConfigError);
  EXPECT_THROW(choose_gene_sets(sets, none_for_gene, "X"), ConfigError);
}

}  // namespace
}  // namespace biodta::analysis
