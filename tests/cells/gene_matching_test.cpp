#include "testing.hpp"

#include <biodta/cells/gene_matching.hpp>
#include <biodta/support/atomic_file.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The hint of the error that `action` throws.
template <class Action>
std::string hint_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.hint();
  }
  return {};
}

const Vocabulary& vocabulary() {
  static const Vocabulary genes({{"ENSG1", "A", 1.0}, {"ENSG2", "B", 1.0}, {"ENSG3.7", "C", 1.0}});
  return genes;
}

TEST(MatchGenes, ByIdAsItIsElseWithoutItsVersion) {
  const std::vector<std::string> ids = {"ENSG2.11", "ENSG9", "ENSG1", "ENSG3.7", "A", "ENSG2_PAR_Y"};
  const GeneMatch match = match_genes(vocabulary(), {ids, {}});
  EXPECT_THAT(match.tokens, ElementsAre(3, kPadToken, 2, 4, kPadToken, 3));
  EXPECT_EQ(match.matched, 4U);
  EXPECT_EQ(match.repeated, 1U);
  EXPECT_DOUBLE_EQ(match.overlap(), 4.0 / 6.0);
  EXPECT_FALSE(match.by_symbol);
  EXPECT_THAT(match.unmatched, ElementsAre("ENSG9", "A"));
}

TEST(MatchGenes, CountsColumnsThatAreOneGene) {
  const std::vector<std::string> ids = {"ENSG1.1", "ENSG1.2", "ENSG1", "ENSG2"};
  const GeneMatch match = match_genes(vocabulary(), {ids, {}});
  EXPECT_EQ(match.matched, 4U);
  EXPECT_EQ(match.repeated, 2U);
}

TEST(RequireOverlap, RefusesTooLittleWithExamples) {
  const std::vector<std::string> mouse = {"ENSG1", "ENSMUSG1", "ENSMUSG2", "ENSMUSG3", "ENSMUSG4"};
  const GeneMatch match = match_genes(vocabulary(), {mouse, {}});
  EXPECT_NO_THROW(require_overlap(match, vocabulary(), {mouse, {}}, 0.2, "a.h5ad"));
  const std::string hint = hint_of([&] { require_overlap(match, vocabulary(), {mouse, {}}, 0.3, "a.h5ad"); });
  EXPECT_THAT(hint,
              AllOf(HasSubstr("the file has mouse Ensembl gene ids"), HasSubstr("human Ensembl gene ids")));
  expect_error<InputError>(
      [&] {
        require_overlap(match, vocabulary(), {mouse, {}}, 0.3, "a.h5ad");
      },
      {"a.h5ad", "1 of 5", "20 %", "30 %", "ENSMUSG1, ENSMUSG2 and ENSMUSG3", "ENSG1"});
}

TEST(RequireOverlap, RefusesNoMatchAtAllWhateverTheBound) {
  const std::vector<std::string> unknown = {"x"};
  const GeneMatch none = match_genes(vocabulary(), {unknown, {}});
  expect_error<InputError>(
      [&] {
        require_overlap(none, vocabulary(), {unknown, {}}, 0.0, "a.h5ad");
      },
      {"0 of 1"});
  const GeneMatch empty = match_genes(vocabulary(), {});
  expect_error<InputError>([&] { require_overlap(empty, vocabulary(), {}, 0.0, "a.h5ad"); }, {"0 of 0"});
}

TEST(MatchGenes, CopiesOnYAreTheirOwnTokenWhereThereIsOneElseTheGeneOnX) {
  const std::vector<std::string> ids = {"ENSG00000182378.15_PAR_Y", "ENSGR0000182378", "ENSG00000182378"};
  const Vocabulary with_copy({{"ENSG00000182378", "PLCXD1", 1.0}, {"ENSGR0000182378", "PLCXD1", 1.0}});
  EXPECT_THAT(match_genes(with_copy, {ids, {}}).tokens, ElementsAre(3, 3, 2));
  const Vocabulary without_copy({{"ENSG00000182378", "PLCXD1", 1.0}});
  EXPECT_THAT(match_genes(without_copy, {ids, {}}).tokens, ElementsAre(2, 2, 2));
}

TEST(MatchGenes, SymbolsAreComparedOnlyWhereIdsDoNotMatch) {
  const std::vector<std::string> probes = {"1007_s_at", "1053_at", "117_at"};
  const std::vector<std::string> symbols = {"B", "A", "nothing"};
  const GeneMatch match = match_genes(vocabulary(), {probes, symbols});
  EXPECT_TRUE(match.by_symbol);
  EXPECT_THAT(match.tokens, ElementsAre(3, 2, kPadToken));
  EXPECT_THAT(match.unmatched, ElementsAre("117_at"));
  // Ids that match are never overruled, though the symbols would match more.
  const std::vector<std::string> ids = {"ENSG1", "ENSG8", "ENSG9"};
  const std::vector<std::string> better = {"B", "A", "C"};
  EXPECT_THAT(match_genes(vocabulary(), {ids, better}).tokens, ElementsAre(2, kPadToken, kPadToken));
}

TEST(MatchGenes, ATableOfSymbolsTranslatesThem) {
  biodta::testing::TemporaryFolder folder;
  support::write_text_file(folder / "s.tsv", "symbol\tensembl_id\nold\tENSG9\nold\tENSG2.5\nA2\tENSG1\n");
  const GeneSymbols table = GeneSymbols::read(folder / "s.tsv");
  const std::vector<std::string> ids = {"A2", "old", "B", "C"};
  // "old" names two genes, of which the vocabulary has one; B and C are its own symbols.
  EXPECT_THAT(match_genes(vocabulary(), {ids, {}}, table).tokens, ElementsAre(2, 3, 3, 4));
  support::write_text_file(folder / "s.tsv", "name\tensembl_id\n");
  expect_error<InputError>([&] { GeneSymbols::read(folder / "s.tsv"); }, {"s.tsv", "symbol"});
}

}  // namespace
}  // namespace biodta::cells
