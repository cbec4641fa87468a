#include "testing.hpp"

#include <biodta/cells/gene_matching.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;

const Vocabulary& vocabulary() {
  static const Vocabulary genes({{"ENSG1", "A", 1.0}, {"ENSG2", "B", 1.0}, {"ENSG3.7", "C", 1.0}});
  return genes;
}

TEST(MatchGenes, ByIdAsItIsElseWithoutItsVersion) {
  const std::vector<std::string> ids = {"ENSG2.11", "ENSG9", "ENSG1", "ENSG3.7", "A", "ENSG2_PAR_Y"};
  const GeneMatch match = match_genes(vocabulary(), ids);
  EXPECT_THAT(match.tokens, ElementsAre(3, kPadToken, 2, 4, kPadToken, kPadToken));
  EXPECT_EQ(match.matched, 3U);
  EXPECT_EQ(match.repeated, 0U);
  EXPECT_DOUBLE_EQ(match.overlap(), 0.5);
  EXPECT_THAT(match.unmatched, ElementsAre("ENSG9", "A", "ENSG2_PAR_Y"));
}

TEST(MatchGenes, CountsColumnsThatAreOneGene) {
  const std::vector<std::string> ids = {"ENSG1.1", "ENSG1.2", "ENSG1", "ENSG2"};
  const GeneMatch match = match_genes(vocabulary(), ids);
  EXPECT_EQ(match.matched, 4U);
  EXPECT_EQ(match.repeated, 2U);
}

TEST(RequireOverlap, RefusesTooLittleWithExamples) {
  const std::vector<std::string> mouse = {"ENSG1", "ENSMUSG1", "ENSMUSG2", "ENSMUSG3", "ENSMUSG4"};
  const GeneMatch match = match_genes(vocabulary(), mouse);
  EXPECT_NO_THROW(require_overlap(match, vocabulary(), 0.2, "a.h5ad"));
  expect_error<InputError>(
      [&] { require_overlap(match, vocabulary(), 0.3, "a.h5ad"); },
      {"a.h5ad", "1 of 5", "20 %", "30 %", "ENSMUSG1, ENSMUSG2 and ENSMUSG3", "ENSG1", "min_overlap"});
}

TEST(RequireOverlap, RefusesNoMatchAtAllWhateverTheBound) {
  const GeneMatch none = match_genes(vocabulary(), std::vector<std::string>{"x"});
  expect_error<InputError>([&] { require_overlap(none, vocabulary(), 0.0, "a.h5ad"); }, {"0 of 1"});
  const GeneMatch empty = match_genes(vocabulary(), {});
  expect_error<InputError>([&] { require_overlap(empty, vocabulary(), 0.0, "a.h5ad"); }, {"0 of 0"});
}

}  // namespace
}  // namespace biodta::cells
