#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/rank_encoder.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::numbered;
using testing::random_counts;
using testing::tied_vocabulary;

std::vector<TokenId> encode(const RankEncoder& encoder, const std::vector<std::uint32_t>& columns,
                            const std::vector<float>& counts) {
  RankEncoder::Workspace workspace;
  std::vector<TokenId> tokens;
  encoder.encode(columns, counts, workspace, tokens);
  return tokens;
}

/// The definition, without any cleverness: a map of summed counts, one division, a sort by (-value, token).
std::vector<TokenId> by_definition(const Vocabulary& vocabulary, const std::vector<std::string>& ids,
                                   std::span<const std::uint32_t> columns, std::span<const float> counts,
                                   std::size_t max_length) {
  std::map<TokenId, double> sums;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto token = vocabulary.token_of_id(ids[columns[i]]);
    if (token && counts[i] > 0.0F) sums[*token] += static_cast<double>(counts[i]);
  }
  std::vector<std::tuple<double, TokenId>> ranked;
  for (const auto& [token, sum] : sums) ranked.emplace_back(-(sum / vocabulary.gene(token).median), token);
  std::sort(ranked.begin(), ranked.end());
  std::vector<TokenId> tokens;
  for (const auto& [key, token] : ranked) tokens.push_back(token);
  tokens.resize(std::min(tokens.size(), max_length));
  return tokens;
}

void expect_by_definition(const Vocabulary& vocabulary, const std::vector<std::string>& ids,
                          const CountBlock& block, std::int64_t max_length) {
  const RankEncoder encoder(vocabulary, ids, {.max_length = max_length});
  RankEncoder::Workspace workspace;
  for (std::size_t cell = 0; cell < block.cell_count(); ++cell) {
    const std::size_t first = block.offsets[cell];
    const auto columns = std::span(block.genes).subspan(first, block.offsets[cell + 1] - first);
    const auto counts = std::span(block.counts).subspan(first, columns.size());
    std::vector<TokenId> tokens = {99};  // encode appends
    encoder.encode(columns, counts, workspace, tokens);
    ASSERT_EQ(tokens.front(), 99U);
    tokens.erase(tokens.begin());
    ASSERT_EQ(tokens, by_definition(vocabulary, ids, columns, counts, static_cast<std::size_t>(max_length)));
  }
}

TEST(RankEncoderTest, OrdersByCountOverMedianAndTiesByToken) {
  const Vocabulary vocabulary({{"a", "a", 2.0}, {"b", "b", 1.0}, {"c", "c", 4.0}, {"d", "d", 0.5}});
  const std::vector<std::string> ids = {"d", "c", "x", "b", "a"};
  // d 1/0.5 = 2, c 4/4 = 1, x unknown, b 1/1 = 1, a 2/2 = 1: c, b and a tie, tokens a 2, b 3, c 4.
  EXPECT_THAT(encode(RankEncoder(vocabulary, ids, {}), {0, 1, 2, 3, 4}, {1, 4, 50, 1, 2}),
              ElementsAre(5, 2, 3, 4));
}

TEST(RankEncoderTest, StoredZerosAreNotExpressed) {
  const Vocabulary vocabulary({{"a", "a", 1.0}, {"b", "b", 1.0}});
  const RankEncoder encoder(vocabulary, std::vector<std::string>{"a", "b"}, {});
  EXPECT_THAT(encode(encoder, {0, 1}, {0, 3}), ElementsAre(3));
  EXPECT_THAT(encode(encoder, {0, 1}, {0, 0}), IsEmpty());
  EXPECT_THAT(encode(encoder, {}, {}), IsEmpty());
}

TEST(RankEncoderTest, CutsAtMaxLengthFromTheTop) {
  const Vocabulary vocabulary({{"a", "a", 1.0}, {"b", "b", 1.0}, {"c", "c", 1.0}});
  const RankEncoder encoder(vocabulary, std::vector<std::string>{"a", "b", "c"}, {.max_length = 2});
  EXPECT_THAT(encode(encoder, {0, 1, 2}, {1, 3, 2}), ElementsAre(3, 4));
}

