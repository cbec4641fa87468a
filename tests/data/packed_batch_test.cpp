#include "small_world.hpp"

#include <biodta/data/packed_batch.hpp>
#include <biodta/support/error.hpp>

#include <gmock/gmock.h>

#include <set>

namespace biodta::data {
namespace {

using biodta::testing::expect_error;
using biodta::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace biodta::data::testing;

TEST(TokenRows, join_a_vocabulary_with_a_bank_by_gene_id) {
  const auto bank = small_bank();
  const TokenRows rows(small_vocabulary(), bank);
  EXPECT_THAT(rows.missing(), ElementsAre(5, 7, 9));  // g3, g5, g7
  const auto donor = *bank.context_index("donor");
  // token of g0, g1, g2, g4, g6: reference row, and the donor's
  EXPECT_EQ(rows.row_of(2), 3);
  EXPECT_EQ(rows.row_of(3), 4);
  EXPECT_EQ(rows.row_of(4), 2);
  EXPECT_EQ(rows.row_of(6), 1);
  EXPECT_EQ(rows.row_of(8), 0);
  EXPECT_EQ(rows.row_of(2, donor), 3);
  EXPECT_EQ(rows.row_of(3, donor), 6);
  EXPECT_EQ(rows.row_of(6, donor), 5);
  for (const cells::TokenId without : {0, 1, 5, 7, 9, 10}) {
    EXPECT_EQ(rows.row_of(without), -1);
    EXPECT_FALSE(rows.has_row(without));
  }
}

TEST(PackedBatch, is_what_a_hand_computes) {
  const TemporaryFolder folder;
  // g4 g3 g0 | g6 g1 g4 g0 | g2
  const auto corpus = small_corpus(folder / "c.h5", {{6, 5, 2}, {8, 3, 6, 2}, {4}});
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  const auto donor = *bank.context_index("donor");
  const BatchBuilder builder(corpus, &rows, {embedding::kReference, donor, embedding::kReference}, 3);
  const std::vector<std::uint32_t> cells{1, 0};
  const auto batch = builder.build(cells);
  EXPECT_THAT(batch.cells, ElementsAre(1, 0));
  EXPECT_THAT(batch.lengths, ElementsAre(3, 2));
  EXPECT_THAT(batch.tokens, ElementsAre(8, 3, 6, 6, 2));  // cut at 3; g3 has no row
  EXPECT_THAT(batch.positions, ElementsAre(0, 1, 2, 0, 1));
  EXPECT_THAT(batch.rows, ElementsAre(0, 1, 3, 5, 6));
  EXPECT_THAT(batch.row, ElementsAre(0, 4, 3, 1, 2));
  EXPECT_THAT(batch.masked, IsEmpty());
  EXPECT_THAT(batch.targets, IsEmpty());
}

TEST(BatchBuilder, knows_the_row_of_a_gene_that_a_cell_does_not_hold) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 5, 2}, {8}});
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  const BatchBuilder builder(corpus, &rows, {embedding::kReference, *bank.context_index("donor")}, 3);
  EXPECT_EQ(builder.row_of(3, 0), 4);
  EXPECT_EQ(builder.row_of(3, 1), 6);   // the donor's
  EXPECT_EQ(builder.row_of(5, 0), -1);  // none
  EXPECT_THAT(builder.genes(), ElementsAre(2, 3, 4, 6, 8));
  const BatchBuilder twin(corpus, nullptr, {}, 3);
  EXPECT_EQ(twin.row_of(3, 1), -1);
  EXPECT_EQ(twin.genes().size(), corpus.vocabulary().gene_count());
}

TEST(PackedBatch, cuts_genes_and_not_the_frame_of_the_second_style) {
  const TemporaryFolder folder;
  const cells::Vocabulary framed({{"g0", "A", 1.0}, {"g1", "B", 1.0}, {"g2", "C", 1.0}},
                                 cells::SpecialTokens::kPadMaskClsEos);
  const std::vector<cells::TokenId> tokens{2, 5, 4, 6, 3, 2, 6, 3};
  const std::vector<std::uint64_t> offsets{0, 5, 8};
  cells::write_corpus(folder / "c.h5", framed, tokens, offsets, std::vector<std::string>{"a", "b"});
  const auto corpus = cells::Corpus::open(folder / "c.h5");
  const BatchBuilder builder(corpus, nullptr, {}, 4);
  EXPECT_THAT(builder.tokens_of(0), ElementsAre(2, 5, 4, 3));
  EXPECT_THAT(builder.tokens_of(1), ElementsAre(2, 6, 3));
}

TEST(PackedBatch, drops_rowless_tokens_before_it_cuts) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{5, 7, 6, 5, 2, 3}});
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  EXPECT_THAT(BatchBuilder(corpus, &rows, {}, 2).tokens_of(0), ElementsAre(6, 2));
  EXPECT_THAT(BatchBuilder(corpus, nullptr, {}, 2).tokens_of(0), ElementsAre(5, 7));
}

