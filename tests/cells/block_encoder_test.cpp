#include "cells/random_counts.hpp"
#include "testing.hpp"

#include <biodta/cells/block_encoder.hpp>
#include <biodta/support/error.hpp>
#include <biodta/support/threads.hpp>

#include <gmock/gmock.h>

namespace biodta::cells {
namespace {

using biodta::testing::expect_error;
using ::testing::ElementsAre;
using testing::numbered;
using testing::random_counts;
using testing::tied_vocabulary;

TEST(EncodeBlock, EqualsCellByCellForAnyNumberOfThreads) {
  support::RandomStream random(3);
  const std::vector<std::string> ids = numbered("G", 200);
  const RankEncoder encoder(tied_vocabulary(ids, random), ids, {.max_length = 50});
  CountBlock block = random_counts(301, 200, 0.4, random);
  block.first_cell = 1000;
  std::vector<std::uint8_t> keep(block.cell_count());
  for (auto& flag : keep) flag = random.bernoulli(0.8) ? 1 : 0;

  RankEncoder::Workspace workspace;
  EncodedCells expected;
  for (std::size_t cell = 0; cell < keep.size(); ++cell) {
    if (keep[cell] == 0) continue;
    const std::size_t first = block.offsets[cell];
    const std::size_t count = block.offsets[cell + 1] - first;
    encoder.encode({block.genes.data() + first, count}, {block.counts.data() + first, count}, workspace,
                   expected.tokens);
    expected.offsets.push_back(expected.tokens.size());
    expected.rows.push_back(1000 + cell);
  }
  for (const std::size_t threads : {1U, 2U, 5U}) {
    support::set_thread_limit(threads);
    const EncodedCells encoded = encode_block(block, keep, encoder);
    EXPECT_EQ(encoded.tokens, expected.tokens);
    EXPECT_EQ(encoded.offsets, expected.offsets);
    EXPECT_EQ(encoded.rows, expected.rows);
  }
  support::set_thread_limit(0);
}

TEST(EncodeBlock, LeavesOutCellsWithoutAnExpressedGeneOfTheVocabulary) {
  const Vocabulary vocabulary({{"a", "a", 1.0}});
  const RankEncoder encoder(vocabulary, std::vector<std::string>{"a", "b"}, {});
  CountBlock block;
  block.genes = {1, 0, 0};
  block.counts = {5, 0, 2};
  block.offsets = {0, 1, 2, 3, 3};  // b only; a stored zero; a; nothing at all
  const EncodedCells encoded = encode_block(block, std::vector<std::uint8_t>(4, 1), encoder);
  EXPECT_THAT(encoded.tokens, ElementsAre(2));
  EXPECT_THAT(encoded.offsets, ElementsAre(0, 1));
  EXPECT_THAT(encoded.rows, ElementsAre(2));
  expect_error<Error>([&] { encode_block(block, std::vector<std::uint8_t>(3, 1), encoder); }, {"keep"});
}

}  // namespace
}  // namespace biodta::cells