TEST(RankEncoderTest, SumsColumnsOfOneGeneAndColumnsGivenTwice) {
  const Vocabulary vocabulary({{"ENSG1", "a", 1.0}, {"ENSG2", "b", 1.0}});
  const RankEncoder repeated(vocabulary, std::vector<std::string>{"ENSG1.1", "ENSG2", "ENSG1.2"}, {});
  EXPECT_THAT(encode(repeated, {0, 1, 2}, {2, 3, 2}), ElementsAre(2, 3));  // 4 against 3, each once
  const RankEncoder plain(vocabulary, std::vector<std::string>{"ENSG1", "ENSG2"}, {});
  EXPECT_THAT(encode(plain, {1, 0, 1}, {2, 3, 2}), ElementsAre(3, 2));
}

TEST(RankEncoderTest, KeysThatOnlyFloat64TellsApartKeepTheirOrder) {
  // Equal as float32, where the token order would put the first gene first.
  const double third = 3.0;
  const double slightly_less = 3.0 - 1e-14;
  ASSERT_EQ(static_cast<float>(1.0 / third), static_cast<float>(1.0 / slightly_less));
  std::vector<VocabularyGene> genes = {{"a", "a", third}, {"b", "b", slightly_less}};
  std::vector<std::string> ids = {"a", "b"};
  std::vector<std::uint32_t> columns = {0, 1};
  std::vector<float> counts = {1, 1};
  EXPECT_THAT(encode(RankEncoder(Vocabulary(genes), ids, {}), columns, counts), ElementsAre(3, 2));
  // The same within a cell so long that it is sorted by digits.
  for (std::uint32_t i = 2; i < 1000; ++i) {
    ids.push_back("g" + std::to_string(i));
    genes.push_back({ids.back(), "", 10.0 + i});
    columns.push_back(i);
    counts.push_back(1);
  }
  const auto tokens = encode(RankEncoder(Vocabulary(genes), ids, {}), columns, counts);
  ASSERT_EQ(tokens.size(), 1000U);
  EXPECT_EQ(tokens[0], 3U);
  EXPECT_EQ(tokens[1], 2U);
  EXPECT_TRUE(std::is_sorted(tokens.begin() + 2, tokens.end()));
}

TEST(RankEncoderTest, EqualsTheDefinitionOnRandomCellsWithManyTies) {
  support::RandomStream random(7);
  for (const std::size_t genes : {1U, 10U, 300U, 3000U}) {
    const std::vector<std::string> ids = numbered("G", genes);
    // Half of the vocabulary is in the file, in another order.
    std::vector<std::string> known = numbered("G", genes + genes / 2);
    random.shuffle(known);
    known.resize(genes / 2 + 1);
    const Vocabulary vocabulary = tied_vocabulary(known, random);
    for (const double density : {0.1, 0.9}) {
      const CountBlock block = random_counts(20, genes, density, random);
      for (const std::int64_t max_length : {1, 17, 450, 5000})
        expect_by_definition(vocabulary, ids, block, max_length);
    }
  }
}

TEST(RankEncoderTest, EqualsTheDefinitionWhereColumnsRepeatGenesAndComeInAnyOrder) {
  support::RandomStream random(8);
  std::vector<std::string> ids = numbered("G", 400);
  const Vocabulary vocabulary = tied_vocabulary(ids, random);
  for (std::size_t i = 0; i < 50; ++i) ids[i] = ids[i + 50];
  CountBlock block = random_counts(20, ids.size(), 0.7, random);
  random.shuffle(block.genes);
  expect_by_definition(vocabulary, ids, block, 2048);
}