TEST(PackedBatch, keeps_learned_tokens_without_a_row) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 5, 2, 7}, {4}});
  const auto bank = small_bank();
  // g3 (token 5) has no row in the bank, g2 (token 4) would have one; g5 (token 7) has none and is not
  // learned.
  const std::vector<cells::TokenId> learned{4, 5};
  const TokenRows rows(corpus.vocabulary(), bank, learned);
  const BatchBuilder builder(corpus, &rows, {}, 100);
  const auto batch = builder.build(std::vector<std::uint32_t>{0, 1});
  EXPECT_THAT(batch.tokens, ElementsAre(6, 5, 2, 4));
  EXPECT_THAT(batch.lengths, ElementsAre(3, 1));
  EXPECT_THAT(batch.rows, ElementsAre(1, 3));  // of g4 and g0
  EXPECT_THAT(batch.row, ElementsAre(0, -1, 1, -1));
  const auto alone = builder.build(std::vector<std::uint32_t>{1});
  EXPECT_THAT(alone.rows, IsEmpty());
  EXPECT_THAT(alone.row, ElementsAre(-1));
  // They are masked and drawn as any other gene.
  const auto masked = builder.build_masked(std::vector<std::uint32_t>{1}, {.probability = 1.0}, 1, 0);
  EXPECT_THAT(masked.targets, ElementsAre(4));
}

TEST(PackedBatch, of_the_twin_has_no_rows) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 5, 2}});
  const auto batch = BatchBuilder(corpus, nullptr, {}, 100).build(std::vector<std::uint32_t>{0});
  EXPECT_THAT(batch.tokens, ElementsAre(6, 5, 2));
  EXPECT_THAT(batch.row, IsEmpty());
  EXPECT_THAT(batch.rows, IsEmpty());
}

/// Cells of eight genes in changing order, and a masking that touches most of them.
std::vector<std::vector<cells::TokenId>> turning_cells(std::size_t count) {
  std::vector<std::vector<cells::TokenId>> cells(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < 8; ++j) cells[i].push_back(static_cast<cells::TokenId>(2 + (i + 3 * j) % 8));
  }
  return cells;
}
constexpr MaskingOptions kHeavy{.probability = 0.6, .mask_share = 0.4, .random_share = 0.4};

TEST(PackedBatch, that_is_masked_shows_rows_of_what_is_shown_and_keeps_the_truth) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", turning_cells(30));
  const auto bank = small_bank();
  const TokenRows rows(corpus.vocabulary(), bank);
  const BatchBuilder builder(corpus, &rows, {}, 100);
  std::vector<std::uint32_t> cells(30);
  for (std::uint32_t i = 0; i < 30; ++i) cells[i] = i;
  const auto plain = builder.build(cells);
  const auto masked = builder.build_masked(cells, kHeavy, 1, 0);
  ASSERT_EQ(masked.tokens.size(), plain.tokens.size());
  ASSERT_EQ(masked.masked.size(), masked.targets.size());
  std::set<std::int64_t> chosen(masked.masked.begin(), masked.masked.end());
  for (std::size_t i = 0; i < masked.masked.size(); ++i) {
    EXPECT_EQ(masked.targets[i], plain.tokens[static_cast<std::size_t>(masked.masked[i])]);
  }
  for (std::size_t t = 0; t < masked.tokens.size(); ++t) {
    if (!chosen.contains(static_cast<std::int64_t>(t))) EXPECT_EQ(masked.tokens[t], plain.tokens[t]);
    const auto token = static_cast<cells::TokenId>(masked.tokens[t]);
    if (token == cells::kMaskToken) {
      EXPECT_EQ(masked.row[t], -1);
    } else {
      // Also a random replacement has a row.
      EXPECT_EQ(masked.rows.at(static_cast<std::size_t>(masked.row[t])), rows.row_of(token));
    }
  }
  EXPECT_TRUE(std::is_sorted(masked.rows.begin(), masked.rows.end()));
}

TEST(PackedBatch, masks_a_cell_by_seed_epoch_and_cell_alone) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", turning_cells(30));
  const BatchBuilder builder(corpus, nullptr, {}, 100);
  const auto tokens_of_cell_7 = [&](std::vector<std::uint32_t> cells, std::uint64_t seed,
                                    std::uint64_t epoch) {
    const auto batch = builder.build_masked(cells, kHeavy, seed, epoch);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i] != 7) continue;
      const auto first = batch.tokens.begin() + static_cast<std::ptrdiff_t>(8 * i);
      return std::vector<std::int64_t>(first, first + 8);
    }
    return std::vector<std::int64_t>{};
  };
  const auto alone = tokens_of_cell_7({7}, 1, 2);
  EXPECT_EQ(tokens_of_cell_7({3, 9, 7, 1}, 1, 2), alone);
  EXPECT_NE(tokens_of_cell_7({7}, 2, 2), alone);
  EXPECT_NE(tokens_of_cell_7({7}, 1, 3), alone);
}

TEST(PackedBatch, refuses_contexts_for_another_number_of_cells) {
  const TemporaryFolder folder;
  const auto corpus = small_corpus(folder / "c.h5", {{6, 5, 2}, {4}});
  expect_error<Error>([&] { BatchBuilder(corpus, nullptr, {embedding::kReference}, 10); },
                      {"1 contexts", "2 cells"});
  expect_error<ConfigError>([&] { BatchBuilder(corpus, nullptr, {}, 0); }, {"max_length"});
}

}  // namespace
}  // namespace biodta::data
