#include <biodta/analysis/gene_sets.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
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