TEST(RankEncoderTest, HoldsExtremeMediansApart) {
  const Vocabulary vocabulary({{"a", "", 1e300}, {"b", "", 1e-300}, {"c", "", 1e-299}, {"d", "", 1e299}});
  std::vector<std::string> ids = {"a", "b", "c", "d"};
  EXPECT_THAT(encode(RankEncoder(vocabulary, ids, {}), {0, 1, 2, 3}, {1, 1, 1, 1}), ElementsAre(3, 4, 5, 2));
  // As float32 these keys are infinite or zero; that must not show among many genes either.
  std::vector<VocabularyGene> genes = vocabulary.genes();
  std::vector<std::uint32_t> columns = {0, 1, 2, 3};
  for (std::uint32_t i = 4; i < 900; ++i) {
    ids.push_back("g" + std::to_string(i));
    genes.push_back({ids.back(), "", 1.0});
    columns.push_back(i);
  }
  const auto tokens =
      encode(RankEncoder(Vocabulary(genes), ids, {}), columns, std::vector<float>(columns.size(), 1.0F));
  ASSERT_EQ(tokens.size(), 900U);
  EXPECT_THAT(std::vector<TokenId>(tokens.begin(), tokens.begin() + 2), ElementsAre(3, 4));
  EXPECT_THAT(std::vector<TokenId>(tokens.end() - 2, tokens.end()), ElementsAre(5, 2));
}

TEST(RankEncoderTest, StyleTwoPutsClsBeforeAndEosAfterEveryCellWithAGene) {
  const Vocabulary vocabulary({{"a", "a", 1.0}, {"b", "b", 1.0}, {"c", "c", 1.0}},
                              SpecialTokens::kPadMaskClsEos);
  const std::vector<std::string> ids = {"a", "b", "c"};
  EXPECT_THAT(encode(RankEncoder(vocabulary, ids, {}), {0, 1, 2}, {1, 3, 2}), ElementsAre(2, 5, 6, 4, 3));
  EXPECT_THAT(encode(RankEncoder(vocabulary, ids, {.max_length = 4}), {0, 1, 2}, {1, 3, 2}),
              ElementsAre(2, 5, 6, 3));
  EXPECT_THAT(encode(RankEncoder(vocabulary, ids, {}), {0}, {0}), IsEmpty());
}

TEST(RankEncoderTest, AMaxLengthOfZeroIsThatOfTheStyle) {
  const std::vector<std::string> ids = numbered("G", 5000);
  std::vector<VocabularyGene> genes;
  std::vector<std::uint32_t> columns;
  for (const std::string& id : ids) {
    columns.push_back(static_cast<std::uint32_t>(genes.size()));
    genes.push_back({id, id, 1.0});
  }
  const std::vector<float> counts(ids.size(), 1.0F);
  EXPECT_EQ(encode(RankEncoder(Vocabulary(genes), ids, {}), columns, counts).size(), 2048U);
  const Vocabulary enclosed(genes, SpecialTokens::kPadMaskClsEos);
  const auto tokens = encode(RankEncoder(enclosed, ids, {}), columns, counts);
  EXPECT_EQ(tokens.size(), 4096U);
  EXPECT_EQ(tokens.front(), kClsToken);
  EXPECT_EQ(tokens.back(), kEosToken);
}

TEST(RankEncoderTest, GenesWithoutAMedianAreNotEncoded) {
  const Vocabulary vocabulary({{"a", "a", std::nan("")}, {"b", "b", 1.0}});
  const RankEncoder encoder(vocabulary, std::vector<std::string>{"a", "b"}, {});
  EXPECT_THAT(encode(encoder, {0, 1}, {9, 3}), ElementsAre(3));
}

TEST(RankEncoderTest, RefusesALengthThatHoldsNothingAndAlienTokens) {
  const Vocabulary vocabulary({{"a", "a", 1.0}});
  expect_error<ConfigError>([&] { RankEncoder(vocabulary, numbered("", 1), {.max_length = -1}); },
                            {"max_length", "-1", "at least 1"});
  const Vocabulary enclosed({{"a", "a", 1.0}}, SpecialTokens::kPadMaskClsEos);
  expect_error<ConfigError>([&] { RankEncoder(enclosed, numbered("", 1), {.max_length = 2}); },
                            {"max_length", "2", "at least 3"});
  expect_error<Error>([&] { RankEncoder(vocabulary, std::vector<TokenId>{3}, {}); }, {"token 3"});
}

}  // namespace
}  // namespace biodta::cells
